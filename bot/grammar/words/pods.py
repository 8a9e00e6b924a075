"""What can be asked about pods: what a stricter level would refuse."""

from __future__ import annotations

from bot.commands.what_if import WhatIf
from bot.grammar.sentences import Said, spoken
from bot.grammar.word import Arguments, Word
from checks.pod_security.levels import Level, level_of


def _what_if(arguments: Arguments) -> WhatIf | None:
    namespace, named = arguments.word(0), arguments.word(1)
    level = level_of(named.casefold()) if named else Level.RESTRICTED
    if not namespace or level is None:
        return None
    return WhatIf(namespace, level, arguments.cluster_at(2))


def _said_what_if(said: Said) -> WhatIf:
    return WhatIf(said["namespace"], Level(said["level"] or "restricted"), said.cluster)


_WHAT_IF = spoken(
    _said_what_if,
    "(what|which <pods>) (would|will) (break|fail|be refused|not start|be rejected) (if|when|in case)"
    " <namespace> <became> [(pod security|pss)] {level} <cluster>",
    "what if <namespace> <became> [(pod security|pss)] {level} <cluster>",
    "what (breaks|fails) (if|when) (i|we|you) (enforce|set|apply) [(pod security|pss)] {level}"
    " (in|on|for) <namespace> <cluster>",
    "(would|will) <namespace> (pass|survive|fit) [(pod security|pss)] {level} <cluster>",
    "is <namespace> ready for [(pod security|pss)] {level} <cluster>",
    became="(became|becomes|become|were|was|is|enforced|enforces|had|went|goes)",
)

WORDS: tuple[Word[WhatIf], ...] = (
    Word(
        "what-if",
        "what-if NAMESPACE [baseline|restricted] [cluster]",
        "Which workloads Pod Security would refuse if a namespace enforced that level",
        ("what-if payments restricted", "what would break if payments became restricted"),
        frozenset({"cluster"}),
        _what_if,
        ("namespace", "level", "cluster"),
        sentences=_WHAT_IF,
    ),
)
