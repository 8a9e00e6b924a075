"""Strings that are not ours, made harmless: they cannot mention, link, format, or hide characters.

Everything in an Answer may come from a cluster. `literal` is for running text, `code` for names; both keep
what a person sees. Where formatting would start, an invisible word joiner is put beside the sign, since
Slack's mrkdwn has no escape for it. Every text object we send also has `verbatim: true`, which stops Slack
from turning addresses and channel names into links (docs.slack.dev, formatting message text).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime

JOINER = "\u2060"
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_SIGNS = re.compile(r"(?<![^\W_])[*_~]|[*_~](?![^\W_])|`")
_EMOJI = re.compile(r":(?=[\w+'-]+:)")
_ADDRESS = re.compile(r":(?=//)|@(?=\w)|(?<=mailto):")


def visible(text: str) -> str:
    """One line in which no character hides: breaks become spaces, invisible marks are spelled."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    if char in "\n\r\t":
        return " "
    if unicodedata.category(char) in _HIDDEN:
        return f"\\u{ord(char):04x}"
    return char


def escape(text: str) -> str:
    """Slack's three control characters as entities: no mention and no link can be written without them."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def literal(text: str) -> str:
    """Running text for a mrkdwn object, shown as it is."""
    text = _SIGNS.sub(rf"{JOINER}\g<0>{JOINER}", visible(text))
    text = _EMOJI.sub(f":{JOINER}", text)
    text = escape(_ADDRESS.sub(rf"\g<0>{JOINER}", text))
    return f"{JOINER}{text}" if text.startswith("&gt;") else text


def code(text: str) -> str:
    """A name for a mrkdwn object, in a code span; backticks, which would end it, become apostrophes."""
    return f"`{escape(visible(text).replace('`', chr(39))) or ' '}`"


def plain(text: str) -> str:
    """A string for a table's plain cell or a notification: nothing there formats but emoji names."""
    return _EMOJI.sub(f":{JOINER}", visible(text))


def fit(text: str, limit: int, encode: Callable[[str], str]) -> str:
    """`encode(text)`, the text shortened with an ellipsis before encoding until the result fits `limit`."""
    text = text[: limit + 1]
    if len(whole := encode(text)) <= limit:
        return whole
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if len(encode(f"{text[:middle]}…")) <= limit else (low, middle - 1)
    return encode(f"{text[:low]}…")


def date(moment: datetime) -> str:
    """A moment in each reader's own time zone, in UTC where Slack cannot say it."""
    moment = moment.astimezone(UTC)
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} {{time}}|{moment:%Y-%m-%d %H:%M} UTC>"


def person(user: str) -> str:
    """A mention of a Slack user by id; anything that is not an id is shown as text."""
    return f"<@{user}>" if re.fullmatch(r"[UW][A-Z0-9]+", user) else literal(user)
