"""The documents say what the code does: generated ones are fresh, written ones name everything there is."""

import re
from pathlib import Path

import pytest
import typer.main

from bot.cli.app import app
from bot.grammar import WORDS
from tools import docs

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", docs.documents())
def test_generated_documents_are_fresh(name: str) -> None:
    assert name not in docs.stale(), f"{name} is stale: run make docs"


def test_every_subcommand_is_in_the_readme_or_the_command_page() -> None:
    text = (ROOT / "README.md").read_text("utf-8") + (ROOT / "docs/commands.md").read_text("utf-8")
    commands = getattr(typer.main.get_command(app), "commands", {})
    assert commands
    assert [name for name in commands if f"quarterdeck {name}" not in text] == []


def test_every_word_of_the_grammar_is_documented() -> None:
    text = (ROOT / "docs/slack.md").read_text("utf-8")
    assert [word.name for word in WORDS if f"`{word.name}" not in text] == []


PAGES = sorted(str(path.relative_to(ROOT)) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("page", PAGES)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    targets = [
        t for t in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in t and not t.startswith("mailto:")
    ]
    assert [t for t in targets if not ((ROOT / page).parent / t).exists()] == []
