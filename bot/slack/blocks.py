"""Answer -> Block Kit: an Answer becomes messages, verdict first, and files for what they do not hold.

In the first message stand the verdict, the tables that are short enough, and what to keep in mind. Each
other table has a message of its own, page by page where it is long; it is posted beneath a run, and waits
behind a button where somebody asked a question. Nothing is silently cut: what has no room is one press or
one file away.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from bot.answer import Answer, Table, Tone
from bot.slack import limits
from bot.slack.buttons import Handle, offered, paging
from bot.slack.facts import LINES, further
from bot.slack.files import LINE, VERDICT, as_upload, in_full, named_apart, shortened
from bot.slack.message import Drawing, Message, requested, size
from bot.slack.mrkdwn import code, contact, date, fit, literal, utc, visible
from bot.slack.tables import (
    MAX_ROWS,
    MAX_SECTION,
    Block,
    Drawn,
    Layout,
    Upload,
    context,
    draw_page,
    draw_table,
    section,
    sheet,
)

TOTAL = 9500
"""Characters in all blocks of a message: some room below `limits.ALL_TEXT`."""
SHORT = 15
"""Rows of a page in the first message, which is read by everybody."""
LONG = 40
"""Rows of a page in a message of its own."""
MOST_BLOCKS = 40
MOST_DOORS = 20
"""Tables behind buttons; what is beyond has a message of its own as if there were none."""
LABEL = 45
"""Characters on such a button."""
TITLE = 300

SIGNS = {
    Tone.GOOD: ("✅", "OK"),
    Tone.BAD: ("🔴", "Attention"),
    Tone.NEUTRAL: ("💬", "Answer"),
    Tone.REFUSED: ("⛔", "Not done"),
}


class Page(Struct, frozen=True):
    """Which page of which table is wanted; of the other tables it is the first."""

    table: int = 0
    number: int = 0


class Frame(Struct, frozen=True):
    """How an answer is drawn.

    `by` is who asked; a `run` keeps its first message short and fills its thread; `handle` is there when the
    answer is kept; `status` is what is happening to the answer just now.
    """

    layout: Layout
    now: datetime
    by: str = ""
    run: bool = False
    handle: Handle | None = None
    page: Page = Page()
    status: str = ""


class Placed(Struct, frozen=True):
    """The tables in their places: beside the verdict, posted beneath it, behind a button, in files."""

    body: tuple[Block, ...]
    shows: tuple[tuple[int, range], ...]
    more: tuple[Message, ...]
    on_demand: tuple[Message, ...]
    sheets: tuple[Upload, ...]


def draw(answer: Answer, frame: Frame) -> Drawing:
    """Draw an answer. `bot.slack.payload.compiled` proves what comes out."""
    tables = (*answer.tables, *further(answer))
    head = [section(headline(answer)), *_lines("", answer.notes), *_contacts(answer)]
    caveats = _lines("*Keep in mind*\n", answer.caveats)
    tail = [*([context(frame.status)] if frame.status else []), context(footer(answer, frame))]
    labels = sum(min(len(each.label), limits.BUTTON_TEXT.most) for each in answer.actions)
    spare = TOTAL - sum(map(size, (*head, *caveats, *tail))) - labels - LABEL * min(len(tables), MOST_DOORS)
    placed = _placed(tables, frame, spare, len(answer.tables))
    doors = [(each.shows[0][0], _counted(tables[each.shows[0][0]])) for each in placed.on_demand]
    state = f"{frame.page.table}.{frame.page.number}.{'busy' if frame.status else 'rest'}"
    row = offered(frame.handle, doors, answer.actions, state) if frame.handle else ()
    text = fit(answer.verdict, VERDICT, lambda verdict: f"{_mark(answer.tone)}: {literal(verdict)}")
    files = [in_full(answer)] if shortened(answer) else []
    files += [*placed.sheets, *(Upload(each.name, each.title, each.path) for each in answer.files)]
    files += [as_upload(answer.picture)] if answer.picture else []
    first = Message(text, (*head, *placed.body, *caveats, *row, *tail), shows=placed.shows)
    return Drawing(first, placed.more, named_apart(files), placed.on_demand)


def _placed(tables: tuple[Table, ...], frame: Frame, spare: int, own: int) -> Placed:
    """Each table where it has room. The first `own` are the answer's, the others its evidence."""
    body: list[Block] = []
    shows: list[tuple[int, range]] = []
    more: list[Message] = []
    on_demand: list[Message] = []
    sheets: list[Upload] = []
    for number, table in enumerate(tables):
        if (drawn := _inline(table, frame, spare, number, len(body)) if number < own else None) is None:
            message, drawn = _own(table, frame, number)
            behind = frame.handle is not None and not frame.run and len(on_demand) < MOST_DOORS
            (on_demand if behind else more).append(message)
        else:
            turn = tuple(paging(frame.handle, number, drawn)) if frame.handle else ()
            body += (*drawn.blocks, *turn)
            spare -= sum(map(size, (*drawn.blocks, *turn)))
            shows.append((number, drawn.rows))
        if drawn.cut or _left_out(table, drawn, frame):
            sheets.append(sheet(table))
    return Placed(tuple(body), tuple(shows), tuple(more), tuple(on_demand), tuple(sheets))


