"""`quarterdeck doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

from bot.cli.exits import Exit, one_message
from bot.terminal import led, messages, plain

if TYPE_CHECKING:
    from bot.slack.inspection import Finding

SIGNS = {True: ("✔ ok   ", "green"), False: ("✖ wrong", "red"), None: ("• note ", "yellow")}


def show(console: Console, subject: str, finding: Finding) -> None:
    """One line; on a terminal what to do begins its own, and long ones end before the edge."""
    sign = Text(*SIGNS[finding.ok])
    what = plain(f"{subject}: {finding.what.rstrip('.')}.")
    if finding.next_step and not finding.ok:
        what.append("\n" if console.is_terminal else " ").append_text(plain(finding.next_step, "bold"))
    console.print(led(sign, what) if console.is_terminal else sign.append(" ").append_text(what))


def doctor(ctx: typer.Context) -> None:
    """Look at everything that Quarterdeck needs, one line each. Ends with 2 if something is wrong.

    \b
    Example:
      quarterdeck --settings quarterdeck.yaml doctor
    """
    from bot.cli.settings import load_settings
    from bot.doctor import examine

    with one_message():
        console = messages()
        wrong = 0
        for subject, finding in examine(load_settings(ctx)):
            wrong += finding.ok is False
            show(console, subject, finding)
        console.print(f"{wrong} wrong." if wrong else "Everything is as it should be.")
        raise typer.Exit(Exit.USAGE if wrong else Exit.DONE)
