"""Answer -> Block Kit: every Answer becomes a message that Slack accepts, verdict first.

Limits: docs.slack.dev (Block Kit reference; chat.postMessage; chat.update) and, for the characters in all
blocks of one message together, what users measured: refusals from 11,300 on, so we stay under 9,500.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from bot.answer import Answer, Picture, Table, Tone
from bot.commands.progress import Stage, Step
from bot.slack.mrkdwn import code, contact, date, fit, literal, person, utc, visible
from bot.slack.tables import MAX_SECTION, Block, Layout, Upload, context, draw_table, section, sheet
from checks.model import Evidence

TOTAL = 9500
SHORT = 15
"""As many rows as a run's first message, which the whole channel reads, may hold."""
LINES = 8
CORE = '""'
"""How an empty name, such as that of the core API group, is written."""
ALT = 1000
"""Characters that Slack takes to say what a picture shows."""
LINE = 180

SIGNS = {
    Tone.GOOD: ("✅", "OK"),
    Tone.BAD: ("🔴", "Attention"),
    Tone.NEUTRAL: ("💬", "Answer"),
    Tone.REFUSED: ("⛔", "Not done"),
}


class Message(Struct, frozen=True):
    """What one call posts: `text` is the notification and the fallback, at most 4,000 characters."""

    text: str
    blocks: tuple[Block, ...]


class Drawing(Struct, frozen=True):
    """An Answer drawn: the message with the verdict, the further ones, and the files for the thread."""

    first: Message
    more: tuple[Message, ...] = ()
    files: tuple[Upload, ...] = ()


def draw(answer: Answer, layout: Layout, *, now: datetime, by: str = "", run: bool = False) -> Drawing:
    """Draw an answer. `by` is who asked; a `run` keeps its first message short and fills its thread."""
    head = [section(headline(answer)), *_lines("", answer.notes), *_contacts(answer)]
    tail = [*_lines("*Keep in mind*\n", answer.caveats), context(footer(answer, layout, now, by))]
    spare = TOTAL - sum(map(size, (*head, *tail)))
    tables = [*answer.tables, *_evidence(answer)]
    files: list[Upload] = []
    body: list[Block] = []
    more: list[Message] = []
    for table in tables:
        short = table is tables[0] and len(table.rows) <= SHORT
        inline = short if run else table in answer.tables
        if inline and (blocks := _inline(table, layout, spare, first=not body, rest=len(body))):
            body += blocks
            spare -= sum(map(size, blocks))
            continue
        drawn = draw_table(table, layout, TOTAL)
        more.append(Message(fit(table.title, 300, literal).strip() or "Table", drawn.blocks))
        if drawn.shown < len(table.rows):
            files.append(sheet(table))
    files += (Upload(file.name, file.title, file.path) for file in answer.files)
    if answer.picture:
        files.append(_drawn(answer.picture))
    text = fit(answer.verdict, 2900, lambda verdict: f"{_mark(answer.tone)}: {literal(verdict)}")
    return Drawing(Message(text, (*head, *body, *tail)), tuple(more), tuple(files))


def _drawn(picture: Picture) -> Upload:
    """A picture for the thread: Slack shows PNG, and no SVG."""
    title = fit(picture.title, 150, visible)
    alt = fit(picture.drawing.told, ALT, visible)
    return Upload(f"{picture.name}.png", title, picture, alt)


def _inline(table: Table, layout: Layout, spare: int, *, first: bool, rest: int) -> tuple[Block, ...]:
    """A table's blocks if all its rows fit beside the others; only the first may be a table block."""
    if len(table.rows) > (len(table.rows) if first else SHORT):
        return ()
    drawn = draw_table(table, layout if first else Layout.LIST, spare)
    total = max(table.total or 0, len(table.rows))
    return drawn.blocks if drawn.shown == total and rest + len(drawn.blocks) <= 40 else ()


