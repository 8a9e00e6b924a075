"""Strings that are not ours, made harmless: they cannot mention, link, format, or hide characters.

Everything in an Answer may come from a cluster. Slack's mrkdwn has no escape for its signs, so in running
text (`literal`) a word that could format, link, mention or become an emoji is set as code, where nothing
happens and every character can still be copied. Every text object we send also has `verbatim: true`,
which stops Slack from linking addresses and channel names (docs.slack.dev, formatting message text).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_RISKY = re.compile(r"(?<![^\W_])[*_~]|[*_~](?![^\W_])|`|://|mailto:|@\w|^>")
_WORDS = re.compile(r"(?<!\S)`(?P<quoted>[^`]*[^`\s])`(?=[.,:;)]*(?:\s|$))|\S+")
_EMOJI = re.compile(r":[\w+'-]+:")


def visible(text: str) -> str:
    """One line in which no character hides: breaks become spaces, invisible marks are spelled."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    category = unicodedata.category(char)
    if char in "\n\r\t" or category == "Zs":
        return " "
    return f"\\u{ord(char):04x}" if category in _HIDDEN else char


def escape(text: str) -> str:
    """Slack's three control characters as entities: no mention and no link can be written without them."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def literal(text: str) -> str:
    """Running text for a mrkdwn object, shown as it is; what stands between two backticks is code."""
    return _WORDS.sub(_word, visible(text))


def _word(match: re.Match[str]) -> str:
    if match["quoted"]:
        return code(match["quoted"])
    if not risky(match[0]):
        return escape(match[0])
    name = match[0].rstrip(",.;" if "(" in match[0] else ",.;)") or match[0]
    return code(name) + match[0][len(name) :]


def risky(text: str) -> bool:
    """Whether Slack could make more of the text than its characters."""
    return bool(_RISKY.search(text) or _EMOJI.search(text))


def code(text: str) -> str:
    """A name for a mrkdwn object, in a code span; backticks, which would end it, become apostrophes."""
    return f"`{escape(visible(text).replace('`', chr(39))) or ' '}`"


def fit(text: str, limit: int, encode: Callable[[str], str]) -> str:
    """`encode(text)`, the text shortened with an ellipsis before encoding until the result fits `limit`."""
    return shorten(text, limit, encode)[0]


def shorten(text: str, limit: int, encode: Callable[[str], str]) -> tuple[str, bool]:
    """What `fit` gives, and whether anything is missing from it."""
    text = text[: limit + 1]
    if len(whole := encode(text)) <= limit:
        return whole, False
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if len(encode(f"{text[:middle]}…")) <= limit else (low, middle - 1)
    return encode(f"{text[:low]}…"), True


def date(moment: datetime) -> str:
    """A moment in each reader's own time zone, in UTC where Slack cannot say it."""
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} {{time}}|{utc(moment)}>"


def utc(moment: datetime) -> str:
    """A moment in UTC, for clients that do not know Slack's dates."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def person(user: str) -> str:
    """A mention of a Slack user by id; anything that is not an id is shown as text."""
    return f"<@{user}>" if re.fullmatch(r"[UW][A-Z0-9]+", user) else literal(user)


def contact(id_: str) -> str:
    """A mention of a Slack user or user group by id."""
    return f"<!subteam^{id_}>" if re.fullmatch(r"S[A-Z0-9]+", id_) else person(id_)
