"""Questions about what changed, as words and as sentences."""

from __future__ import annotations

from bot.commands.access_changes import AccessChanges
from bot.grammar.sentences import Said, spoken
from bot.grammar.word import Arguments, Word


def since(said: str) -> str:
    """A moment; the last run is what is meant where none is named."""
    return "" if said.removeprefix("the ") in ("last run", "last scan") else said


def _diff(arguments: Arguments) -> AccessChanges:
    said = arguments.one("since") or " ".join(arguments.words)
    return AccessChanges(since(said.removeprefix("since ")), arguments.one("cluster"))


def _said_diff(said: Said) -> AccessChanges:
    return AccessChanges(since(said["since"]), said.cluster)


_DIFF = spoken(
    _said_diff,
    "<who> [(has|have)] (gained or lost|gained|got|lost) [(new|more|any)] (<rights>|<admin>)"
    " [<since>] <cluster>",
    "(what|which|whose) <rights> [(has|have)] changed [<since>] <cluster>",
    "(what|which) (changed|has changed) in [the] <rights> [<since>] <cluster>",
    rights="(access|rights|permissions|rbac|privileges)",
)

WORDS: tuple[Word[AccessChanges], ...] = (
    Word(
        "diff",
        "diff [SINCE] [cluster=NAME]",
        "Who gained and who lost rights since a moment, or since the last run",
        ("diff monday", "who gained access since yesterday", "what access changed since 2026-11-01"),
        frozenset({"since", "cluster"}),
        _diff,
        ("since", "word", "word", "word"),
        sentences=_DIFF,
    ),
)