def _counted(table: Table) -> str:
    """What the button of a table says."""
    title, _, _ = table.title.partition(" (")
    return f"{fit(title, LABEL - 10, visible)} ({max(table.total or 0, len(table.rows))})"


def _inline(table: Table, frame: Frame, spare: int, number: int, blocks: int) -> Drawn | None:
    """A table in the first message: whole, or its page where it leads the answer to a question.

    Only the first table may be a table block, and a run's first message holds but short ones.
    """
    leads = number == 0 and not blocks
    layout = frame.layout if leads else Layout.LIST
    most = MAX_ROWS if leads and not frame.handle and not frame.run else SHORT
    if frame.run and not (leads and len(table.rows) <= SHORT):
        return None
    total = max(table.total or 0, len(table.rows))
    if total <= most:
        drawn = draw_table(table, layout, spare, most=most)
        if drawn.shown == total and blocks + len(drawn.blocks) <= MOST_BLOCKS:
            return drawn
    if leads and frame.handle and not frame.run:
        page = frame.page.number if frame.page.table == number else 0
        drawn = draw_page(table, layout, spare, most=SHORT, page=page)
        return drawn if drawn.shown else None
    return None


def _own(table: Table, frame: Frame, number: int) -> tuple[Message, Drawn]:
    """A table in a message of its own."""
    page = frame.page.number if frame.page.table == number else 0
    most = LONG if frame.handle else MAX_ROWS
    drawn = draw_page(table, frame.layout, TOTAL, most=most, page=page)
    turn = tuple(paging(frame.handle, number, drawn)) if frame.handle else ()
    title = fit(table.title, TITLE, literal).strip() or "Table"
    return Message(title, (*drawn.blocks, *turn), shows=((number, drawn.rows),)), drawn


def _left_out(table: Table, drawn: Drawn, frame: Frame) -> bool:
    """Whether rows are neither here nor on another page; a run's are in files as well, which stay."""
    return drawn.shown < len(table.rows) and (frame.handle is None or frame.run)


def headline(answer: Answer) -> str:
    """The first line: sign, word, verdict."""
    sign, word = SIGNS[answer.tone]
    return fit(answer.verdict, MAX_SECTION, lambda verdict: f"{sign} *{word}:* {literal(verdict)}")


def footer(answer: Answer, frame: Frame) -> str:
    """Which cluster, how old its data is, which run, which command, who asked."""
    parts = []
    if answer.cluster:
        about = " ".join(filter(None, (answer.cluster.version, answer.cluster.provider)))
        parts.append(
            f"{fit(answer.cluster.name, 120, code)}{f' ({fit(about, 80, literal)})' if about else ''}"
        )
    if answer.age_seconds is not None:
        moment = frame.now - timedelta(seconds=answer.age_seconds)
        parts.append(f"data of {date(moment) if frame.layout is Layout.TABLE else utc(moment)}")
    if answer.run_id:
        parts.append(f"run {fit(answer.run_id, 80, code)}")
    parts.append(fit(answer.command, 300, code))
    return " · ".join([*parts, *requested(frame.by)])


def _mark(tone: Tone) -> str:
    return " ".join(SIGNS[tone])


def _lines(title: str, lines: Iterable[str]) -> list[Block]:
    shown = [f"• {fit(line, LINE, literal)}" for line in lines]
    if not shown:
        return []
    if len(shown) > LINES:
        shown[LINES:] = [f"• and {len(shown) - LINES} more"]
    return [section(title + "\n".join(shown))]


def _contacts(answer: Answer) -> list[Block]:
    if not answer.contacts:
        return []
    return [context(f"Who can grant it: {', '.join(map(contact, answer.contacts))}")]
