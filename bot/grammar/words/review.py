"""Access reviews, as words and as sentences."""

from __future__ import annotations

from bot.commands.review import Review
from bot.grammar.sentences import Said, spoken
from bot.grammar.word import Arguments, Word

_FILLER = frozenset({"access", "rights", "rbac"})


def _review(arguments: Arguments) -> Review | None:
    others = [each for each in arguments.words if each.casefold() not in _FILLER]
    return None if others else Review(arguments.one("namespace") or "", arguments.one("cluster"))


def _said_review(said: Said) -> Review:
    return Review(said["namespace"], said.cluster)


_REVIEW = spoken(
    _said_review,
    "[(do|make|run)] <show> [(a|an)] <access> review [<within>] <cluster>",
    "review <all> [<access>] [<within>] <cluster>",
    "<who> (is|are) <privileged> [<within>] <cluster>",
    "<who> (has|have|holds) (<privileged>|dangerous) <access> [<within>] <cluster>",
    "<show> <privileged> (user(s)|subject(s)|account(s)|service account(s)|identities) [<within>] <cluster>",
    "(what|which) binding(s) (grant nothing|(are|is) (unused|dangling)) [<within>] <cluster>",
    "(what|which) role(s) (are|is) (over-broad|overbroad|too (broad|wide)) [<within>] <cluster>",
    access="(access|rights|permissions|rbac)",
    privileged="[(highly|over)] (privileged|over-privileged|overprivileged)",
)

WORDS: tuple[Word[Review], ...] = (
    Word(
        "review",
        "review [-n NAMESPACE] [cluster=NAME]",
        "Every privileged subject, how and since when; bindings without effect; rules that could be narrower",
        ("review", "access review of payments", "who is privileged"),
        frozenset({"cluster", "namespace"}),
        _review,
        ("word",),
        sentences=_REVIEW,
    ),
)
