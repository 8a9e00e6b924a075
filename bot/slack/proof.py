"""The proof that Slack accepts a payload: every rule that it breaks, in words, before anything is sent.

Pure and quick. What is not known here (a kind of block that no code of ours makes) counts as a breach, so
that a new kind comes with its limits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from bot.slack import limits
from bot.slack.limits import Limit

Block = dict[str, Any]

_FAMILY_OF_TABLES = ("table", "data_table")


def breaches(text: str, blocks: Sequence[Block]) -> tuple[str, ...]:
    """Every rule that a message breaks; none for a legal one."""
    return tuple(_message(text, blocks))


def view_breaches(view: Block, *, depth: int = 1) -> tuple[str, ...]:
    """Every rule that a modal, opened as the `depth`th on the stack, or a Home breaks."""
    return tuple(_view(view, depth))


def _message(text: str, blocks: Sequence[Block]) -> Iterator[str]:
    if not text.strip():
        yield "a message without text"
    yield from _most(limits.TEXT, len(text))
    yield from _most(limits.BLOCKS, len(blocks))
    yield from _most(limits.TABLES, sum(block["type"] in _FAMILY_OF_TABLES for block in blocks))
    yield from _most(limits.ALL_TEXT, sum(map(len, texts(blocks))))
    yield from _ids(blocks)
    for block in blocks:
        yield from _block(block)


def _view(view: Block, depth: int) -> Iterator[str]:
    blocks = view.get("blocks", ())
    yield from _most(limits.VIEW_DEPTH, depth)
    yield from _most(limits.VIEW_BLOCKS, len(blocks))
    yield from _most(limits.VIEW_BYTES, len(msgspec.json.encode(view)))
    yield from _most(limits.VIEW_METADATA, len(view.get("private_metadata", "")))
    yield from _most(limits.ID, len(view.get("callback_id", "")))
    for part in ("title", "submit", "close"):
        if part in view:
            yield from _text(limits.VIEW_TITLE, view[part])
    yield from _ids(blocks)
    for block in blocks:
        if block["type"] in _FAMILY_OF_TABLES:
            yield "a table in a view"
        else:
            yield from _block(block)


def _ids(blocks: Sequence[Block]) -> Iterator[str]:
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        yield "two blocks with the same block_id"
    for each in ids:
        yield from _most(limits.ID, len(each))


def _block(block: Block) -> Iterator[str]:
    match block["type"]:
        case "section":
            yield from _section(block)
        case "header":
            yield from _text(limits.HEADER, block["text"])
        case "context":
            yield from _context(block["elements"])
        case "actions":
            yield from _actions(block["elements"])
        case "image":
            yield from _picture(block)
        case "table":
            yield from _table(block)
        case "input":
            yield from _input(block)
        case "divider":
            pass
        case other:
            yield f"a block of the kind {other}, whose limits are not known"


def _context(elements: Sequence[Block]) -> Iterator[str]:
    yield from _some(limits.CONTEXT, elements)
    for each in elements:
        yield from _picture(each) if each["type"] == "image" else _text(limits.CONTEXT_TEXT, each)


def _actions(elements: Sequence[Block]) -> Iterator[str]:
    yield from _some(limits.ACTIONS, elements)
    for each in elements:
        yield from _element(each)
    names = [each.get("action_id") for each in elements]
    if len(names) != len(set(names)):
        yield "two elements with the same action_id"


def _section(block: Block) -> Iterator[str]:
    fields = block.get("fields", ())
    if "text" not in block and not fields:
        yield "a section without text"
    if "text" in block:
        yield from _text(limits.SECTION, block["text"])
    yield from _most(limits.FIELDS, len(fields))
    for each in fields:
        yield from _text(limits.FIELD, each)
    if "accessory" in block:
        yield from _element(block["accessory"])


def _input(block: Block) -> Iterator[str]:
    yield from _text(limits.LABEL, block["label"])
    if "hint" in block:
        yield from _text(limits.LABEL, block["hint"])
    yield from _element(block["element"])


def _element(element: Block) -> Iterator[str]:
    yield from _most(limits.ID, len(element.get("action_id", "")))
    if "placeholder" in element:
        yield from _text(limits.PLACEHOLDER, element["placeholder"])
    if element["type"] == "image":
        yield from _picture(element)
    if element["type"] == "button":
        yield from _text(limits.BUTTON_TEXT, element["text"])
        yield from _most(limits.BUTTON_VALUE, len(element.get("value", "")))
        yield from _most(limits.URL, len(element.get("url", "")))
        yield from _most(limits.BUTTON_LABEL, len(element.get("accessibility_label", "")))
    if "options" in element:
        many = {"overflow": limits.OVERFLOW, "checkboxes": limits.CHOICES, "radio_buttons": limits.CHOICES}
        yield from _some(many.get(element["type"], limits.OPTIONS), element["options"])
        for option in element["options"]:
            yield from _text(limits.OPTION_TEXT, option["text"])
            yield from _most(limits.OPTION_VALUE, len(option["value"]))
    if confirm := element.get("confirm"):
        yield from _text(limits.CONFIRM_TITLE, confirm["title"])
        yield from _text(limits.CONFIRM_TEXT, confirm["text"])
        for label in ("confirm", "deny"):
            yield from _text(limits.CONFIRM_LABEL, confirm[label])


def _picture(picture: Block) -> Iterator[str]:
    if not picture.get("alt_text", "").strip():
        yield "a picture without alt_text"
    yield from _most(limits.ALT_TEXT, len(picture.get("alt_text", "")))
    yield from _most(limits.URL, len(picture.get("image_url", "")))


def _table(block: Block) -> Iterator[str]:
    rows = block["rows"]
    yield from _some(limits.TABLE_ROWS, rows)
    widths = {len(row) for row in rows}
    if len(widths) > 1:
        yield "a table whose rows differ in length"
    yield from _most(limits.TABLE_COLUMNS, max((*widths, len(block.get("column_settings", ()))), default=0))
    if not min(widths, default=0):
        yield "a table without columns"
    if any(not "".join(texts(cell)).strip() for row in rows for cell in row):
        yield "a table with an empty cell"


def _text(limit: Limit, text: Block) -> Iterator[str]:
    if not text["text"]:
        yield f"no text where {limit.of} are counted"
    yield from _most(limit, len(text["text"]))


def _some(limit: Limit, found: Sequence[Any]) -> Iterator[str]:
    if not found:
        yield f"none of the {limit.of}"
    yield from _most(limit, len(found))


def _most(limit: Limit, count: int) -> Iterator[str]:
    if count > limit.most:
        yield f"{count} {limit.of}, {limit.most} at most"


def texts(part: Any) -> Iterator[str]:
    """All texts in a payload, however deep."""
    if isinstance(part, dict):
        if isinstance(part.get("text"), str):
            yield part["text"]
        for value in part.values():
            yield from texts(value)
    elif isinstance(part, list | tuple):
        for item in part:
            yield from texts(item)
