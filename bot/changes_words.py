"""Questions about what changed, as words and as sentences."""

from __future__ import annotations

import re

from bot.commands.access_changes import AccessChanges
from bot.words import CLUSTER, Arguments, Word

_MOMENT = (
    r"(?:last )?[a-z0-9][a-z0-9:+-]*(?: (?:hours?|days?|weeks?|months?))?(?: ago)?(?: [0-9]{2}:[0-9]{2})?"
)
_SINCE = rf"(?: since (?:the )?(?P<since>last run|{_MOMENT}))?"
_WHO = r"(?:who|which (?:users|groups|service accounts|subjects))"
_GAINED = r"(?:gained or lost|gained|got|lost)"
_RIGHTS = r"(?:access|rights|permissions)"
_QUESTIONS = tuple(
    re.compile(f"^{pattern}{_SINCE}{CLUSTER}")
    for pattern in (
        rf"{_WHO} (?:has |have )?{_GAINED} (?:new |more |any )?(?:{_RIGHTS}|cluster-admin)",
        rf"(?:what|which|whose) {_RIGHTS} (?:has |have )?changed",
    )
)


def _diff(arguments: Arguments) -> AccessChanges:
    return AccessChanges(arguments.one("since") or " ".join(arguments.words), arguments.one("cluster"))


WORDS: tuple[Word[AccessChanges], ...] = (
    Word(
        "diff",
        "diff [SINCE] [cluster=NAME]",
        "Who gained and who lost rights since a moment, or since the last run",
        ("diff monday", "who gained access since yesterday", "what access changed since 2026-11-01"),
        frozenset({"since", "cluster"}),
        _diff,
        most_words=4,
    ),
)


def question(text: str, cluster: str | None) -> AccessChanges | None:
    """What a sentence asks of changes; None where it asks something else."""
    for each in _QUESTIONS:
        if match := each.match(text.casefold()):
            since = (match["since"] or "").replace("last run", "")
            return AccessChanges(since, cluster or match["cluster"])
    return None
