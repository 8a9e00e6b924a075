"""`schedule-add` and `schedule-remove`: schedules that people make by saying so, and end."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from msgspec import Struct

from bot.answer import Action, ActionKind, Answer, Tone
from bot.commands.schedule import ShowSchedule, next_time, schedule
from bot.errors import CommandError
from bot.rights.roles import ANY, Asker, Role
from bot.schedule.made import MOST, spoken
from checks.frameworks import framework_ids
from checks.nearest import did_you_mean
from reports.history.records import MadeSchedule

if TYPE_CHECKING:
    from bot.commands.desk import Desk


class AddSchedule(Struct, frozen=True, tag=True):
    """Look at a cluster at these times from now on. Without a channel: where it is said."""

    name: str
    cron: str
    cluster: str | None = None
    timezone: str = "UTC"
    channel: str = ""
    pdf: bool = False
    frameworks: tuple[str, ...] = ()

    @property
    def canonical(self) -> str:
        words = ["schedule-add", self.name, *([self.cluster] if self.cluster else [])]
        words += [f"cron={self.cron}", f"timezone={self.timezone}"]
        words += [f"channel={self.channel}"] if self.channel else []
        words += ["report"] if self.pdf else []
        words += [f"framework={each}" for each in self.frameworks]
        return shlex.join(words)


class RemoveSchedule(Struct, frozen=True, tag=True):
    """End a schedule that somebody made."""

    name: str

    @property
    def canonical(self) -> str:
        return shlex.join(["schedule-remove", self.name])


def of_schedules(desk: Desk, command: ShowSchedule | AddSchedule | RemoveSchedule, asker: Asker) -> Answer:
    """Show schedules, make one or end one. Raises CommandError or HistoryError."""
    match command:
        case ShowSchedule():
            return schedule(desk, command)
        case AddSchedule():
            return add_schedule(desk, command, asker)
        case RemoveSchedule():
            return remove_schedule(desk, command, asker)


def add_schedule(desk: Desk, command: AddSchedule, asker: Asker) -> Answer:
    """Make a schedule. Raises CommandError for one that will not do, HistoryError."""
    cluster, _ = desk.target(command.cluster)
    channel = command.channel or asker.channel
    if not channel:
        raise CommandError("A schedule needs a channel.", "Name it by its id: channel=C0123ABCD")
    if unknown := [each for each in command.frameworks if each not in framework_ids()]:
        hint = did_you_mean(unknown[0], framework_ids())
        raise CommandError(f"There is no framework {unknown[0][:80]}.", f"{hint}See `frameworks list`.")
    row = MadeSchedule(
        name=command.name,
        cluster=cluster,
        cron=command.cron,
        timezone=command.timezone,
        channel=channel,
        pdf=command.pdf,
        frameworks=command.frameworks,
        made_by=asker.name,
        made=desk.clock(),
    )
    due = spoken(row)
    if command.name in {each.name for each in desk.settings.schedules}:
        raise CommandError(f"A schedule {command.name} is in the settings.", "Give this one another name.")
    if not desk.history.make_schedule(row, MOST):
        raise CommandError(
            f"There is a schedule {command.name} already, or there are {MOST} of them.",
            "See `schedule`; end one by `schedule-remove NAME`, or give this one another name.",
        )
    what = "the PDF report" if command.pdf else "the summary"
    return Answer(
        command=command.canonical,
        verdict=f"{command.name}: {cluster} is scanned at `{command.cron}` ({command.timezone}), and {what} "
        f"is posted in {channel}. Next is {next_time(due, desk.clock())}.",
        tone=Tone.GOOD,
        notes=("It goes on until somebody ends it, also when whoever made it leaves.",),
        actions=(
            Action(ActionKind.RUN, "Remove it", RemoveSchedule(command.name).canonical),
            Action(ActionKind.RUN, "All schedules", ShowSchedule().canonical),
        ),
    )


def remove_schedule(desk: Desk, command: RemoveSchedule, asker: Asker) -> Answer:
    """End a schedule: one's own, or as an admin. Raises CommandError or HistoryError."""
    if command.name in {each.name for each in desk.settings.schedules}:
        raise CommandError(
            f"The schedule {command.name} is in the settings.", "Take it out of `schedules:` there."
        )
    seen = {each.name: each for each in desk.history.made_schedules() if each.cluster in desk.targets}
    row = seen.get(command.name)
    if row is None:
        raise CommandError(
            f"There is no schedule {command.name[:80]}.", f"{did_you_mean(command.name, seen)}See `schedule`."
        )
    if row.made_by != asker.name and ANY not in asker.rights.namespaces(Role.ADMIN, row.cluster):
        raise CommandError(
            f"The schedule {row.name} was made by {row.made_by}.",
            "They can end it, and whoever is admin: ask one, or `quarterdeck ask` on the server.",
        )
    desk.history.end_schedule(row.name)
    ended = f"The schedule {row.name} of {row.cluster} has ended."
    return Answer(command=command.canonical, verdict=ended, tone=Tone.GOOD)
