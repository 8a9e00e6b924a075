"""Hundreds of ways to put it, as people do: each means one canonical command, or is asked back, or none."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.commands.help import AskBack, ShowHelp
from bot.grammar import WORDS, understand

FILE = Path(__file__).parent / "phrasings.yaml"
PHRASINGS = [
    (str(text), str(canonical))
    for canonical, texts in yaml.safe_load(FILE.read_text("utf-8")).items()
    for text in texts
]


def test_there_are_three_hundred_of_every_word() -> None:
    assert len(PHRASINGS) >= 300
    assert len({text for text, _ in PHRASINGS}) == len(PHRASINGS)
    said = {canonical.split()[0].lstrip("?") for _, canonical in PHRASINGS}
    assert {word.name for word in WORDS} - said == {"ask"}


@pytest.mark.parametrize(("text", "canonical"), PHRASINGS)
def test_a_phrasing_means_its_canonical_command(text: str, canonical: str) -> None:
    command = understand(text)
    if canonical == "nothing":
        assert isinstance(command, ShowHelp)
        assert command.about or not any(char.isalnum() for char in text)
    elif canonical.startswith("?"):
        assert isinstance(command, AskBack)
        assert command.meant == canonical[1:]
    else:
        assert command.canonical == canonical
        assert not isinstance(command, AskBack)
        assert not isinstance(command, ShowHelp) or not command.about
