"""`help`: what can be asked, from the same table that understands it."""

from __future__ import annotations

from msgspec import Struct

from bot.answer import Answer, Table


class ShowHelp(Struct, frozen=True, tag=True):
    """Show what can be said. `about` is what was not understood, where that is why help is shown."""

    about: str = ""
    suggestion: str = ""

    @property
    def canonical(self) -> str:
        return "help"


def help_(command: ShowHelp, words: tuple[tuple[str, str], ...], examples: tuple[str, ...]) -> Answer:
    """The words (usage, summary) with examples; a polite first sentence when something was not understood."""
    verdict = "Ask me about your clusters: these are the words I know."
    if command.about:
        hint = f" Did you mean: {command.suggestion}?" if command.suggestion else ""
        verdict = f"I did not understand “{command.about}”.{hint} These are the words I know."
    return Answer(
        command=command.canonical,
        verdict=verdict,
        tables=(
            Table("Commands", ("Say", "What happens"), words, code=("Say",)),
            Table("For example", ("Say",), tuple((example,) for example in examples), code=("Say",)),
        ),
    )
