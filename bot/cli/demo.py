"""`quarterdeck demo`."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot import logs
from bot.answer import Answer
from bot.cli.exits import Stopped, errors, one_message
from bot.terminal import Bar, draw, messages, plain, standard_output


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Do everything unattended, say what was done, and end.")
    ] = False,
    folder: Annotated[Path, typer.Option("--folder", help="Where history and reports go.")] = Path(
        "quarterdeck-demo"
    ),
) -> None:
    """Show Quarterdeck: a sample cluster, a local Slack in your browser, the first report.

    \b
    Examples:
      quarterdeck demo
      quarterdeck demo --once --folder /tmp/demo
    """
    from bot.demo import LocalSlackError, slack_page

    with one_message():
        logs.configure("text", "warning")
        console = messages()
        try:
            with slack_page() as slack:
                _shown_in_slack(console, slack.url, folder, once=once)
        except LocalSlackError as error:
            errors.print(plain(f"{error} Going on without it: the same answers here, the same PDF."))
            _shown_here(console, folder)


def _shown_in_slack(console: Console, page: str, folder: Path, *, once: bool) -> None:
    console.print(plain(f"The local Slack is at {page}", "bold"))
    from bot.demo import in_slack

    with Bar(errors, lines=True) as progress:

        def shown(answer: Answer, ts: str) -> None:
            progress.close()
            console.print(plain(f"Scanned: {answer.verdict}"))
            console.print(plain(f"Posted in #security (message {ts}), with the PDF in its thread."))
            _name_files(console, answer)
            if not once:
                _explain(console, page)
                _until_stopped()

        in_slack(folder, page, progress, shown)


def _explain(console: Console, page: str) -> None:
    console.print(plain(f"Open {page} and look into #security. Then type there:", "bold"))
    for words in ("/quarterdeck scan", "/quarterdeck report", "@Quarterdeck who has cluster-admin"):
        console.print(plain(f"  {words}", "cyan"))
    console.print("Ctrl-C ends the demonstration.")


def _until_stopped() -> None:
    try:
        threading.Event().wait()
    except Stopped:
        errors.print("Stopping …")


def _shown_here(console: Console, folder: Path) -> None:
    from bot.demo import on_terminal

    with Bar(errors, lines=True) as progress:
        report, admins = on_terminal(folder, progress)
    screen = standard_output()
    for answer in (report, admins):
        screen.print(draw(answer))
        screen.print()
    _name_files(console, report)


def _name_files(console: Console, answer: Answer) -> None:
    for file in answer.files:
        console.print(plain(f"The report is {file.path}", "bold"))
