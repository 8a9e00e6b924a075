"""The one way from an Answer to what is sent: drawn, proven, and drawn plainer until nothing is broken.

The order, which docs/slack.md has for users: table blocks; lists; the verdict with everything else in files.
The proof is `bot.slack.proof`; each message with a table block also carries its list, for workspaces that
refuse it.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from bot import logs
from bot.answer import Answer
from bot.slack.blocks import Frame, draw, footer, headline
from bot.slack.files import in_files
from bot.slack.message import Drawing, Message, transcript
from bot.slack.proof import breaches
from bot.slack.tables import Layout, Upload, context, section

log = logs.get("slack")

WITHOUT_BLOCKS = "This answer does not fit into a message; all of it is in files."


def compiled(answer: Answer, frame: Frame) -> Drawing:
    """The answer as messages that Slack accepts, whatever it holds."""
    for drawing in _ways(answer, frame):
        if not _broken(drawing):
            return drawing
    return _as_files(answer, frame)


def _ways(answer: Answer, frame: Frame) -> Iterator[Drawing]:
    as_lists = draw(answer, replace(frame, layout=Layout.LIST))
    if frame.layout is Layout.TABLE:
        yield _with_plainer(draw(answer, frame), as_lists)
    yield as_lists


def _broken(drawing: Drawing) -> bool:
    found = {each for message in drawing.messages for each in breaches(message.text, message.blocks)}
    if found:
        log.error("drawn against the limits", breaches=sorted(found))
    return bool(found)


def _with_plainer(drawing: Drawing, plainer: Drawing) -> Drawing:
    """Each message with its blocks as a list, where those show the same rows."""
    lists = {each.shows: each.blocks for each in plainer.messages}

    def joined(message: Message) -> Message:
        return replace(message, plainer=lists.get(message.shows, ()))

    more, on_demand = (tuple(map(joined, each)) for each in (drawing.more, drawing.on_demand))
    return Drawing(joined(drawing.first), more, drawing.files, on_demand)


def _as_files(answer: Answer, frame: Frame) -> Drawing:
    """The verdict as a message; everything as files."""
    whole = draw(answer, replace(frame, layout=Layout.LIST, handle=None))
    said = "\n\n".join(transcript(each) for each in whole.messages)
    last = context(footer(answer, frame))
    first = Message(whole.first.text, (section(headline(answer)), context(WITHOUT_BLOCKS), last))
    text = Upload("answer.txt", "The answer in full", said.encode("utf-8", "replace"))
    sheets_ = {each.name: each for each in (*in_files(answer), *whole.files)}
    return Drawing(first, (), (text, *(each for name, each in sheets_.items() if name != text.name)))
