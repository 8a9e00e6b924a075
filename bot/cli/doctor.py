"""`quarterdeck doctor`."""

from __future__ import annotations

import typer
from rich.text import Text

from bot.cli.exits import Exit, one_message
from bot.terminal import messages, plain

SIGNS = {True: ("✔ ok   ", "green"), False: ("✖ wrong", "red"), None: ("• note ", "yellow")}


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
            sign, colour = SIGNS[finding.ok]
            wrong += finding.ok is False
            line = Text.assemble((f"{sign} ", colour), plain(f"{subject}: {finding.what.rstrip('.')}."))
            if finding.next_step and not finding.ok:
                line.append_text(plain(f" {finding.next_step}", "bold"))
            console.print(line)
        console.print(f"{wrong} wrong." if wrong else "Everything is as it should be.")
        raise typer.Exit(Exit.USAGE if wrong else Exit.DONE)