def headline(answer: Answer) -> str:
    """The first line: sign, word, verdict."""
    sign, word = SIGNS[answer.tone]
    return fit(answer.verdict, MAX_SECTION, lambda verdict: f"{sign} *{word}:* {literal(verdict)}")


def footer(answer: Answer, layout: Layout, now: datetime, by: str = "") -> str:
    """Which cluster, how old its data is, which run, which command, who asked."""
    parts = []
    if answer.cluster:
        about = " ".join(filter(None, (answer.cluster.version, answer.cluster.provider)))
        parts.append(
            f"{fit(answer.cluster.name, 120, code)}{f' ({fit(about, 80, literal)})' if about else ''}"
        )
    if answer.age_seconds is not None:
        moment = now - timedelta(seconds=answer.age_seconds)
        parts.append(f"data of {date(moment) if layout is Layout.TABLE else utc(moment)}")
    if answer.run_id:
        parts.append(f"run {fit(answer.run_id, 80, code)}")
    parts.append(fit(answer.command, 300, code))
    return " · ".join([*parts, *_requested(by)])


def proceeding(command: str, step: Step, by: str) -> Message:
    """A run's message while it proceeds."""
    sign = "⏳" if step.stage is not Stage.QUEUED else "🕓"
    said = str(step)
    line = f"{sign} *{said[:1].upper()}{fit(said[1:], 200, literal)}*"
    text = f"{sign} {fit(said, 200, literal)}: {fit(command, 300, literal)}"
    about = [fit(command, 300, code), *_requested(by)]
    return Message(text, (section(line), context(" · ".join(about))))


def note(text: str) -> Message:
    """One plain sentence of ours or of an error."""
    shown = fit(text, MAX_SECTION, literal)
    return Message(shown, (section(shown),))


def transcript(message: Message) -> str:
    """All that a message says, as plain text: for the file that stands in when Slack refuses the blocks."""
    return "\n".join([message.text, *_texts(message.blocks)])


def size(block: Any) -> int:
    """The characters of all texts in a block, however deep."""
    return sum(map(len, _texts(block)))


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("text"), str):
            yield part["text"]
        for value in part.values():
            yield from _texts(value)
    elif isinstance(part, list | tuple):
        for item in part:
            yield from _texts(item)


def _mark(tone: Tone) -> str:
    return " ".join(SIGNS[tone])


def _requested(by: str) -> list[str]:
    return [f"requested by {person(by)}"] if by else []


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


def _evidence(answer: Answer) -> Iterator[Table]:
    """What was observed, as a table, and the notes and caveats that the first message had no room for."""
    for title, lines in (("Notes", answer.notes), ("Keep in mind", answer.caveats)):
        if len(lines) > LINES:
            yield Table(title, (title,), tuple((line,) for line in lines))
    if answer.evidence:
        yield _facts(answer.evidence)


def _facts(evidence: Sequence[Evidence]) -> Table:
    """What was observed where; what was expected once, where it is the same of all."""
    columns = ("Object", "Path", "Observed", "Expected")
    rows: tuple[tuple[str, ...], ...] = tuple(
        (each.source or "", each.path, seen(each.observed), each.expected) for each in evidence
    )
    expected = {each.expected for each in evidence}
    if len(rows) > 1 and len(expected) == 1 and expected != {""}:
        rows = tuple(row[:-1] for row in rows)
        return Table(f"Evidence (expected: {expected.pop()})", columns[:-1], rows, code=columns[:-1])
    return Table("Evidence", columns, rows, code=columns[:-1], named=("Expected",))


def seen(value: Any) -> str:
    """An observed value for people: fields and lists without the signs of JSON, anything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and value and all(map(_words, value.values())):
        return "; ".join(f"{name}: {', '.join(each or CORE for each in value[name])}" for name in value)
    return msgspec.json.encode(value).decode()


def _words(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(each, str) for each in value)
