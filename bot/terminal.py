"""An Answer on a terminal. Strings from a cluster are shown as they are and can neither format nor steer."""

from __future__ import annotations

import unicodedata
from typing import Self

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, JustifyMethod, RenderableType, RenderResult
from rich.padding import Padding
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table as RichTable
from rich.text import Text

from bot.answer import Answer, Table, Tone
from bot.commands.progress import Stage, Step

_SIGNS = {
    Tone.GOOD: ("✔", "green"),
    Tone.BAD: ("✖", "red"),
    Tone.NEUTRAL: ("•", "cyan"),
    Tone.REFUSED: ("!", "yellow"),
}
ROWS_SHOWN = 15
PIPED_WIDTH = 160
EMPTY = ("", "-")
LONG_WORD = 36
"""A longer name may be broken: one of them is no reason to draw a wide terminal's table as blocks."""
GAP = 3
"""Characters between two columns."""


def plain(value: str, style: str = "") -> Text:
    """Text without control, format or bidirectional characters, so that no name can steer the terminal."""
    return Text(
        "".join("�" if unicodedata.category(c)[0] == "C" and c != "\n" else c for c in value), style=style
    )


def draw(answer: Answer, *, everything: bool = False) -> RenderableType:
    """The answer as something Rich prints. Long tables show their first rows unless `everything`."""
    sign, colour = _SIGNS[answer.tone]
    parts: list[RenderableType] = [
        Text.assemble((f"{sign} ", f"bold {colour}"), plain(answer.verdict, "bold"))
    ]
    parts += [Padding(plain(note), (0, 0, 0, 2), expand=False) for note in answer.notes]
    for table in answer.tables:
        parts += [Text(), *_table(table, everything=everything)]
    if answer.caveats:
        parts += [Text(), Text("What this does not cover", style="bold")]
        parts += [
            Padding(Text.assemble("- ", plain(caveat)), (0, 0, 0, 2), expand=False)
            for caveat in answer.caveats
        ]
    for file in answer.files:
        parts += [Text(), Text.assemble((f"{file.title}: ", "bold"), plain(str(file.path)))]
    if answer.cluster:
        parts += [Text(), plain(_footer(answer), "dim")]
    return Group(*parts)


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


class _Rows:
    """A table where there is room for its columns, else one block of lines a row."""

    def __init__(self, table: Table, rows: tuple[tuple[str, ...], ...]) -> None:
        self._table, self._rows = table, rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        widths = [self._longest_word(place) for place in range(len(self._table.columns))]
        if sum(widths) + GAP * len(widths) <= options.max_width or not self._headed:
            yield self._as_table(widths)
        else:
            yield self._as_blocks()

    @property
    def _headed(self) -> bool:
        return any(column.strip() for column in self._table.columns)

    def _longest_word(self, place: int) -> int:
        """What a column wants at least: no name is broken in its middle but a very long one."""
        cells = (self._table.columns[place], *(row[place] for row in self._rows))
        longest = max((cell_len(word) for cell in cells for word in cell.split()), default=1)
        return min(longest, LONG_WORD)

    def _style(self, column: str) -> str:
        return "cyan" if column in self._table.code else ""

    def _as_table(self, widths: list[int]) -> RichTable:
        rich = RichTable(
            box=SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False, show_header=self._headed
        )
        for place, column in enumerate(self._table.columns):
            numeric = bool(self._rows) and all(row[place].isdigit() for row in self._rows)
            justify: JustifyMethod = "right" if numeric else "left"
            rich.add_column(
                column,
                overflow="fold",
                justify=justify,
                style=self._style(column),
                min_width=widths[place],
            )
        for row in self._rows:
            rich.add_row(*(plain(cell) for cell in row))
        return rich

    def _as_blocks(self) -> RichTable:
        grid = RichTable.grid(padding=(0, 1, 0, 0))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        for row in self._rows:
            for place, (column, cell) in enumerate(zip(self._table.columns, row, strict=True)):
                if cell not in EMPTY:
                    lead = "- " if place == 0 else "  "
                    grid.add_row(f"{lead}{column}:", plain(cell, self._style(column)))
        return grid


def _table(table: Table, *, everything: bool) -> list[RenderableType]:
    rows = table.rows if everything else table.rows[:ROWS_SHOWN]
    total = table.total or len(table.rows)
    parts: list[RenderableType] = [plain(table.title, "bold"), _Rows(table, rows)]
    if len(rows) < total:
        parts.append(Text(f"{len(rows)} of {total} shown; --all shows the rest.", style="dim"))
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


def standard_output() -> Console:
    """Standard output: as wide as the terminal, and wide enough for tables when it is piped."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PIPED_WIDTH)
