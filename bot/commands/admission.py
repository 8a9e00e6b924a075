"""Before and after a command: who may do what, the audit log, and what a refusal says.

Nothing is carried out that was not written down first. That the end could not be noted takes no answer away:
who asked for what is known by then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from bot import logs
from bot.answer import Answer, Tone
from bot.commands.export import Export
from bot.commands.report import MakeReport
from bot.errors import CommandError
from bot.rights.decide import Decision, Kept, Outcome, decide
from bot.rights.roles import Asker, Standing
from reports.history.errors import HistoryError, UnknownRun
from reports.history.records import Asked

if TYPE_CHECKING:
    from bot.commands.desk import Desk
    from bot.rights.settings import RightsSettings
    from reports.history import History

log = logs.get("commands")

MOST_CONTACTS = 5
_ANYWHERE = "Roles are granted under `rights:` in Quarterdeck's settings."


def decided(desk: Desk, command: Any, asker: Asker) -> Decision:
    """What becomes of a command. Raises HistoryError when the run that it names cannot be looked up."""
    kept = None
    if isinstance(command, MakeReport | Export) and command.run:
        try:
            run = desk.history.run(command.run)
            kept = Kept(run.cluster_name, run.namespaces)
        except UnknownRun:
            kept = None
    return decide(asker, command, tuple(desk.targets), kept)


def note(history: History, command: Any, asker: Asker, decision: Decision) -> int:
    """Write down what was asked and decided. Raises HistoryError."""
    return history.note_asked(
        Asked(
            asker=asker.name,
            channel=asker.channel,
            command=logs.without_secrets(command.canonical),
            decision=decision.outcome,
            role=decision.role,
            reason=logs.without_secrets(decision.why),
        )
    )


def note_end(history: History, entry: int, decision: Decision, answer: Answer, seconds: float) -> None:
    """Write down what came of it; where that fails, the log says so."""
    failed = answer.tone is Tone.REFUSED and decision.outcome is not Outcome.REFUSED
    result = "failed" if failed else str(answer.tone)
    try:
        history.note_ended(entry, result, run=answer.run_id, milliseconds=int(seconds * 1000))
    except HistoryError as error:
        log.error("end not noted", entry=entry, result=result, error=error.message)  # noqa: TRY400


def unwritten(command: Any, error: HistoryError) -> Answer:
    """That nothing was done, as it could not be written down before."""
    log.error("command not noted, not carried out", command=command.canonical, error=error.message)
    return Answer(
        command=command.canonical,
        verdict=f"I write every command down before I carry it out, and could not: {error.message}",
        tone=Tone.REFUSED,
        notes=(error.next_step,),
    )


def refusal(command: Any, asker: Asker, decision: Decision, settings: RightsSettings) -> Answer:
    """What is missing, and who can grant it."""
    member = asker.standing is Standing.MEMBER
    contacts = settings.admins[:MOST_CONTACTS] if member else ()
    return Answer(
        command=command.canonical,
        verdict=decision.why,
        tone=Tone.REFUSED,
        notes=(*asker.doubts, *((_ANYWHERE,) if member and not contacts else ())),
        contacts=contacts,
    )


def told(answer: Answer, decision: Decision) -> Answer:
    """The answer, with what it leaves out said in its first sentence."""
    if decision.outcome is not Outcome.NARROWED:
        return answer
    return replace(answer, verdict=f"{answer.verdict} {decision.why}")


def discreet(error: CommandError, decision: Decision) -> CommandError:
    """The error without what it suggests, where that may be names from elsewhere in the cluster."""
    if not decision.bounded:
        return error
    return CommandError(error.message, "Give its exact name; I suggest none from outside of your namespaces.")
