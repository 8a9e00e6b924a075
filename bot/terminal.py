"""An Answer on a terminal. Strings from a cluster are shown as they are and can neither format nor steer."""

from __future__ import annotations

import unicodedata
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table as RichTable
from rich.text import Text

from bot.answer import Answer, Table, Tone
from bot.columns import Column, Columns
from bot.commands.progress import Stage, Step

_SIGNS = {
    Tone.GOOD: ("✔", "green"),
    Tone.BAD: ("✖", "red"),
    Tone.NEUTRAL: ("•", "cyan"),
    Tone.REFUSED: ("!", "yellow"),
}
ROWS_SHOWN = 15
PIPED_WIDTH = 160


def plain(value: str, style: str = "") -> Text:
    """Text without control, format or bidirectional characters, so that no name can steer the terminal."""
    return Text(
        "".join("�" if unicodedata.category(c)[0] == "C" and c != "\n" else c for c in value), style=style
    )


def line(value: str, style: str = "") -> Text:
    """The same on one line: a name that holds a break cannot begin a line that looks like one of ours."""
    return plain(" ".join(value.splitlines()), style)


def draw(answer: Answer, *, everything: bool = False, rest: str = "--all shows the rest") -> RenderableType:
    """The answer as something Rich prints. Long tables show their first rows unless `everything`.

    `rest` is said beneath a table that does not show all: how to get there."""
    sign, colour = _SIGNS[answer.tone]
    parts: list[RenderableType] = [led(Text(sign, style=f"bold {colour}"), line(answer.verdict, "bold"))]
    parts += [led(Text(" "), line(note)) for note in answer.notes]
    for table in answer.tables:
        parts += [Text(), *_table(table, rest, everything=everything)]
    if answer.caveats:
        parts += [Text(), Text("What this does not cover", style="bold")]
        parts += [led(Text("-"), line(caveat)) for caveat in answer.caveats]
    for file in answer.files:
        parts += [Text(), Text.assemble((f"{file.title}: ", "bold"), plain(str(file.path)))]
    if answer.cluster:
        parts += [Text(), line(_footer(answer), "dim")]
    return Group(*parts)


def led(lead: Text, text: Text) -> RenderableType:
    """A text whose lines all begin behind its sign."""
    grid = RichTable.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(lead, text)
    return grid


def _footer(answer: Answer) -> str:
    cluster = answer.cluster
    assert cluster is not None
    facts = [
        cluster.name,
        cluster.version,
        f"uid {cluster.uid}",
        answer.run_id or "",
        f"command: {answer.command}",
    ]
    return " · ".join(fact for fact in facts if fact)


def _columns(table: Table, rows: tuple[tuple[str, ...], ...]) -> Columns:
    styles = ["cyan" if column in table.code else "" for column in table.columns]
    return Columns(
        [
            Column(heading, tuple(line(row[place], styles[place]) for row in rows))
            for place, heading in enumerate(table.columns)
        ]
    )


def _table(table: Table, rest: str, *, everything: bool) -> list[RenderableType]:
    rows = table.rows if everything else table.rows[:ROWS_SHOWN]
    total = table.total or len(table.rows)
    parts: list[RenderableType] = [line(table.title, "bold")] if table.title else []
    parts.append(_columns(table, rows))
    if len(rows) < total:
        parts.append(Text(f"{len(rows)} of {total} shown; {rest}.", style="dim"))
    return parts


class Bar:
    """Progress on standard error: a bar on a terminal; when piped nothing, or with `lines` a line a stage."""

    def __init__(self, console: Console, *, lines: bool = False) -> None:
        self._console = console
        self._lines = lines and not console.is_terminal
        self._stage: Stage | None = None
        self._note = ""
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        self._task = self._progress.add_task("starting", total=None)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Take the bar away; harmless when it is gone already."""
        self._progress.stop()

    def __call__(self, step: Step) -> None:
        """Show a step; Rich draws from its own thread, so this returns at once."""
        if step.note and step.note != self._note:
            self._note = step.note
            self._console.print(
                plain(f"{step.note[:1].upper()}{step.note[1:]}: what needs it is not evaluated.")
            )
        if self._lines and step.stage not in (self._stage, Stage.DONE):
            self._stage = step.stage
            self._console.print(plain(f"{str(step.stage).capitalize()} …"))
        if self._task is not None and step.stage is not Stage.DONE:
            self._progress.update(
                self._task, description=str(plain(step.bare)), total=step.total or None, completed=step.done
            )


def messages(*, stderr: bool = False) -> Console:
    """For sentences: broken between words on a terminal; whole lines when they are piped."""
    console = Console(stderr=stderr, highlight=False)
    console.soft_wrap = not console.is_terminal
    return console


def standard_output() -> Console:
    """Standard output: as wide as the terminal, and wide enough for tables when it is piped."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PIPED_WIDTH)
