"""What the local Slack keeps, as typed records: messages, files and its log of all traffic."""

from typing import Any, Literal

import msgspec


class File(msgspec.Struct, frozen=True):
    """A shared file as Slack describes it in a message; a deleted one has only its id and mode."""

    id: str
    name: str = ""
    title: str = ""
    mimetype: str = ""
    size: int = 0
    permalink: str = ""
    mode: str = ""


class Message(msgspec.Struct, frozen=True):
    """A message as stored. `ephemeral_to` is the only user who sees it, if it is ephemeral."""

    ts: str
    channel: str
    text: str = ""
    user: str = ""
    bot_id: str | None = None
    thread_ts: str | None = None
    subtype: str | None = None
    ephemeral_to: str | None = None
    blocks: tuple[dict[str, Any], ...] = ()
    attachments: tuple[dict[str, Any], ...] = ()
    files: tuple[File, ...] = ()
    edited: dict[str, str] | None = None
    reactions: tuple[dict[str, Any], ...] = ()


class LogEntry(msgspec.Struct, frozen=True):
    """One line of the emulator's log. `kind` is web_api, socket, slash_commands, events_api, ack …"""

    id: str
    time: int
    direction: Literal["from_bot", "to_bot", "internal"]
    kind: str
    summary: str
    detail: Any = None
