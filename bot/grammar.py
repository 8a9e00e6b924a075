"""One table makes the parser, the help and the suggestions, for Slack and the command line alike."""

from __future__ import annotations

import difflib
import re
import unicodedata

from bot import access_words, changes_words, matrix_words, ways_words
from bot.commands.access_changes import AccessChanges
from bot.commands.encrypted import IsEncrypted
from bot.commands.help import ShowHelp
from bot.commands.questions import Question
from bot.commands.reach import ANYBODY, CanReach
from bot.commands.report import MakeReport
from bot.commands.scan import RunScan
from bot.commands.status import ShowStatus
from bot.commands.what_if import WhatIf
from bot.words import CLUSTER, NAMESPACE, Arguments, Word
from checks.pod_security.levels import Level, level_of

Command = RunScan | MakeReport | Question | AccessChanges | ShowStatus | ShowHelp

LONGEST = 500
"""More characters than any question needs; what is longer is answered with help."""


def _ask(arguments: Arguments) -> Command | None:
    return _question(" ".join(arguments.words), arguments.one("cluster"))


def _reach(arguments: Arguments) -> Command | None:
    source, destination, port = (*arguments.words, *("", "", "")[len(arguments.words) :])[:3]
    if len(arguments.words) == 1:
        return None
    return CanReach(source or ANYBODY, destination or ANYBODY, port, arguments.one("cluster"))


def _encryption(arguments: Arguments) -> Command | None:
    resource, *cluster = arguments.words or ("secrets",)
    named = cluster[0] if cluster else arguments.one("cluster")
    resource = resource.casefold()
    return IsEncrypted(resource, named) if re.fullmatch(_RESOURCE, resource) else None


def _what_if(arguments: Arguments) -> Command | None:
    words = arguments.words
    level = level_of(words[1].casefold()) if len(words) > 1 else Level.RESTRICTED
    if not words or level is None:
        return None
    return WhatIf(words[0], level, words[2] if len(words) > 2 else arguments.one("cluster"))


WORDS: tuple[Word[Command], ...] = (
    Word(
        "scan",
        "scan [cluster] [framework=ID] [namespace=NAME]",
        "Check a cluster now; the answer says what is new",
        ("scan", "scan production namespace=payments"),
        frozenset({"cluster", "framework", "namespace"}),
        lambda a: RunScan(a.cluster, a.options.get("framework", ()), a.options.get("namespace", ())),
        ("check",),
    ),
    Word(
        "ask",
        'ask "who has cluster-admin" [cluster=NAME]',
        "Answer a question with its evidence",
        ("who has cluster-admin", "who has cluster-admin in production"),
        frozenset({"cluster"}),
        _ask,
        most_words=60,
    ),
    *access_words.WORDS,
    *changes_words.WORDS,
    Word(
        "encryption",
        "encryption [secrets|configmaps|RESOURCE.GROUP] [cluster]",
        "Whether something is stored encrypted, and by what that is known",
        ("encryption secrets", "are secrets encrypted in production"),
        frozenset({"cluster"}),
        _encryption,
        most_words=2,
    ),
    Word(
        "reach",
        "reach [FROM TO [PORT]] [cluster=NAME]",
        "Who may talk to whom by the network policies: NAMESPACE/NAME, an address, internet, or any",
        (
            "reach web/front web/shop 8080",
            "who can reach data/db",
            "what can web/shop reach",
            "which namespaces lack default deny",
        ),
        frozenset({"cluster"}),
        _reach,
        most_words=3,
    ),
    *ways_words.WORDS,
    *matrix_words.WORDS,
    Word(
        "what-if",
        "what-if NAMESPACE [baseline|restricted] [cluster]",
        "Which workloads Pod Security would refuse if a namespace enforced that level",
        ("what-if payments restricted", "what would break if payments became restricted"),
        frozenset({"cluster"}),
        _what_if,
        most_words=3,
    ),
    Word(
        "report",
        "report [cluster] [run=ID] [framework=ID]",
        "The PDF for auditors, of a fresh scan or of a kept run",
        ("report", "report production"),
        frozenset({"cluster", "run", "framework"}),
        lambda a: MakeReport(a.cluster, a.one("run"), a.options.get("framework", ())),
    ),
    Word(
        "status",
        "status",
        "Clusters, age of their last scan, next scheduled runs",
        ("status",),
        frozenset(),
        lambda _: ShowStatus(),
        most_words=0,
    ),
    Word("help", "help", "This list", ("help",), frozenset(), lambda _: ShowHelp(), most_words=20),
)

USAGES = tuple((word.usage, word.summary) for word in WORDS)
EXAMPLES = tuple(example for word in WORDS for example in word.examples)

