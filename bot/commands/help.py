"""`help`: what can be asked, from the same table that understands it; and the question what was meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from msgspec import Struct

from bot.answer import Action, ActionKind, Answer, Table, Tone
from checks.nearest import did_you_mean

_NEAREST = 6


class ShowHelp(Struct, frozen=True, tag=True):
    """Show what can be said, or how one word is used.

    `about` is what was not understood, where that is why help is shown.
    """

    word: str = ""
    about: str = ""

    @property
    def canonical(self) -> str:
        return f"help {self.word}" if self.word and not self.about else "help"


class AskBack(Struct, frozen=True, tag=True):
    """Ask whether `meant`, a canonical command, was meant by `about`; `because` says what is wrong."""

    about: str
    meant: str
    because: str = ""

    @property
    def canonical(self) -> str:
        return "help"


class Said(Protocol):
    """How a sentence is written."""

    @property
    def text(self) -> str: ...


class Explained(Protocol):
    """What help says of a word (a `bot.grammar.word.Word` is one)."""

    @property
    def name(self) -> str: ...
    @property
    def usage(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def examples(self) -> tuple[str, ...]: ...
    @property
    def aliases(self) -> tuple[str, ...]: ...
    @property
    def known(self) -> tuple[tuple[str, str], ...]: ...


def help_(command: ShowHelp, words: Iterable[Explained]) -> Answer:
    """The words with an example each, or one word with all; or briefly what is near to what was not
    understood."""
    known = {each.name: each for each in words}
    called = {alias: each for each in known.values() for alias in (each.name, *each.aliases)}
    if command.word in called:
        return _one(command, called[command.word])
    if command.about:
        return _not_understood(command, known.values())
    verdict = "Ask me about your clusters: these are the words I know."
    if command.word:
        hint = did_you_mean(command.word, known)
        verdict = f"I did not understand “{command.word}”. {hint}These are the words I know."
    return Answer(
        command=command.canonical,
        verdict=verdict,
        tables=(
            Table(
                "Commands",
                ("Say", "What happens"),
                tuple((each.usage, each.summary) for each in known.values()),
                code=("Say",),
            ),
            _examples(each.examples[-1] for each in known.values()),
        ),
    )


def _not_understood(command: ShowHelp, words: Iterable[Explained]) -> Answer:
    """A short answer: what can be asked that has most words of it."""
    said = set(command.about.casefold().split())
    examples = [example for each in words for example in each.examples]
    nearest = sorted(examples, key=lambda each: -len(said & set(each.casefold().split())))
    return Answer(
        command=command.canonical,
        verdict=f"I did not understand “{command.about}”. I can be asked, for example, what is below.",
        tables=(_examples(nearest[:_NEAREST]),),
        notes=("help lists all that can be asked, help WORD explains one word of it.",),
    )


def _one(command: ShowHelp, word: Explained) -> Answer:
    also = f" It may also be called {', '.join(word.aliases)}." if word.aliases else ""
    verdict = f"{word.usage}: {word.summary}.{also}"
    if command.about:
        verdict = f"I did not understand “{command.about}”. Say: {word.usage}"
    names = (Table("Names", ("Name", "Stands for"), word.known, code=("Name",)),) if word.known else ()
    return Answer(command=command.canonical, verdict=verdict, tables=(_examples(word.examples), *names))


def _examples(examples: Iterable[str]) -> Table:
    return Table("For example", ("Say",), tuple((each,) for each in examples), code=("Say",))


def ask_back(command: AskBack) -> Answer:
    """One sentence: what may have been meant, to be copied or pressed."""
    because = command.because or f"I did not understand “{command.about}”."
    return Answer(
        command=command.canonical,
        verdict=f"{because} Did you mean: {command.meant}",
        tone=Tone.NEUTRAL,
        actions=(Action(ActionKind.RUN, "Yes", command.meant),),
        notes=("If it is newer than that, scan first.",) if "last scan" in command.because else (),
        extra={"meant": command.meant},
    )
