"""Before and after a command: who may do what, the audit log, and what a refusal says.

Nothing is carried out that was not written down first. That the end could not be noted takes no answer away:
who asked for what is known by then.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from bot import logs
from bot.answer import Answer, Tone
from bot.commands.export import Export
from bot.commands.help import AskBack, ShowHelp
from bot.commands.report import MakeReport
from bot.errors import CommandError
from bot.grammar import understand
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
_SUGGESTION = re.compile(r" ?Did you mean [^?]*\?")
_MORE = "That answer says more than you may see; ask anew and you get your part of it."
_NOT_UNDERSTOOD = "I do not understand any more what that answered; ask anew."
_ANYWHERE = "Roles are granted under `rights:` in Quarterdeck's settings."


def decided(desk: Desk, command: Any, asker: Asker, *, seeing: bool = False) -> Decision:
    """What becomes of a command; `seeing`: of showing what it was answered with.

    Raises HistoryError when the run that it names cannot be looked up.
    """
    kept = None
    if isinstance(command, MakeReport | Export) and command.run:
        try:
            run = desk.history.run(command.run)
            kept = Kept(run.cluster_name, run.namespaces)
        except UnknownRun:
            kept = None
    return decide(asker, command, tuple(desk.targets), kept, seeing=seeing)


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


def told(answer: Answer, command: Any, decision: Decision) -> Answer:
    """The answer, with what it leaves out said in its first sentence, and without names from elsewhere."""
    if decision.bounded:
        answer = replace(answer, notes=_kept_quiet(answer.notes), caveats=_kept_quiet(answer.caveats))
    if answer.asked:
        answer = replace(answer, command=command.canonical)
    if decision.outcome is not Outcome.NARROWED:
        return answer
    return replace(answer, verdict=f"{answer.verdict} {decision.why}")


def _kept_quiet(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The lines without suggestions, which may be names from elsewhere in the cluster."""
    return tuple(filter(None, (_SUGGESTION.sub("", line) for line in lines)))


def withheld(desk: Desk, answer: Answer, asker: Asker) -> Answer | None:
    """Why somebody may not be shown a kept answer as it stands, which is written down; None where they may.

    They may where each command that it answers is theirs to see, and nothing of it would be left out. Raises
    HistoryError.
    """
    for said in answer.asked or (answer.command,):
        command = understand(said)
        decision = decided(desk, command, asker, seeing=True)
        if decision.outcome is Outcome.NARROWED:
            decision = replace(decision, outcome=Outcome.REFUSED, why=f"{_MORE} {decision.why}")
        elif isinstance(command, ShowHelp | AskBack) and command.canonical != said:
            decision = replace(decision, outcome=Outcome.REFUSED, why=_NOT_UNDERSTOOD)
        if decision.outcome is Outcome.REFUSED:
            refused = refusal(command, asker, decision, desk.settings.rights)
            note_end(desk.history, note(desk.history, command, asker, decision), decision, refused, 0.0)
            return refused
    return None


def discreet(error: CommandError, decision: Decision) -> CommandError:
    """The error without what it suggests, where that may be names from elsewhere in the cluster."""
    if not decision.bounded:
        return error
    return CommandError(error.message, "Give its exact name; I suggest none from outside of your namespaces.")
