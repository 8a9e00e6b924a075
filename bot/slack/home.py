"""The App Home tab: everything at a glance, for whoever opens it, and where to begin.

Home takes neither tables nor pictures without an address; trends are rows of bars, lists are short, and what
does not fit is said. Limits: docs.slack.dev, Views and App Home.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from bot.answer import Answer
from bot.commands.dashboard import Cluster, Dashboard, Upcoming, open_findings, sparkline
from bot.commands.overview import Overview
from bot.slack.forms import MAKE_A_SCHEDULE, RUN_A_CHECK
from bot.slack.mrkdwn import code, contact, date, fit, literal, person
from bot.slack.tables import Block, context, section
from checks.model import Severity
from checks.wording import plural
from reports.history.records import Attempt, RunState

MOST_CLUSTERS = 25
MOST_UPCOMING = 5
MOST_LINES = 10
SAY = "say"
"""The actions of elements whose value is what they say, word for word as a person would type it, signed."""
FORM = "form"
"""Those of buttons whose value is the form that they open, signed."""

Seal = Callable[[str], str]
Moment = Callable[[datetime], str]

_STATES = {RunState.RUNNING: "⏳ under way", RunState.DONE: "✅ done", RunState.FAILED: "⛔ failed"}


def home(found: Overview | Answer, seal: Seal, notice: str = "", moment: Moment = date) -> dict[str, Any]:
    """The view for `views.publish`: what its reader may see, or why that is nothing.

    `seal` signs the values of elements; `notice` is what was just done, above everything; `moment` writes
    times for the client that shows it.
    """
    blocks = _refused(found) if isinstance(found, Answer) else _seen(found, seal, moment)
    above = [section(fit(notice, 500, literal))] if notice else []
    return {"type": "home", "blocks": [*above, *blocks]}


def _refused(answer: Answer) -> Iterator[Block]:
    yield section(f"*⛔ {fit(answer.verdict, 2000, literal)}*")
    if answer.notes:
        yield section("\n".join(fit(note, 500, literal) for note in answer.notes[:4]))
    if answer.contacts:
        yield context(f"Who can grant it: {', '.join(map(contact, answer.contacts))}")


def _seen(found: Overview, seal: Seal, moment: Moment) -> Iterator[Block]:
    seen = found.seen
    yield section(f"*{verdict(seen)}*")
    yield _actions(
        _button("Run a check", f"{FORM}.check", seal(RUN_A_CHECK)) | {"style": "primary"},
        _button("Make a schedule", f"{FORM}.schedule", seal(MAKE_A_SCHEDULE)),
        _button("Status", f"{SAY}.status", seal("status")),
        _button("Help", f"{SAY}.help", seal("help")),
    )
    yield {"type": "divider"}
    shown = seen.clusters[:MOST_CLUSTERS]
    for number, cluster in enumerate(shown):
        yield section(_cluster(cluster, moment)) | {"accessory": _menu(cluster.name, number, seal)}
    if len(seen.clusters) > len(shown):
        yield context(f"{len(shown)} of {len(seen.clusters)} clusters shown. Ask `status` for all of them.")
    if seen.upcoming:
        yield _list("Next scheduled runs", (_upcoming(each, moment) for each in seen.upcoming), MOST_UPCOMING)
    if seen.recent:
        yield _list("Recent runs", (_recent(each, moment) for each in seen.recent), MOST_LINES)
    if found.may:
        yield _list("What you may do", (fit(each, 200, literal) for each in found.may), MOST_LINES)
    yield context(f"As of {moment(seen.now)}. Open this tab again for news.")


def verdict(seen: Dashboard) -> str:
    """The first line: what needs somebody most."""
    if not seen.clusters:
        return "⚠️ No cluster is set up yet, or none that you may see."
    critical = [found for each in seen.clusters if (found := _critical(each))]
    stale = [each.name for each in seen.clusters if each.stale]
    watched = plural(len(seen.clusters), "cluster")
    if critical:
        where = f"{len(critical)} of {watched}" if len(seen.clusters) > 1 else "your cluster"
        return f"🔴 {plural(sum(critical), 'critical finding')} open in {where}."
    if stale:
        return f"⚠️ {fit(', '.join(stale), 200, literal)}: no scan for over a week."
    return f"✅ No critical finding open in {watched}, every scan is fresh."


def _critical(cluster: Cluster) -> int:
    return cluster.run.open.get(Severity.CRITICAL, 0) if cluster.run else 0


def _cluster(cluster: Cluster, moment: Moment) -> str:
    name = fit(cluster.name, 100, code)
    if cluster.run is None:
        return f"⚪ {name}  *never scanned*"
    run = cluster.run
    good = "⚠️" if cluster.stale else "🟢"
    sign = "🔴" if _critical(cluster) else "🟠" if run.open.get(Severity.HIGH) else good
    moved = f" ({cluster.change:+d})" if cluster.change else ""
    score = "no score" if run.score is None else f"*{run.score}* of 100{moved}"
    first = "  ".join(filter(None, (f"{sign} {name}", score, sparkline(cluster.scores))))
    old = "old data, of" if cluster.stale else "data of"
    return f"{first}\n{open_findings(run)} · {old} {moment(run.finished)} · {fit(run.id, 60, code)}"


def _menu(cluster: str, number: int, seal: Seal) -> dict[str, Any]:
    choices = (
        ("Scan now", f"scan {cluster}"),
        ("PDF report", f"report {cluster}"),
        ("Critical findings", f"list critical cluster={cluster}"),
        ("Who has cluster-admin", f"who-has cluster-admin {cluster}"),
    )
    return {
        "type": "overflow",
        "action_id": f"{SAY}.cluster.{number}",
        "options": [{"text": _plain(label), "value": seal(said)} for label, said in choices],
    }


def _upcoming(each: Upcoming, moment: Moment) -> str:
    due = moment(each.moment) if each.moment else "never"
    return f"{due} · {fit(each.name, 60, code)} on {fit(each.cluster, 60, code)}"


def _recent(each: Attempt, moment: Moment) -> str:
    by = f"schedule {fit(each.schedule, 60, code)}" if each.schedule else person(each.requested_by)
    cluster = fit(each.cluster_name, 60, code)
    return f"{_STATES[each.state]} · {moment(each.begun)} · {cluster} · {fit(each.id, 40, code)} · {by}"


def _list(title: str, lines: Iterable[str], most: int) -> Block:
    every = list(lines)
    more = [f"• and {len(every) - most} more"] if len(every) > most else []
    return section("\n".join([f"*{title}*", *(f"• {line}" for line in every[:most]), *more]))


def _button(label: str, action: str, value: str) -> dict[str, Any]:
    return {"type": "button", "text": _plain(label), "action_id": action, "value": value}


def _actions(*elements: dict[str, Any]) -> Block:
    return {"type": "actions", "elements": list(elements)}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": True}
