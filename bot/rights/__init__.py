"""Who may do what: roles, what is granted to whom, what becomes of each command. Knows no Slack library."""

from bot.rights.roles import Asker, Held, Rights, Role, Standing

__all__ = ["Asker", "Held", "Rights", "Role", "Standing"]
