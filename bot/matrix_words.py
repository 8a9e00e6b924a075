"""The question who may talk to whom, all at once, as a word and as a sentence."""

from __future__ import annotations

import re

from bot.commands.matrix import ShowMatrix
from bot.words import NAMESPACE, Arguments, Word

_SPACE = rf"(?: (?:of|for|in|inside|within) {NAMESPACE})?"
_CLUSTER = r"(?: (?:in|on|of|for) (?:the )?(?:cluster )?(?P<cluster>[a-z0-9][a-z0-9.-]*)(?: cluster)?)?$"
_MATRIX = tuple(
    re.compile(f"^{pattern}{_SPACE}{_CLUSTER}", re.IGNORECASE)
    for pattern in (
        r"(?:show (?:me )?)?(?:the )?(?:network|traffic|segmentation|reachability) (?:matrix|map)",
        r"who (?:can|may|is allowed to) (?:reach|talk to|connect to) whom",
    )
)


def _matrix(arguments: Arguments) -> ShowMatrix:
    namespace, *cluster = arguments.words or ("",)
    return ShowMatrix(namespace, cluster[0] if cluster else arguments.one("cluster"))


WORDS: tuple[Word[ShowMatrix], ...] = (
    Word(
        "matrix",
        "matrix [NAMESPACE] [cluster]",
        "Who may talk to whom on which ports, by workload: into and out of a namespace",
        ("matrix payments", "network matrix of payments"),
        frozenset({"cluster"}),
        _matrix,
        most_words=2,
    ),
)


def question(text: str, cluster: str | None) -> ShowMatrix | None:
    """The question for a matrix, if it is one."""
    for asked in _MATRIX:
        if match := asked.match(text):
            return ShowMatrix(match["namespace"] or "", cluster or match["cluster"])
    return None
