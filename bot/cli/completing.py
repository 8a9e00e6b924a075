"""Completion in the shell, from the same table that understands what is typed."""

from __future__ import annotations

from collections.abc import Callable


def completes(word: str = "") -> Callable[[str], list[str]]:
    """What completes an argument: what may follow `word`; a whole question where no word is named."""

    def complete(incomplete: str) -> list[str]:
        from bot.grammar.completion import complete as completed
        from bot.grammar.live import built_in

        before = f"{word} " if word else ""
        found = completed(f"{before}{incomplete}", built_in(), sentences=not word)
        return [line.removeprefix(before) for line in found]

    return complete
