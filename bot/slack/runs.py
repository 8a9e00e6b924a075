"""The messages of runs in progress, edited calmly: at most every few seconds, the newest news only."""

from __future__ import annotations

import threading
import time

from bot import logs
from bot.commands.progress import Stage, Step
from bot.slack.errors import SlackError
from bot.slack.message import Message, proceeding
from bot.slack.posting import Posted, Posting

log = logs.get("slack")

EVERY = 2.5
"""Seconds between two edits of one message."""


class RunMessage:
    """One run's message. As a `Progress` it only remembers the newest step."""

    def __init__(self, posted: Posted, command: str, by: str) -> None:
        self.posted = posted
        self.command = command
        self._by = by
        self._step: Step | None = None
        self._edited = time.monotonic()
        self._lock = threading.Lock()
        self._finished = False
        self._held = False

    def __call__(self, step: Step) -> None:
        if step.stage is not Stage.DONE:
            self._step = step

    def refresh(self, posting: Posting) -> None:
        """Show the newest step if there is one and the last edit is long enough ago."""
        if self._step is None or time.monotonic() - self._edited < EVERY:
            return
        with self._lock:
            if self._finished or self._held:
                return
            step, self._step = self._step, None
            self._edited = time.monotonic()
            shown = posting.edit_if_free(self.posted, proceeding(self.command, step, self._by))
            if not shown and self._step is None:
                self._step = step

    def hold(self, posting: Posting, message: Message) -> None:
        """Show something better than progress, until the end. Raises SlackError."""
        with self._lock:
            self._held = True
            posting.edit(self.posted, message)

    def finish(self, posting: Posting, message: Message) -> None:
        """Write the last state; no progress is shown after it. Raises SlackError."""
        with self._lock:
            self._finished = True
            posting.edit(self.posted, message)


class RunMessages:
    """Refreshes all messages of runs in progress, in one thread of its own."""

    def __init__(self, posting: Posting) -> None:
        self._posting = posting
        self._messages: set[RunMessage] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._refresh, name="slack-progress", daemon=True)
        self._thread.start()

    def add(self, message: RunMessage) -> None:
        with self._lock:
            self._messages.add(message)

    def remove(self, message: RunMessage) -> None:
        with self._lock:
            self._messages.discard(message)

    def close(self) -> tuple[RunMessage, ...]:
        """Stop refreshing; gives the messages whose runs have not ended."""
        self._stop.set()
        self._thread.join()
        with self._lock:
            return tuple(self._messages)

    def _refresh(self) -> None:
        while not self._stop.wait(0.25):
            with self._lock:
                messages = tuple(self._messages)
            for message in messages:
                try:
                    message.refresh(self._posting)
                except SlackError as error:
                    log.warning("progress not shown", error=error.message)
                except Exception:
                    log.exception("progress not shown")
