"""What can be said of what runs by itself: to see it, to have something more, and to end it."""

from __future__ import annotations

import re
from types import MappingProxyType

from bot.commands.schedule import ShowSchedule
from bot.commands.schedule_made import AddSchedule, RemoveSchedule
from bot.grammar.sentences import Said, spoken
from bot.grammar.word import Arguments, Word

SchedulesWord = ShowSchedule | AddSchedule | RemoveSchedule

_ADD = frozenset({"add", "make", "create", "new"})
_REMOVE = frozenset({"remove", "delete", "stop", "end", "cancel"})
_KINDS = MappingProxyType({"report": True, "pdf": True, "scan": False, "summary": False})
_DAYS = MappingProxyType(
    {
        "day": "* * *",
        "daily": "* * *",
        "weekday": "* * mon-fri",
        "week": "* * mon",
        "weekly": "* * mon",
        "month": "1 * *",
        "monthly": "1 * *",
        **{
            f"{day}day": f"* * {day[:3]}" for day in ("mon", "tues", "wednes", "thurs", "fri", "satur", "sun")
        },
    }
)
_HOURLY = frozenset({"hour", "hourly"})
_TIME = re.compile(r"(?P<hour>\d{1,2})(?::(?P<minute>\d\d))?(?P<half>am|pm)?")
_EARLY = "7:00"
"""When it is done where no time is said."""


def _schedule(arguments: Arguments) -> SchedulesWord | None:
    """Also what people write apart: `schedule add …`, `schedule remove …`."""
    first, *rest = (*arguments.words, "")
    within = Arguments(tuple(each for each in rest if each), arguments.options)
    if first in _ADD:
        return _add(within)
    if set(arguments.options) - {"cluster"}:
        return None
    if first in _REMOVE:
        return _remove(within)
    return None if within.words else ShowSchedule(arguments.cluster)


def _add(arguments: Arguments) -> AddSchedule | None:
    name, more = arguments.word(0), arguments.words[1:]
    kinds, clusters = ([each for each in more if (each in _KINDS) is kind] for kind in (True, False))
    cron = arguments.one("cron")
    if not (name and cron) or len(kinds) > 1 or len(clusters) > 1:
        return None
    return AddSchedule(
        name=name,
        cron=cron,
        cluster=arguments.one("cluster") or next(iter(clusters), None),
        timezone=arguments.one("timezone") or "UTC",
        channel=arguments.one("channel") or "",
        pdf=bool(kinds) and _KINDS[kinds[0]],
        frameworks=arguments.options.get("framework", ()),
    )


def _remove(arguments: Arguments) -> RemoveSchedule | None:
    (name, *more) = (*arguments.words, "")
    return RemoveSchedule(name) if name and not any(more) else None


def _said(said: Said, *, pdf: bool) -> AddSchedule | None:
    """“scan production every monday at 7:00”: named by what it does, so that it is there once."""
    often = said["often"]
    cron = cron_of(often, said["at"] or _EARLY)
    kind = "report" if pdf else "scan"
    name = "-".join(filter(None, (kind, said.cluster, often)))
    return AddSchedule(name, cron, said.cluster, said["timezone"] or "UTC", pdf=pdf) if cron else None


def cron_of(often: str, at: str) -> str:
    """The cron expression of “monday” and “7:30pm”; "" where that is no time of day."""
    if often in _HOURLY:
        return "0 * * * *"
    found = _TIME.fullmatch(at.replace(" ", ""))
    if found is None or often not in _DAYS:
        return ""
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            return ""
        hour = hour % 12 + (12 if found["half"] == "pm" else 0)
    return f"{minute} {hour} {_DAYS[often]}" if hour <= 23 and minute <= 59 else ""


_WHEN = MappingProxyType(
    {
        "when": "(every|each) {often} [at {at}] [[(in|,)] {timezone} [time]]",
        "adverb": "{often} [at {at}] [[in] {timezone} [time]]",
    }
)
_SCANS = spoken(
    lambda said: _said(said, pdf=False),
    "(scan|check|audit) [the] [cluster] {cluster} <when>",
    "(scan|check|audit) [the] [cluster] {cluster} <adverb>",
    "<when> (scan|check|audit) [the] [cluster] {cluster}",
    "schedule [a] {often} (scan|check) (of|for) [the] [cluster] {cluster} [at {at}] [[in] {timezone} [time]]",
    **_WHEN,
)
_REPORTS = spoken(
    lambda said: _said(said, pdf=True),
    "(send|post|make|render) [(me|us)] [(a|the)] report (of|for|on) [the] [cluster] {cluster} <when>",
    "(send|post|make|render) [(me|us)] (a|the) {often} report (of|for|on) [the] {cluster} [at {at}]",
    "report [(of|for|on)] [the] [cluster] {cluster} <when>",
    "schedule [a] {often} report (of|for|on) [the] [cluster] {cluster} [at {at}] [[in] {timezone} [time]]",
    **_WHEN,
)
_ENDS = spoken(
    lambda said: RemoveSchedule(said["name"]),
    "(remove|delete|stop|end|cancel) [the] schedule {name}",
    "(remove|delete|stop|end|cancel) [the] {name} schedule",
)
_SHOWS = spoken(
    lambda said: ShowSchedule(said.cluster),
    "(what|which) [scans|runs] (is|are) scheduled <cluster>",
    "(what|which) (scans|runs|reports) are scheduled <cluster>",
    "when (is|does) the next (scan|run|report) [(run|due|happen|start)] <cluster>",
    "(show|list) [me] [(the|all|our)] schedule(s) <cluster>",
    "(what|which) runs (next|by itself|automatically) <cluster>",
    "when do (we|you) (scan|run|report) <cluster>",
    "schedules <cluster>",
)

_MAKING = frozenset({"cluster", "cron", "timezone", "channel", "framework"})

WORDS: tuple[Word[SchedulesWord], ...] = (
    Word(
        "schedule",
        "schedule [cluster]",
        "What runs by itself, when next, and what became of it the last time",
        ("schedule", "when is the next scan", "which scans are scheduled for production"),
        _MAKING,
        _schedule,
        ("cluster", "name", "cluster", "word"),
        aliases=("schedules",),
        sentences=_SHOWS,
    ),
    Word(
        "schedule-add",
        "schedule-add NAME [cluster] cron='0 7 * * mon' [timezone=Europe/Berlin] [channel=ID] [report] "
        "[framework=ID]",
        "Scan a cluster at these times from now on, and post the summary or the report",
        (
            "schedule-add nightly production cron='30 2 * * *' timezone=Europe/Berlin report",
            "scan production every monday at 7:00",
            "send the report of production every weekday at 8:30 Europe/Berlin",
        ),
        _MAKING,
        _add,
        ("name", "cluster", "word"),
        sentences=(*_SCANS, *_REPORTS),
    ),
    Word(
        "schedule-remove",
        "schedule-remove NAME",
        "End a schedule that somebody made: your own, or as an admin",
        ("schedule-remove nightly", "stop the schedule nightly"),
        frozenset(),
        _remove,
        ("name",),
        sentences=_ENDS,
    ),
)
