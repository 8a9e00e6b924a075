"""Understanding by what is known: what the thread was about last, and the names that the clusters have."""

from __future__ import annotations

from msgspec.structs import replace

from bot.answer import Answer, Tone
from bot.commands.desk import Desk
from bot.commands.help import AskBack, ShowHelp
from bot.grammar import Command, understand
from bot.grammar.follow_up import Context, follow_up
from bot.grammar.live import live
from bot.grammar.meant import asked_back
from bot.rights.roles import Asker
from reports.history import Thread


def resolved(desk: Desk, text: str, thread: str, asker: Asker) -> Command:
    """What a text means in a thread (empty: in none). Raises HistoryError.

    A follow-up is one only where the text fits what the thread is about; a name that there is not, and that
    looks like one that there is and that the asker may see, is asked back.
    """
    context = _context(desk, thread)
    command = (context and follow_up(context, text, desk.targets)) or understand(text)
    if isinstance(command, ShowHelp) and not command.word:
        return command
    return asked_back(command, live(desk, getattr(command, "cluster", None), asker.rights)) or command


def remember(desk: Desk, thread: str, command: Command, answer: Answer) -> None:
    """Keep what a thread is about after an answer, and what that offered. Raises HistoryError."""
    if not thread or isinstance(command, ShowHelp):
        return
    if isinstance(command, AskBack):
        known = desk.history.thread(thread) or Thread("")
        desk.history.remember(thread, replace(known, offered=command.meant))
    elif answer.tone is not Tone.REFUSED:
        desk.history.remember(thread, Thread(command.canonical, answer.run_id))


def _context(desk: Desk, thread: str) -> Context | None:
    """What is known of a thread; of one in a direct message, else of what was written there before it."""
    if not thread:
        return None
    where = thread.partition("/")[0]
    kept = desk.history.thread(thread) or (desk.history.thread(where) if where.startswith("@") else None)
    if kept is None:
        return None
    return Context(
        _command(kept.command) or ShowHelp(), kept.run, _command(kept.offered) if kept.offered else None
    )


def _command(canonical: str) -> Command | None:
    """The command that was kept; None where a newer version understands it no more."""
    command = understand(canonical)
    return None if isinstance(command, AskBack) else command
