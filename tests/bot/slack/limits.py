"""Slack's limits for messages, written down a second time, to hold every payload that we make against them.

The numbers are those of Slack's Block Kit reference and, for the total, of users' measurements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

KINDS = {"section", "context", "table"}
ENTITY = re.compile(r"&(?!(?:amp|lt|gt);)")
OURS = re.compile(
    r"<!date\^\d+\^\{date_short_pretty\} \{time\}\|\d{4}-\d\d-\d\d \d\d:\d\d UTC>|<@[UW][A-Z0-9]+>"
)


def breaches(text: str, blocks: Any) -> list[str]:
    """Every rule that a message breaks, in words; none for a legal one."""
    return list(_message(text, tuple(blocks)))


def _message(text: str, blocks: tuple[dict[str, Any], ...]) -> Iterator[str]:
    if not text.strip() or len(text) > 4000:
        yield f"text of {len(text)} characters"
    yield from _inert(text)
    if not 1 <= len(blocks) <= 50:
        yield f"{len(blocks)} blocks"
    if sum(block["type"] == "table" for block in blocks) > 1:
        yield "more than one table"
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        yield f"the same block_id twice: {ids}"
    total = sum(len(string) for block in blocks for string in strings(block))
    if total > 10_000:
        yield f"{total} characters in blocks"
    for block in blocks:
        yield from _block(block)
    for parsed in Block.parse_all(list(blocks)):
        try:
            parsed.validate_json()
        except SlackObjectFormationError as error:
            yield f"slack_sdk: {error}"


def _block(block: dict[str, Any]) -> Iterator[str]:
    match block["type"]:
        case "section":
            yield from _mrkdwn(block["text"])
        case "context":
            if not 1 <= len(block["elements"]) <= 10:
                yield "context elements"
            for element in block["elements"]:
                yield from _mrkdwn(element)
        case "table":
            yield from _table(block)
        case "actions":
            yield from _buttons(block)
        case other:
            yield f"a {other} block"


def _mrkdwn(text: dict[str, Any]) -> Iterator[str]:
    if text["type"] != "mrkdwn" or text.get("verbatim") is not True:
        yield f"Slack would look for links in {text}"
    if not 1 <= len(text["text"]) <= 3000:
        yield f"section of {len(text['text'])} characters"
    yield from _inert(text["text"])


def _buttons(block: dict[str, Any]) -> Iterator[str]:
    buttons = block["elements"]
    if not 1 <= len(buttons) <= 25 or len(block["block_id"]) > 255:
        yield f"{len(buttons)} buttons in {block['block_id']}"
    if len({button["action_id"] for button in buttons}) != len(buttons):
        yield "buttons that cannot be told apart"
    for button in buttons:
        if button["type"] != "button" or button["text"]["type"] != "plain_text":
            yield f"no plain button: {button}"
        if not re.fullmatch(r"[\w-]{16}\.(?:page|show|act)\.\d+\.\d+\.[\w-]{24}", button["value"]):
            yield f"a value that is more than signed ids: {button['value']}"
        if not 1 <= len(button["text"]["text"]) <= 75 or len(button["action_id"]) > 255:
            yield f"a button's text or id: {button}"


def _table(block: dict[str, Any]) -> Iterator[str]:
    rows = block["rows"]
    if not 2 <= len(rows) <= 100:
        yield f"{len(rows)} rows"
    widths = {len(row) for row in rows}
    if len(widths) != 1 or not 1 <= max(widths) <= 20 or len(block["column_settings"]) > 20:
        yield f"rows of {widths} cells"
    for cell in (cell for row in rows for cell in row):
        said = "".join(strings(cell))
        if not said.strip():
            yield "an empty cell"
        if cell["type"] == "raw_text" and re.search(r":[\w+'-]+:|://|@\w|[<>&]", said):
            yield f"plain cell that Slack may decorate: {said}"
        if cell["type"] == "rich_text":
            (piece,) = cell["elements"][0]["elements"]
            if piece["type"] != "text" or piece["style"] != {"code": True}:
                yield f"cell that is not code: {cell}"


def _inert(text: str) -> Iterator[str]:
    """Whether anything but our own dates and mentions could format, link, mention or hide."""
    rest = OURS.sub("", text)
    if "<" in rest or ">" in rest or ENTITY.search(rest):
        yield f"control characters in {text!r}"
    if rest.count("`") % 2:
        yield f"an open code span in {text!r}"
    rest = re.sub(r"```\n[^`]*\n```", "x", rest)
    words = re.sub(r"`[^`\n]+`", "x", rest)
    if re.search(r":[\w+'-]+:|://|@\w", words):
        yield f"an emoji, address or mention in {text!r}"
    if re.search(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x09\x0b-\x1f]", rest):
        yield f"hidden characters in {text!r}"
    for line in words.split("\n"):
        bare = re.sub(r"^(\S+ )?\*[^*]*\*", "", line)
        if re.search(r"(?<![^\W_])[*_~]\S|\S[*_~](?![^\W_])", bare):
            yield f"formatting in {text!r}"
        if line.startswith("&gt;"):
            yield f"a quote in {text!r}"


def strings(part: Any) -> Iterator[str]:
    """All texts in a payload."""
    if isinstance(part, dict):
        if isinstance(part.get("text"), str):
            yield part["text"]
        for value in part.values():
            yield from strings(value)
    elif isinstance(part, list | tuple):
        for item in part:
            yield from strings(item)
