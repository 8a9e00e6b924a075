"""What is sent to Slack: messages, their plainer forms, and what goes beneath them."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from bot.commands.progress import Stage, Step
from bot.slack.mrkdwn import code, fit, literal, person
from bot.slack.proof import texts
from bot.slack.tables import MAX_SECTION, Block, Upload, context, section


class Message(Struct, frozen=True):
    """What one call posts: `text` is the notification and the fallback, at most 4,000 characters.

    `plainer` are blocks that say the same without a table block, for workspaces that refuse those. `shows`:
    of each of the answer's tables that is here its number, and which of its rows.
    """

    text: str
    blocks: tuple[Block, ...]
    plainer: tuple[Block, ...] = ()
    shows: tuple[tuple[int, range], ...] = ()


class Drawing(Struct, frozen=True):
    """An Answer drawn: the message with the verdict, the further ones, and the files for the thread.

    `on_demand` are those behind a button of the first one.
    """

    first: Message
    more: tuple[Message, ...] = ()
    files: tuple[Upload, ...] = ()
    on_demand: tuple[Message, ...] = ()

    @property
    def messages(self) -> tuple[Message, ...]:
        """All of them."""
        return (self.first, *self.more, *self.on_demand)


def proceeding(command: str, step: Step, by: str) -> Message:
    """A run's message while it proceeds."""
    sign = "⏳" if step.stage is not Stage.QUEUED else "🕓"
    said = str(step)
    line = f"{sign} *{said[:1].upper()}{fit(said[1:], 200, literal)}*"
    text = f"{sign} {fit(said, 200, literal)}: {fit(command, 300, literal)}"
    about = [fit(command, 300, code), *requested(by)]
    return Message(text, (section(line), context(" · ".join(about))))


def note(text: str) -> Message:
    """One plain sentence of ours or of an error."""
    shown = fit(text, MAX_SECTION, literal)
    return Message(shown, (section(shown),))


def requested(by: str) -> list[str]:
    """Who asked, for the last line."""
    return [f"requested by {person(by)}"] if by else []


def transcript(message: Message) -> str:
    """All that a message says, as plain text: for the file that stands in when Slack refuses the blocks."""
    return "\n".join([message.text, *texts(message.blocks)])


def size(block: Any) -> int:
    """The characters of all texts in a block, however deep."""
    return sum(map(len, texts(block)))