_BY_NAME = {name: word for word in WORDS for name in (word.name, *word.aliases)}
_ASIDE = re.compile(
    r"(?:,? (?:please|(?:right )?now|today|currently|(?:in )?here"
    r"|(?:in|on|of|for) (?:the|this|our|my) cluster))+$",
    re.IGNORECASE,
)
"""What people add to a question that names no cluster."""
_END = r"(?:pod |workload |deployment |the )?(?P<{}>[a-z0-9][a-z0-9.:/_-]*)"
_VERB = r"(?:reach|talk to|connect to)"
_PORT = r"(?: (?:on|at|over) (?:port )?(?P<port>[a-z0-9/-]+))?"
_REACH = tuple(
    re.compile(f"^{pattern}{CLUSTER}")
    for pattern in (
        rf"(?:can|may|does) {_END.format('source')} {_VERB} {_END.format('to')}{_PORT}",
        rf"who (?:can|may|is allowed to) {_VERB} {_END.format('to')}{_PORT}",
        rf"(?:what|whom|who) (?:is|can|may) {_END.format('source')} (?:allowed to )?{_VERB}{_PORT}",
        r"which namespaces (?:lack|miss|have no|are without|do not have) (?:an? )?default[- ]deny",
    )
)

_WHAT_IF = re.compile(
    r"^(?:what|which (?:workloads|pods|deployments)) (?:would|will) (?:break|fail|be refused|not start)"
    rf" (?:if|when) {NAMESPACE} (?:became|becomes|become|were|was|is|enforced|enforces|had)"
    rf" (?:pod security )?(?P<level>baseline|restricted){CLUSTER}"
)

_RESOURCE = r"[a-z][a-z0-9-]*(?:\.[a-z0-9.-]+)?"
_ENCRYPTION = tuple(
    re.compile(f"^{pattern}{CLUSTER}")
    for pattern in (
        r"(?:is|are) (?:the |our |my )?(?:(?P<what>secrets?) )?encryption(?: at rest)? (?:on|enabled|active)",
        rf"(?:is|are) (?:the |our |my |all )?(?P<what>{_RESOURCE}) (?:stored )?encrypted(?: at rest)?",
    )
)


def understand(text: str) -> Command:
    """What was meant. Never fails: nonsense becomes ShowHelp that quotes it and suggests the nearest word."""
    plain = normalise(text)
    if not plain:
        return ShowHelp()
    if len(plain) > LONGEST:
        return ShowHelp(about=f"{plain[:60]}…")
    first, _, rest = plain.partition(" ")
    word = _BY_NAME.get(first.casefold())
    command = _question(plain, None) if word is None or word.begins_questions else None
    command = command or (word.command(rest) if word else None)
    return command or ShowHelp(about=_short(plain), suggestion=_suggest(first, word))


def normalise(text: str) -> str:
    """Plain text of what a person typed: links and mentions undone, quotes straight, spaces single."""
    text = re.sub(r"<[@#!][^<>]*>", " ", text)
    text = re.sub(r"<(?:mailto:)?[^<>|\s]+\|([^<>]*)>", r"\1", text)
    text = re.sub(r"<(https?://[^<>\s]+)>", r"\1", text)
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    text = unicodedata.normalize("NFKC", text)
    text = text.translate(
        {0x2010: "-", 0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x2013: "-", 0x2014: "--"}
    )
    text = "".join(" " if char.isspace() else char for char in text if char.isspace() or char.isprintable())
    text = " ".join(text.split())
    while (bare := _without_emphasis(text).strip(" ?!.,;:`_")) != text:
        text = bare
    return text


def _without_emphasis(text: str) -> str:
    """What stands between stars, which make it bold in Slack; a star alone is everything there is."""
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] == "*" else text


def _question(text: str, cluster: str | None) -> Command | None:
    plain = _ASIDE.sub("", text.strip("\"' "))
    if spoken := ways_words.question(plain, cluster) or matrix_words.question(plain, cluster):
        return spoken
    if changed := changes_words.question(plain, cluster):
        return changed
    folded = plain.casefold()
    for question in _ENCRYPTION:
        if match := question.match(folded):
            return IsEncrypted(_plural(match["what"] or "secrets"), cluster or match["cluster"])
    for question in _REACH:
        if match := question.match(folded):
            said = match.groupdict()
            ends = (said.get("source") or ANYBODY, said.get("to") or ANYBODY)
            return CanReach(*ends, said.get("port") or "", cluster or match["cluster"])
    if match := _WHAT_IF.match(folded):
        return WhatIf(match["namespace"], Level(match["level"]), cluster or match["cluster"])
    return access_words.question(plain, cluster)


def _plural(resource: str) -> str:
    """What the API calls it, of the two that people ask for most in their own way."""
    return {"secret": "secrets", "etcd": "secrets", "configmap": "configmaps"}.get(resource, resource)


def _suggest(first: str, word: Word[Command] | None) -> str:
    if word:
        return word.usage
    near = difflib.get_close_matches(first.casefold(), _BY_NAME, n=1, cutoff=0.75)
    return _BY_NAME[near[0]].usage if near else ""


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"
