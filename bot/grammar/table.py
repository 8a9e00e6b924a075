"""One table makes the parser, the help, the suggestions, the documents and the completion: `WORDS`.

Slack and the command line read the same table. A text is a word of it with what follows, or one of the
sentences that a word has; of several the one that leaves least to guess.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice

from bot.commands.access_changes import AccessChanges
from bot.commands.audit import ShowAudit
from bot.commands.drift import ShowDrift
from bot.commands.explain import Explain, Fix
from bot.commands.export import Export
from bot.commands.help import AskBack, ShowHelp
from bot.commands.questions import Question
from bot.commands.report import MakeReport
from bot.commands.scan import RunScan
from bot.commands.schedule import ShowSchedule
from bot.commands.schedule_made import AddSchedule, RemoveSchedule
from bot.commands.status import ShowStatus
from bot.grammar.plain import normalise, said_in_full, without_courtesy, without_politeness
from bot.grammar.sentences import Choice, Line, Literal, Node, Said, Sentence, Sequence
from bot.grammar.spelling import Speller
from bot.grammar.word import Arguments, Word
from bot.grammar.words import (
    access,
    changes,
    checks,
    helping,
    lists,
    network,
    pods,
    review,
    runs,
    scan,
    schedules,
    secrets,
    ways,
)

AtHand = (
    Explain
    | Fix
    | ShowDrift
    | ShowSchedule
    | AddSchedule
    | RemoveSchedule
    | ShowStatus
    | ShowAudit
    | ShowHelp
    | AskBack
)
"""What is answered from what is kept, without a look at a cluster."""
Command = RunScan | MakeReport | Question | AccessChanges | Export | AtHand

LONGEST = 500
"""More characters than any question needs; what is longer is answered with help."""


def _ask(arguments: Arguments) -> Command | None:
    where = f" cluster={arguments.one('cluster')}" if arguments.one("cluster") else ""
    if word(arguments.word(0)) is _ASK:
        return None
    return _exact(f"{' '.join(arguments.words)}{where}")


_ASK: Word[Command] = Word(
    "ask",
    'ask "who has cluster-admin" [cluster=NAME]',
    "Answer a question with its evidence",
    ("who has cluster-admin", "who has cluster-admin in production"),
    frozenset({"cluster"}),
    _ask,
    ("rest",),
)

WORDS: tuple[Word[Command], ...] = (
    *scan.WORDS,
    _ASK,
    *access.WORDS,
    *review.WORDS,
    *ways.WORDS,
    *network.WORDS,
    *secrets.WORDS,
    *pods.WORDS,
    *lists.WORDS,
    *checks.WORDS,
    *runs.WORDS,
    *schedules.WORDS,
    *changes.WORDS,
    *scan.STATE,
    *helping.WORDS,
)
"""Everything that can be said."""

EXAMPLES = tuple(example for word in WORDS for example in word.examples)

_BY_NAME = {name: word for word in WORDS for name in (word.name, *word.aliases)}
_SENTENCES: tuple[Sentence[Command], ...] = tuple(each for word in WORDS for each in word.sentences)
_CLUSTER = "cluster="
_MOST_TRIES = 12
"""Ways to mend a text that are tried."""


def understand(text: str) -> Command:
    """What was meant. Never fails: a misspelling is asked back, nonsense becomes ShowHelp that quotes it."""
    plain = normalise(text)
    if not plain:
        return ShowHelp()
    if len(plain) > LONGEST:
        return ShowHelp(about=f"{plain[:60]}…")
    return _exact(plain) or _nearly(plain) or _not_at_all(plain)


def word(name: str) -> Word[Command] | None:
    """The word of this name or alias."""
    return _BY_NAME.get(name.casefold())


def _exact(plain: str) -> Command | None:
    """What a text means as it stands."""
    first, _, rest = plain.partition(" ")
    known = word(first)
    return _sentence(plain) or (known.command(without_courtesy(rest)) if known else None)


def _sentence(plain: str) -> Command | None:
    """What a text means as a sentence; a cluster may be named as `cluster=NAME` behind it."""
    line = said_in_full(plain)
    place = next((at for at, each in enumerate(line.folded) if each.startswith(_CLUSTER)), None)
    slots: dict[str, str] = {}
    if place is not None:
        slots["cluster"] = line.folded[place].removeprefix(_CLUSTER)
        line = Line.of((*line.words[:place], *line.words[place + 1 :]))
    for each in without_politeness(line):
        if command := _meant(each, slots):
            return command
    return None


def _meant(line: Line, slots: dict[str, str]) -> Command | None:
    """The command of the sentence that leaves least to guess."""
    found = [(said, each) for each in _SENTENCES if (said := each.match(line))]
    for said, each in sorted(found, key=lambda pair: pair[0].specific):
        if command := each.build(Said({**said.slots, **slots})):
            return command
    return None


def _nearly(plain: str) -> Command | None:
    """The question whether a text without its misspellings was meant."""
    for words in islice(_speller().mended(tuple(plain.split())), _MOST_TRIES):
        if meant := _exact(" ".join(words)):
            return AskBack(_short(plain), meant.canonical)
    return None


def _not_at_all(plain: str) -> ShowHelp:
    """Help, that of the word which the text begins with, if it does."""
    known = word(plain.partition(" ")[0])
    return ShowHelp(known.name if known else "", about=_short(plain))


@cache
def _speller() -> Speller:
    literals = (form for each in _SENTENCES for form in _literals(each.tree))
    return Speller((*literals, *_BY_NAME))


def _literals(node: Node) -> Iterator[str]:
    match node:
        case Literal(forms):
            yield from forms
        case Choice(parts) | Sequence(parts):
            for part in parts:
                yield from _literals(part)


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"
