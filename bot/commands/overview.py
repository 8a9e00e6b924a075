"""What the App Home tab and the forms need to know for whoever opens them, as far as they may see it."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from msgspec import Struct

from bot.answer import Answer
from bot.commands import admission
from bot.commands.dashboard import Dashboard, dashboard
from bot.commands.scan import RunScan
from bot.commands.status import ShowStatus
from bot.rights.decide import Decision, Outcome
from bot.rights.roles import Asker, Role
from checks.frameworks.loading import framework_ids, load
from checks.registry import all_checks

if TYPE_CHECKING:
    from bot.commands.desk import Desk

MOST_NAMED = 20
"""Checks of one text that can be chosen from."""
_WORDS = re.compile(r"[\w.-]+")


class Overview(Struct, frozen=True):
    """The clusters, runs and schedules that somebody may see, and what they may do, a line each."""

    seen: Dashboard
    may: tuple[str, ...]


class Choices(Struct, frozen=True):
    """What a form offers: the clusters that somebody may have checked, and the frameworks by id and title."""

    clusters: tuple[str, ...]
    frameworks: tuple[tuple[str, str], ...]


def overview(desk: Desk, asker: Asker) -> Overview | Answer:
    """What there is to see at a glance, noted as `status` is; or the refusal. Raises HistoryError."""
    begun, command = time.monotonic(), ShowStatus()
    decision = admission.decided(desk, command, asker)
    if decision.outcome is Outcome.REFUSED:
        return _refused(desk, command, asker, decision)
    entry = admission.note(desk.history, command, asker, decision)
    seen = dashboard(desk.showing(decision.clusters))
    shown = Answer(command=command.canonical, verdict="Shown in Home.")
    admission.note_end(desk.history, entry, decision, shown, time.monotonic() - begun)
    return Overview(seen, tuple(dict.fromkeys(map(str, asker.rights.held))))


def choices(desk: Desk, asker: Asker) -> Choices | Answer:
    """What may be chosen where a check is run; or the refusal, which is noted. Raises HistoryError."""
    command = RunScan()
    decision = admission.decided(desk, command, asker)
    if decision.outcome is Outcome.REFUSED:
        return _refused(desk, command, asker, decision)
    named = tuple((each.id, each.title) for each in load(framework_ids()))
    clusters = (each for each in desk.targets if asker.rights.namespaces(Role.OPERATOR, each))
    return Choices(tuple(clusters), named)


def explanations(desk: Desk, text: str, asker: Asker) -> tuple[str, ...]:
    """What would explain the findings that a text tells of, as commands, in its order.

    A cluster is named where the text is of one, and its asker may see that.
    """
    words = dict.fromkeys(_WORDS.findall(text[:100_000]))
    known = {check.id for check in all_checks()}
    seen = [each for each in desk.targets if each in words and asker.rights.namespaces(Role.VIEWER, each)]
    where = f" cluster={seen[0]}" if len(seen) == 1 else ""
    return tuple(f"explain {word}{where}" for word in words if word in known)[:MOST_NAMED]


def _refused(desk: Desk, command: ShowStatus | RunScan, asker: Asker, decision: Decision) -> Answer:
    """The refusal, written down. Raises HistoryError."""
    entry = admission.note(desk.history, command, asker, decision)
    answer = admission.refusal(command, asker, decision, desk.settings.rights)
    admission.note_end(desk.history, entry, decision, answer, 0.0)
    return answer
