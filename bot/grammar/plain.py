"""Plain text of what a person typed: Slack's escapes undone, quotes straight, politeness put aside."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from bot.grammar.sentences import PHRASES, Line, template, walk

_STRAIGHT = {
    0x2010: "-",
    0x2018: "'",
    0x2019: "'",
    0x201B: "'",
    0x201C: '"',
    0x201D: '"',
    0x201E: '"',
    0x201F: '"',
    0x00AB: '"',
    0x00BB: '"',
    0x2013: "-",
    0x2014: "--",
    0x2026: "...",
}
_EMOJI = re.compile(r"(?<!\S):[a-z0-9_+'-]{1,80}:(?:skin-tone-\d:)?(?!\S)", re.IGNORECASE)
_PICTURES = ("So", "Cs", "Co")
_SKINS = range(0x1F3FB, 0x1F400)
_VARIATIONS = range(0xFE00, 0xFE10)
_CHANNEL = re.compile(r"channel=<#([A-Z0-9]{3,20})(?:\|[^<>]*)?>")
"""A channel that is named as an option; elsewhere a mention means nothing."""
_OURSELVES = re.compile(r"^[/@]?quarterdeck(?![\w/.-])[ ,:]*", re.IGNORECASE)
"""Typed where nobody would have to: the command itself, or our name without the mention."""
_MARKS = " ?!.,;:`_"
_QUOTES = "\"'`"
_SHORT = (
    (re.compile(r"\b(who|what|where|how|that|it|there)'s\b(?!/)", re.IGNORECASE), r"\1 is"),
    (re.compile(r"^(who|what)s\b", re.IGNORECASE), r"\1 is"),
    (re.compile(r"\bcan'?t\b", re.IGNORECASE), "can not"),
    (
        re.compile(r"\b(is|are|do|does|did|has|have|was|were|would|could|should)n't\b", re.IGNORECASE),
        r"\1 not",
    ),
)
_BEFORE = template(
    "(hi|hey|hello|yo|ok|okay|please|pls|plz|so|um|hmm|well|sorry|quickly|urgent|again|also|quarterdeck"
    "|bot|team|all|there"
    "|good (morning|afternoon|evening)|quick question|question|one more|dear (bot|quarterdeck)"
    "|(can|could|would|will) you [please] [(tell|show|give|explain to)] [(me|us)]"
    "|[please] (tell|show|give) (me|us)|(let|make) me (know|see)"
    "|(i|we) (want|need|would like|have|like) to (know|see|find out|check)"
    "|(do|does) (you|we|anybody|anyone|someone) (know|remember)|any idea|i wonder|wondering|remind me)",
    PHRASES,
)
_AFTER = template(
    "([right] now|today|currently|at the moment|atm|right|in here|here|please|pls|plz|thanks|thank you"
    "|thx|ty|cheers|asap|quickly|again|for me|(in|on|of|for) (the|this|our|my) cluster"
    "|thanks (a lot|in advance)|(in|of) k8s|in kubernetes|do you know|by any chance|so far|already|exactly)",
    PHRASES,
)
_LONGEST_AFTER = 4
_MOST_COURTESIES = 5
_COURTESY = re.compile(r"(?:(?:^|[ ,]+)(?:please|pls|plz|thanks|thx|now))+$", re.IGNORECASE)


def normalise(text: str) -> str:
    """Plain text of what a person typed: links and mentions undone, quotes straight, spaces single."""
    text = _CHANNEL.sub(r"channel=\1", text)
    text = re.sub(r"<[@#!][^<>]*>", " ", text)
    text = re.sub(r"<(?:mailto:)?[^<>|\s]+\|([^<>]*)>", r"\1", text)
    text = re.sub(r"<(https?://[^<>\s]+)>", r"\1", text)
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    text = unicodedata.normalize("NFKC", text).translate(_STRAIGHT)
    text = "".join(map(_visible, text))
    text = _OURSELVES.sub("", " ".join(_EMOJI.sub(" ", text).split()))
    while (bare := _without_emphasis(text).strip(_MARKS)) != text:
        text = bare
    return text


def _visible(char: str) -> str:
    """The character; a space for what is one, nothing for what is no letter and cannot be seen."""
    if char.isspace():
        return " "
    number = ord(char)
    if number > 0xFF and (
        number in _SKINS or number in _VARIATIONS or unicodedata.category(char) in _PICTURES
    ):
        return " "
    return char if char.isprintable() else ""


def _without_emphasis(text: str) -> str:
    """What stands between stars, which make it bold in Slack; a star alone is everything there is."""
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] == "*" else text


def said_in_full(plain: str) -> Line:
    """A normalised text word by word: without quotes and marks around words, with short forms spelt out."""
    for short, full in _SHORT:
        plain = short.sub(full, plain)
    words = (word.strip(_QUOTES).rstrip("?!;").strip(_QUOTES) for word in plain.split())
    return Line.of(word for word in words if word not in ("", "-", "--", "...", ","))


def without_politeness(line: Line) -> Iterator[Line]:
    """The line as it is, then without what people put before and behind what they ask."""
    yield line
    bare = Line.of(word.strip(",.:") for word in line.words)
    start, end = _begins(bare), len(line.words)
    if start:
        yield _part(line, start, end)
    for _ in range(_MOST_COURTESIES):
        shorter = _ends(bare, start, end)
        if shorter == end:
            return
        end = shorter
        yield _part(line, start, end)


def without_courtesy(arguments: str) -> str:
    """What follows a word in its short form, without what is only polite."""
    return _COURTESY.sub("", arguments)


def _begins(bare: Line) -> int:
    """Where what is asked begins. `bare`: without the commas that stand around politeness."""
    start = 0
    for _ in range(_MOST_COURTESIES):
        ends = [end for end, _ in walk(_BEFORE, bare, start) if end < len(bare.words)]
        start = max(ends, default=start)
    return start


def _ends(bare: Line, start: int, end: int) -> int:
    part = Line(bare.words[start:end], bare.folded[start:end])
    length = len(part.words)
    for at in range(max(1, length - _LONGEST_AFTER), length):
        if any(stop == length for stop, _ in walk(_AFTER, part, at)):
            return start + at
    return end


def _part(line: Line, start: int, end: int) -> Line:
    words = line.words[start:end]
    return Line.of((*words[:-1], words[-1].rstrip(",.:"))) if words else line
