"""What may stand in a place of a sentence: a cluster, a namespace, a check, a moment."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from types import MappingProxyType

from msgspec import Struct

from bot.moments import moment_of

STOPS = frozenset(
    [
        "a",
        "an",
        "and",
        "any",
        "anywhere",
        "are",
        "as",
        "at",
        "by",
        "every",
        "everywhere",
        "for",
        "from",
        "had",
        "has",
        "have",
        "here",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "me",
        "my",
        "not",
        "now",
        "of",
        "on",
        "or",
        "our",
        "over",
        "please",
        "show",
        "since",
        "than",
        "that",
        "the",
        "their",
        "them",
        "they",
        "this",
        "to",
        "today",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "with",
        "you",
        "your",
    ]
)
"""Words that are never the first of a name: where one stands, the sentence goes on."""

_FUTURE = datetime(9000, 1, 1, tzinfo=UTC)
_LAST_RUN = frozenset({"last run", "the last run", "last scan", "the last scan"})


class Kind(Struct, frozen=True):
    """A kind of slot: how it looks, how many words it may take, whether capital letters are lost.

    `names` is where live names of it come from, `example` what documents and tests put in its place.
    """

    name: str
    pattern: re.Pattern[str]
    example: str
    most: int = 1
    folds: bool = False
    names: str = ""

    def takes(self, text: str) -> bool:
        """Whether a text can stand here."""
        return self.pattern.fullmatch(text) is not None and text.partition(" ")[0].casefold() not in STOPS


class _Moment(Kind, frozen=True):
    """A moment is what `moment_of` makes one."""

    def takes(self, text: str) -> bool:
        said = text.casefold()
        return said in _LAST_RUN or moment_of(said, _FUTURE) is not None


_ANY = r"[^\s=,-][^\s=,]*"
_DNS = r"[a-z0-9][a-z0-9.-]*"
_NAMED = r"(?!(?:cluster|namespace|ns)$)"
_OFTEN = r"hour|hourly|day|daily|weekday|week|weekly|month|monthly|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_VERB = r"(?:[a-z][a-z:-]*|\*)"
_JOINED = r"(?:, | and | or | and/or )"


def _kind(
    name: str, pattern: str, example: str, *, most: int = 1, folds: bool = False, names: str = ""
) -> Kind:
    return Kind(name, re.compile(pattern, re.IGNORECASE), example, most, folds, names)


KINDS = MappingProxyType(
    {
        each.name: each
        for each in (
            _kind("cluster", rf"{_NAMED}{_DNS}", "production", folds=True, names="clusters"),
            _kind("namespace", rf"{_NAMED}[a-z0-9][a-z0-9-]*", "payments", folds=True, names="namespaces"),
            _kind("check", r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+", "pod-privileged", folds=True, names="checks"),
            _kind(
                "topic",
                r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+"
                r"|(?:[a-z][a-z0-9-]*[0-9.]*/)?[a-z]{0,3}-?[0-9]+(?:\.[a-z0-9]+)*(?:\([a-z0-9]+\))*",
                "pod-privileged",
                names="checks",
            ),
            _kind("numbered", r"(?:[a-z][a-z0-9-]*[0-9.]*/)?[0-9]+(?:\.[0-9]+)+", "5.1.3"),
            _kind("list", r"[a-z][a-z0-9-]*", "privileged", folds=True, names="lists"),
            _kind("framework", r"[a-z][a-z0-9.-]*", "cis-kubernetes-2.0.1", folds=True, names="frameworks"),
            _kind("severity", "critical|high|medium|low|info", "high", folds=True),
            _kind("run", r"r-[a-z0-9-]+", "r-20261124-k3f9", folds=True, names="runs"),
            _kind(
                "form",
                "csv|json|sarif|junit|pdf|html|excel|spreadsheet|xlsx|xml",
                "csv",
                folds=True,
                names="forms",
            ),
            _kind("word", r"[a-z][a-z-]*", "scan", folds=True, names="words"),
            _kind("role", _ANY, "view", names="roles"),
            _kind(
                "subject",
                rf"(?:(?:user|group|service ?account|sa) )?{_ANY}",
                "sa:ci/deployer",
                most=3,
            ),
            _kind(
                "identity",
                r"(?:sa|user|group):\S+|(?:(?:sa|user|group):|service ?account|user|group) \S+"
                r"|system:serviceaccount:\S+",
                "sa:ci/deployer",
                most=3,
            ),
            _kind(
                "verbs",
                rf"{_VERB}(?:{_JOINED}{_VERB}){{0,5}}",
                "delete",
                most=8,
                folds=True,
                names="verbs",
            ),
            _kind("what", rf"{_ANY}(?:{_JOINED}(?:(?:the|all|any|every) )?{_ANY}){{0,5}}", "secrets", most=8),
            _kind("name", _ANY, "api-0"),
            _kind("resource", r"[a-z][a-z0-9-]*(?:\.[a-z0-9.-]+)?", "secrets", folds=True),
            _kind(
                "workload",
                r"[a-z0-9][a-z0-9.-]*/[a-z0-9][a-z0-9.-]*",
                "payments/ledger",
                folds=True,
                names="workloads",
            ),
            _kind("account", r"[a-z0-9][a-z0-9./:-]*", "ci/deployer"),
            _kind(
                "kind",
                "pod|workload|deployment|(?:stateful|daemon|replica)set|(?:cron)?job",
                "pod",
                folds=True,
            ),
            _kind("end", r"[a-z0-9][a-z0-9.:/_-]*", "web/shop", folds=True, names="workloads"),
            _kind("port", r"[0-9]{1,5}(?:/[a-z]+)?|[a-z][a-z0-9-]*", "8080", folds=True),
            _kind("level", "baseline|restricted", "restricted", folds=True, names="levels"),
            _Moment("since", re.compile(""), "yesterday", 4, folds=True, names="moments"),
            _kind("often", _OFTEN, "monday", folds=True),
            _kind("at", r"\d{1,2}(?::\d\d)?(?: ?[ap]m)?", "7:00", most=2, folds=True),
            _kind("timezone", r"UTC|[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_+-]+){1,2}", "Europe/Berlin"),
            _kind("rest", r".+", "cluster-admins", most=60),
        )
    }
)
"""Every kind of slot by name."""
