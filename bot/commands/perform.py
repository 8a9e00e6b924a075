"""The one door to every command: whatever happens behind it, an Answer comes out."""

from __future__ import annotations

import secrets
import time
from typing import assert_never

from msgspec.structs import replace

from bot import logs
from bot.answer import Answer, Tone
from bot.commands import admission
from bot.commands.access_changes import AccessChanges, access_changes_since
from bot.commands.audit import ShowAudit, show_audit
from bot.commands.desk import Desk
from bot.commands.drift import ShowDrift, drift
from bot.commands.explain import Explain, Fix, explain, fix
from bot.commands.export import Export, export_answer, export_run
from bot.commands.help import AskBack, ShowHelp, ask_back, help_
from bot.commands.progress import Progress, Stage, Step, silent
from bot.commands.questions import Question, ask, whole
from bot.commands.report import MakeReport, report
from bot.commands.scan import RunScan, scan
from bot.commands.schedule import ShowSchedule
from bot.commands.schedule_made import AddSchedule, RemoveSchedule, of_schedules
from bot.commands.status import ShowStatus, status
from bot.errors import CommandError
from bot.grammar import WORDS, AtHand, Command, understand
from bot.rights.decide import Decision, Outcome
from bot.rights.roles import Asker
from bot.rights.words import may
from checks.errors import QuarterdeckError
from reports.history.errors import HistoryError

log = logs.get("commands")


def perform(desk: Desk, command: Command, *, asker: Asker, progress: Progress = silent) -> Answer:
    """Carry out a command as far as its asker may see, and write it down.

    Never raises: a failure is an Answer that says what happened and what to do.
    """
    try:
        answer = _admitted(desk, command, asker, progress)
    except Exception as error:  # noqa: BLE001 - the last line: nobody is left without an answer
        answer = failure(command.canonical, error)
    progress(Step(Stage.DONE))
    return answer


def _admitted(desk: Desk, command: Command, asker: Asker, progress: Progress) -> Answer:
    begun = time.monotonic()
    try:
        decision = admission.decided(desk, command, asker)
        entry = admission.note(desk.history, command, asker, decision)
    except HistoryError as error:
        return admission.unwritten(command, error)
    if decision.outcome is Outcome.REFUSED:
        answer = admission.refusal(command, asker, decision, desk.settings.rights)
    else:
        answer = _carried_out(desk, command, asker, decision, progress)
    admission.note_end(desk.history, entry, decision, answer, time.monotonic() - begun)
    return answer


def _carried_out(
    desk: Desk, command: Command, asker: Asker, decision: Decision, progress: Progress
) -> Answer:
    """What was decided, done; what goes wrong as an Answer."""
    try:
        found = _carry_out(desk.showing(decision.clusters), decision.commands, asker, progress)
    except CommandError as error:
        return failure(command.canonical, admission.discreet(error, decision))
    except Exception as error:  # noqa: BLE001 - the audit log has how it ended
        return failure(command.canonical, error)
    if isinstance(found, Answer):
        return admission.told(found, command, decision)
    return _admitted(desk, found, asker, progress)


def carry_out(desk: Desk, command: Command, *, asker: Asker, progress: Progress) -> Answer:
    """A command as it stands, for whoever runs Quarterdeck: nothing is decided or written down.

    Raises CommandError, ClusterError, HistoryError or RenderError.
    """
    found = _carry_out(desk, (command,), asker, progress)
    if isinstance(found, Answer):
        return found
    return carry_out(desk, found, asker=asker, progress=progress)


def _carry_out(
    desk: Desk, commands: tuple[Command, ...], asker: Asker, progress: Progress
) -> Answer | Command:
    """The answer, or the command that was meant: it is yet to be decided whether its asker may have that."""
    questions = tuple(each for each in commands if isinstance(each, Question))
    if questions:
        return ask(desk, questions, progress=progress)
    (command,) = commands
    if isinstance(command, AtHand):
        return _at_hand(desk, command, asker)
    match command:
        case RunScan():
            return scan(desk, command, asker=asker.name, progress=progress)[0]
        case MakeReport():
            return report(desk, command, asker=asker.name, progress=progress)
        case AccessChanges():
            return access_changes_since(desk, command, progress=progress)
        case Export():
            return _export(desk, command, progress)
        case _:
            assert_never(command)  # type: ignore[arg-type] # the questions are done


def _at_hand(desk: Desk, command: AtHand, asker: Asker) -> Answer:
    match command:
        case Explain():
            return explain(desk, command)
        case Fix():
            return fix(desk, command)
        case ShowDrift():
            return drift(desk, command)
        case ShowSchedule() | AddSchedule() | RemoveSchedule():
            return of_schedules(desk, command, asker)
        case ShowStatus():
            return _signed(status(desk), asker)
        case ShowAudit():
            return show_audit(desk.history, command, desk.clock())
        case ShowHelp():
            return _signed(help_(command, tuple(word for word in WORDS if may(asker.rights, word))), asker)
        case AskBack():
            return ask_back(command)
        case _:
            assert_never(command)


def _signed(answer: Answer, asker: Asker) -> Answer:
    """The answer with what its asker may do."""
    return replace(answer, notes=(*answer.notes, str(asker.rights)))


def _export(desk: Desk, command: Export, progress: Progress) -> Answer | Command:
    if not command.question:
        return export_run(desk, command, progress=progress)
    question = understand(command.question)
    if not isinstance(question, Question):
        raise CommandError(
            f"“{command.question[:80]}” is not a question whose answer can be exported.",
            "Name a cluster or a run, or a question, as in: export of='list privileged' as=csv",
        )
    found = ask(desk, (whole(question),), progress=progress)
    if isinstance(found, Answer):
        return export_answer(desk, command, found)
    return replace(command, question=found.canonical)


def failure(command: str, error: Exception) -> Answer:
    """An error as an Answer. An unexpected one gets an id that is also in the log, where its text stays."""
    if isinstance(error, QuarterdeckError):
        log.info("command failed", command=command, error=error.message)
        return Answer(command=command, verdict=error.message, tone=Tone.REFUSED, notes=(error.next_step,))
    error_id = f"e-{secrets.token_hex(4)}"
    log.error("command broke", command=command, error_id=error_id, exc_info=error)
    return Answer(
        command=command,
        verdict=f"Something in Quarterdeck itself went wrong (error {error_id}).",
        tone=Tone.REFUSED,
        notes=(f"Look for {error_id} in Quarterdeck's log and report it with the lines around it.",),
        extra={"error_id": error_id},
    )
