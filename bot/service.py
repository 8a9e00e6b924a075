"""The service: Slack, schedules and HTTP around one desk, started and stopped together."""

from __future__ import annotations

import os
import signal
import threading
from datetime import datetime
from typing import assert_never

from prometheus_client import CollectorRegistry, Counter, Gauge

from bot import logs
from bot.answer import Answer
from bot.commands.access_changes import AccessChanges
from bot.commands.admission import decided, withheld
from bot.commands.desk import Desk, open_desk
from bot.commands.export import Export
from bot.commands.known import known, unnoted
from bot.commands.overview import Choices, Overview, choices, explanations, overview
from bot.commands.perform import failure, perform
from bot.commands.progress import Progress, silent
from bot.commands.questions import Question
from bot.commands.report import MakeReport, report
from bot.commands.scan import Occasion, RunScan, scan
from bot.errors import SettingsError
from bot.grammar import AtHand, Command, understand
from bot.grammar.context import remember, resolved
from bot.http import Server, application
from bot.rights.decide import Outcome
from bot.rights.narrowing import sensitive
from bot.rights.roles import Asker
from bot.schedule import Scheduler, ScheduleSettings
from bot.settings import Settings, SlackSecret, SlackSettings
from bot.slack.app import SlackApp
from bot.slack.client import Connection
from bot.slack.http_events import routes
from bot.slack.interface import Lane
from bot.slack.publish import Publisher
from bot.slack.tables import Layout
from reports.history.errors import HistoryError

log = logs.get("service")


def slack_connection(slack: SlackSettings) -> Connection:
    """How Slack is reached, and reaches us. Raises SettingsError when a token or the secret is missing."""
    wanted: tuple[SlackSecret, ...] = ("bot_token", "signing_secret" if slack.mode == "http" else "app_token")
    secrets = {name: slack.secret(name) for name in wanted}
    if missing := [name for name, value in secrets.items() if value is None]:
        names = " and the ".join(name.replace("_", " ") for name in missing)
        raise SettingsError(
            f"The Slack {names} {'is' if len(missing) == 1 else 'are'} not set.",
            f"Give it as {'/'.join(f'SLACK_{name.upper()}' for name in wanted)} or by "
            f"{'/'.join(f'`slack.{name}_file`' for name in wanted)}.",
        )
    values = {name: secret.get_secret_value() for name, secret in secrets.items() if secret}
    return Connection(
        values["bot_token"],
        values.get("app_token", ""),
        slack.api_url,
        slack.proxy,
        slack.ca_file,
        values.get("signing_secret", ""),
    )


