"""What people say: from text to a command, and what can be said. Slack and the command line share it."""

from bot.grammar.table import EXAMPLES, WORDS, AtHand, Command, understand, word

__all__ = ["EXAMPLES", "WORDS", "AtHand", "Command", "understand", "word"]
