"""What can go wrong in the outer rooms, apart from Slack (`bot.slack.errors`).

QuarterdeckError (checks.errors)
 |- SettingsError     the settings file or a token
 `- CommandError      a command that cannot be carried out as asked
"""

from __future__ import annotations

from checks.errors import QuarterdeckError


class SettingsError(QuarterdeckError):
    """The settings cannot be used as they are."""


class CommandError(QuarterdeckError):
    """The command was understood but cannot be carried out as asked."""