class DeskCommands:
    """The commands as the Slack room uses them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def understand(self, text: str) -> Command:
        """What was meant; never fails."""
        return understand(text)

    def resolve(self, text: str, thread: str, asker: Asker) -> Command:
        """What was meant, by what the thread is about and the names that its asker may see; never fails."""
        try:
            return resolved(self._desk, text, thread, asker)
        except HistoryError as error:
            log.warning("understood without the history", error=error.message)
            return understand(text)

    def remember(self, thread: str, order: Command, answer: Answer) -> None:
        """Keep what a thread is about now; never fails."""
        try:
            remember(self._desk, thread, order, answer)
        except HistoryError as error:
            log.warning("the thread's last command is not kept", error=error.message)

    def lane(self, order: Command) -> Lane:
        """Where a command waits for its turn."""
        if isinstance(order, AtHand):
            return Lane.TALK
        if isinstance(order, Question | AccessChanges | Export):
            return Lane.ASK
        match order:
            case RunScan() | MakeReport():
                return Lane.RUN
            case _:
                assert_never(order)

    def allows(self, order: Command, asker: Asker) -> bool:
        """Whether it is not refused; where that cannot be told, `perform` says why."""
        try:
            return decided(self._desk, order, asker).outcome is not Outcome.REFUSED
        except HistoryError:
            return True

    def withheld(self, answer: Answer, asker: Asker) -> Answer | None:
        """Why somebody may not be shown a kept answer as it stands; None where they may. Never raises."""
        try:
            return withheld(self._desk, answer, asker)
        except HistoryError as error:
            return failure(answer.command, error)

    def private(self, order: Command) -> bool:
        """Whether its answer is for whoever asked alone, wherever they did."""
        return self._desk.settings.rights.sensitive == "private" and sensitive(order)

    def perform(self, order: Command, *, asker: Asker, progress: Progress) -> Answer:
        """Carry out a command; never raises."""
        return perform(self._desk, order, asker=asker, progress=progress)

    def known(self, order: Command, *, asker: Asker) -> Answer | None:
        """The answer from what was kept with the last run; None where that does not tell, or fails."""
        return known(self._desk, order, asker)

    def overview(self, asker: Asker) -> Overview | Answer:
        """What there is to see at a glance, or why nothing is; never raises."""
        try:
            return overview(self._desk, asker)
        except HistoryError as error:
            return failure("status", error)

    def choices(self, asker: Asker) -> Choices | Answer:
        """What a form offers, or why nothing; never raises."""
        try:
            return choices(self._desk, asker)
        except HistoryError as error:
            return failure("scan", error)

    def explanations(self, text: str, asker: Asker) -> tuple[str, ...]:
        """What would explain the findings that a text tells of, as commands."""
        return explanations(self._desk, text, asker)

    def unnoted(self, act: str, answer: Answer, asker: Asker) -> Answer | None:
        """Write down what is done with a kept answer: why that fails; None once it is."""
        return unnoted(self._desk, act, answer, asker)


class Service:
    """What `quarterdeck run` runs. Raises SettingsError, CommandError or HistoryError when made."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        connection = slack_connection(settings.slack)
        self.desk = open_desk(settings)
        layout = Layout.TABLE if settings.slack.draws_tables else Layout.LIST
        self.slack = SlackApp(
            connection,
            DeskCommands(self.desk),
            command=settings.slack.command,
            rights=settings.rights,
            workers=settings.slack.workers,
            layout=layout,
            claims=self.desk.history,
            shelf=self.desk.history,
        )
        self.publisher = Publisher(self.slack.posting, self.desk.history, layout, self.slack.kept)
        self.scheduler = Scheduler(self.desk.schedules, self.desk.history, self.run_schedule)
        registry = CollectorRegistry()
        self._fires = Counter("quarterdeck_schedule_runs", "Scheduled runs", ("outcome",), registry=registry)
        connected = Gauge("quarterdeck_slack_connected", "Whether Slack can reach us", registry=registry)
        connected.set_function(lambda: float(self.slack.is_connected()))
        served = application(
            self.ready,
            registry,
            routes(self.slack, connection.signing_secret) if connection.signing_secret else (),
        )
        self.http = Server(served, settings.http.host, settings.http.port)

    def ready(self) -> dict[str, bool]:
        """What must be up, and whether it is. Calls neither Slack nor Kubernetes."""
        return {"slack": self.slack.is_connected(), "history": self.desk.history.answers()}

    def start(self) -> None:
        """Start everything; returns at once. Slack connects in the background."""
        self.http.start()
        self.slack.start()
        self.scheduler.start()
        log.info("started", http=self.http.url, clusters=list(self.desk.targets))

    def stop(self) -> bool:
        """Take no new work, let what was acknowledged end, close everything. True if all did end."""
        log.info("stopping")
        self.scheduler.stop()
        ended = self.slack.close()
        self.http.stop()
        self.desk.history.close()
        return ended

    def run_schedule(self, schedule: ScheduleSettings, scheduled_for: datetime) -> None:
        """Carry out one fire of a schedule and post it. Raises what went wrong after telling the channel."""
        key = f"{schedule.name}/{scheduled_for.isoformat()}"
        try:
            answer = _scheduled_answer(self.desk, schedule, scheduled_for)
            outcome: Exception | None = None
        except Exception as error:  # noqa: BLE001 - told in the channel, then raised
            answer, outcome = failure(f"schedule {schedule.name}", error), error
        published = self.publisher.publish(answer, schedule.channel, key, now=self.desk.clock())
        for problem in published.problems:
            log.error("scheduled post incomplete", schedule=schedule.name, problem=problem)
        self._fires.labels("failed" if outcome else "incomplete" if published.problems else "done").inc()
        if outcome is not None:
            raise outcome


def _scheduled_answer(desk: Desk, schedule: ScheduleSettings, scheduled_for: datetime) -> Answer:
    asker, frameworks = f"schedule {schedule.name}", tuple(schedule.frameworks)
    occasion = Occasion(schedule.name, scheduled_for)
    if schedule.pdf:
        wanted = MakeReport(schedule.cluster, frameworks=frameworks)
        return report(desk, wanted, asker=asker, progress=silent, occasion=occasion)
    command = RunScan(schedule.cluster, frameworks)
    return scan(desk, command, asker=asker, progress=silent, occasion=occasion)[0]


def run(settings: Settings) -> None:
    """Run the service until SIGTERM or SIGINT."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    service = Service(settings)
    try:
        service.start()
        ended.wait()
    finally:
        ended_all = service.stop()
    if not ended_all:
        log.warning("ended before all was done: whoever asked has been told")
        os._exit(0)  # a thread that waits for a cluster would be waited for
