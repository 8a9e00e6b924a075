"""What can go wrong in the outer rooms, and one way to say anything that went wrong anywhere.

QuarterdeckBotError
 |- SettingsError     the settings file or a token
 `- CommandError      a command that cannot be carried out as asked
"""

from __future__ import annotations

from typing import NamedTuple

from checks.cluster.errors import ClusterError
from checks.frameworks import FrameworkError
from reports.history.errors import HistoryError
from reports.render.errors import RenderError


class QuarterdeckBotError(Exception):
    """Base: what happened, and what to do next."""

    def __init__(self, message: str, next_step: str) -> None:
        super().__init__(f"{message} {next_step}")
        self.message = message
        self.next_step = next_step


class SettingsError(QuarterdeckBotError):
    """The settings cannot be used as they are."""


class CommandError(QuarterdeckBotError):
    """The command was understood but cannot be carried out as asked."""


EXPECTED = (QuarterdeckBotError, ClusterError, FrameworkError, HistoryError, RenderError)
"""Every family whose members carry a message and a next step."""


class Said(NamedTuple):
    message: str
    next_step: str


def said(error: Exception) -> Said | None:
    """What an expected error says; None for an unexpected one, whose text is not for people."""
    if isinstance(error, EXPECTED):
        return Said(error.message, error.next_step)
    return None
