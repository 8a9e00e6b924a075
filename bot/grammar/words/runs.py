"""What can be asked about runs that were kept: what changed between them, one as a file."""

from __future__ import annotations

from types import MappingProxyType

from bot.commands.drift import ShowDrift
from bot.commands.export import FORMS, Export
from bot.grammar.sentences import Said, spoken
from bot.grammar.word import Arguments, Word
from bot.grammar.words.changes import since

RunsWord = ShowDrift | Export

_CALLED = MappingProxyType({"excel": "csv", "spreadsheet": "csv", "xlsx": "csv", "xml": "junit"})
"""What people call a form that has another name."""


def form_called(said: str) -> str:
    return _CALLED.get(said.casefold(), said.casefold())


def _drift(arguments: Arguments) -> ShowDrift:
    said = arguments.one("since") or " ".join(arguments.words)
    return ShowDrift(since(said.removeprefix("since ")), arguments.one("cluster"))


def _export(arguments: Arguments) -> Export | None:
    form = form_called(arguments.one("as") or arguments.one("format") or "csv")
    if form not in FORMS:
        return None
    return Export(form, arguments.cluster, arguments.one("run"), arguments.one("of") or "")


def _said_export(said: Said) -> Export:
    return Export(form_called(said["form"] or "csv"), said.cluster, said["run"] or None)


_DRIFT = spoken(
    lambda said: ShowDrift(since(said["since"]), said.cluster),
    "what (changed|has changed|is changed|is different|is new) <in>",
    "what (changed|has changed|is changed|is different|is new) <cluster> [(since|from|over) [the] {since}]",
    "what [new] (broke|got worse|got better|was fixed|got fixed|has been fixed|appeared|regressed) <in>",
    "(what changed|changes|drift) {since} <cluster>",
    "(any|are there) [any] (changes|new findings|regressions|drift) <in>",
    "(which|what|how many) findings are (new|fixed) <in>",
    "(show|list) [me] [the] (changes|drift|new findings) <in>",
    "(did|has) (anything|something) (change(s)|changed|break|broken) <in>",
    "drift since [the] {since} <cluster>",
    **{"in": "[(since|in|over|within|from) [the] {since}] <cluster>"},
)
_EXPORT = spoken(
    _said_export,
    "(export|download|save|dump) [(the|all)] [(last|latest)] [(run|scan|results|findings|everything)] <of>"
    " (as|to|in|into) [(a|an)] {form} [file]",
    "(export|download) [the] {cluster} (as|to|into) [(a|an)] {form} [file]",
    "(export|download|save) [the] run {run} [(as|to|into) [(a|an)] {form} [file]]",
    "[(the|all)] [(last|latest)] (findings|results|scan|run|everything) <of> (as|in) [(a|an)] {form} [file]",
    "[(a|an|the)] {form} (export|file|download|dump) <of>",
    of="[(of|for|from) [the] {cluster}] [cluster]",
)
WORDS: tuple[Word[RunsWord], ...] = (
    Word(
        "drift",
        "drift [SINCE] [cluster=NAME]",
        "What is new, fixed and come back between the last run and an earlier one",
        (
            "drift",
            "drift yesterday",
            "what changed since monday",
            "what got fixed in the last week in production",
        ),
        frozenset({"since", "cluster"}),
        _drift,
        ("since", "word", "word", "word"),
        aliases=("changes",),
        sentences=_DRIFT,
    ),
    Word(
        "export",
        "export [cluster] [run=ID] [of=QUESTION] [as=csv|json|sarif|junit|pdf|html]",
        "The last run, a named one or the answer to a question, as a file",
        (
            "export production as csv",
            "export run=r-20261124-k3f9 as=sarif",
            "export 'of=list privileged' as=csv",
            "the findings of production as a spreadsheet",
        ),
        frozenset({"cluster", "run", "as", "format", "of"}),
        _export,
        sentences=_EXPORT,
    ),
)
