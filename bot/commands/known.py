"""Answers that were kept: from the last run while a cluster is slow, and taken along by whoever has one.

Both tell somebody something, so both are decided and written down as any command is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from bot import logs
from bot.answer import Answer
from bot.commands import admission
from bot.commands.questions import Question, from_kept
from bot.grammar import Command
from bot.rights.decide import Decision, Outcome
from bot.rights.roles import Asker
from checks.errors import QuarterdeckError
from reports.history.errors import HistoryError

if TYPE_CHECKING:
    from bot.commands.desk import Desk

log = logs.get("commands")


class Taken(Struct, frozen=True):
    """Something done with a kept answer, as the audit log has it: `export`, `share`."""

    act: str
    command: str

    @property
    def canonical(self) -> str:
        return f"{self.act} the answer to: {self.command}"


def known(desk: Desk, command: Command, asker: Asker) -> Answer | None:
    """The answer to a question from what was kept with the last run, as far as its asker may see.

    None where that does not tell, or something fails: the live answer says what.
    """
    if not isinstance(command, Question):
        return None
    try:
        decision = admission.decided(desk, command, asker)
        if decision.outcome is Outcome.REFUSED:
            return None
        found = from_kept(desk.showing(decision.clusters), decision.commands)
        if not isinstance(found, Answer):
            return known(desk, found, asker) if found else None
        entry = admission.note(desk.history, command, asker, decision)
    except QuarterdeckError as error:
        log.info("not answered from what was kept", command=command.canonical, error=error.message)
        return None
    answer = admission.told(found, command, decision)
    admission.note_end(desk.history, entry, decision, answer, 0.0)
    return answer


def unnoted(desk: Desk, act: str, answer: Answer, asker: Asker) -> Answer | None:
    """Write down what somebody does with a kept answer. Why that cannot be written down; None once it is."""
    taken = Taken(act, answer.command)
    decision = Decision(Outcome.ALLOWED, role=asker.rights.best())
    try:
        entry = admission.note(desk.history, taken, asker, decision)
    except HistoryError as error:
        return admission.unwritten(taken, error)
    admission.note_end(desk.history, entry, decision, answer, 0.0)
    return None
