"""The one door to every command: whatever happens behind it, an Answer comes out."""

from __future__ import annotations

import secrets
from typing import assert_never

from bot import logs
from bot.answer import Answer, Tone
from bot.commands.access_changes import AccessChanges, access_changes_since
from bot.commands.desk import Desk
from bot.commands.drift import ShowDrift, drift
from bot.commands.explain import Explain, Fix, explain, fix
from bot.commands.export import Export, export_answer, export_run
from bot.commands.help import AskBack, ShowHelp, ask_back, help_
from bot.commands.progress import Progress, Stage, Step, silent
from bot.commands.questions import Question, ask
from bot.commands.report import MakeReport, report
from bot.commands.scan import RunScan, scan
from bot.commands.schedule import ShowSchedule, schedule
from bot.commands.status import ShowStatus, status
from bot.errors import CommandError
from bot.grammar import WORDS, AtHand, Command, understand
from checks.errors import QuarterdeckError

log = logs.get("commands")


def perform(desk: Desk, command: Command, *, asker: str, progress: Progress = silent) -> Answer:
    """Carry out a command. Never raises: a failure is an Answer that says what happened and what to do.

    `asker` is kept with the run (a Slack user id, a schedule's name, `command line`).
    """
    try:
        answer = carry_out(desk, command, asker=asker, progress=progress)
    except Exception as error:  # noqa: BLE001 - the last line: nobody is left without an answer
        answer = failure(command.canonical, error)
    progress(Step(Stage.DONE))
    return answer


def carry_out(desk: Desk, command: Command, *, asker: str, progress: Progress) -> Answer:
    """The same, but what goes wrong is raised: CommandError, ClusterError, HistoryError or RenderError."""
    if isinstance(command, Question):
        return ask(desk, command, progress=progress)
    if isinstance(command, AtHand):
        return _at_hand(desk, command)
    match command:
        case RunScan():
            return scan(desk, command, asker=asker, progress=progress)[0]
        case MakeReport():
            return report(desk, command, asker=asker, progress=progress)
        case AccessChanges():
            return access_changes_since(desk, command, progress=progress)
        case Export():
            return _export(desk, command, progress)
        case _:
            assert_never(command)


def _at_hand(desk: Desk, command: AtHand) -> Answer:
    match command:
        case Explain():
            return explain(desk, command)
        case Fix():
            return fix(desk, command)
        case ShowDrift():
            return drift(desk, command)
        case ShowSchedule():
            return schedule(desk, command)
        case ShowStatus():
            return status(desk)
        case ShowHelp():
            return help_(command, WORDS)
        case AskBack():
            return ask_back(command)
        case _:
            assert_never(command)


def _export(desk: Desk, command: Export, progress: Progress) -> Answer:
    if not command.question:
        return export_run(desk, command, progress=progress)
    question = understand(command.question)
    if not isinstance(question, Question):
        raise CommandError(
            f"“{command.question[:80]}” is not a question whose answer can be exported.",
            "Name a cluster or a run, or a question, as in: export of='list privileged' as=csv",
        )
    return export_answer(desk, command, ask(desk, question, progress=progress))


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
