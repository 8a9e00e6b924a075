"""Where a request came from."""

from __future__ import annotations

from msgspec import Struct


class Place(Struct, frozen=True):
    """A slash command has a `response_url`; a mention a `thread_ts`, its own where it began the thread."""

    channel: str
    user: str
    thread_ts: str | None = None
    response_url: str | None = None
    threaded: bool = False
    """Whether it was said inside a thread, which whoever asked then has open."""
    asked_in: str = ""
    """The conversation in public that this is the private side of."""
    chosen: bool = False
    """Whether the channel was chosen in a form: what is granted to those who ask there does not count."""

    @property
    def public(self) -> bool:
        """Whether others read the answer: not that of a slash command, nor a direct message's."""
        return self.response_url is None and not self.channel.startswith(("D", "U", "W"))

    @property
    def conversation(self) -> str:
        """What a follow-up belongs to: a thread; in direct messages also all that is in none of theirs.

        Slash commands stand alone: empty.
        """
        if self.response_url is not None:
            return ""
        where = self.channel if self.public else f"@{self.user}"
        return f"{where}/{self.thread_ts}" if self.thread_ts else where

    @property
    def in_private(self) -> Place:
        """The direct messages with whoever asked."""
        return Place(self.user, self.user, asked_in=self.conversation)
