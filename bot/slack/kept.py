"""Answers kept for a day, so that any replica can turn their pages, export and share them.

A kept answer is what was drawn; drawing it again gives the same pages. An answer that cannot be kept (the
database is away, it is too large) is still given, without buttons that need it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from bot import logs
from bot.answer import Answer
from bot.slack.buttons import Handle, Press, Signer, new_id
from bot.slack.interface import Shelf
from bot.slack.place import Place
from reports.history.answers import DAY, AnswerRow
from reports.history.errors import HistoryError

log = logs.get("slack")

MOST_BYTES = 4 * 1024 * 1024
"""A larger answer, compressed, is not kept; all of it is in files."""
_MOST_UNPACKED = 256 * 1024 * 1024
_ANSWER = msgspec.json.Decoder(Answer)


class KeptAnswer(Struct, frozen=True):
    """An answer from the shelf. `answer` is None once it is too old; what was asked is known still.

    `shown_by` is who asked, where others saw it; `asked_in` the conversation in public that it was taken out
    of.
    """

    id: str
    command: str
    shown_by: str
    asked_in: str
    made: datetime
    run: bool
    answer: Answer | None


class Kept:
    """Puts answers on the shelf and finds them again."""

    def __init__(self, shelf: Shelf, signer: Signer, clock: Callable[[], datetime]) -> None:
        self._shelf = shelf
        self._signer = signer
        self._clock = clock

    def keep(
        self, answer: Answer, place: Place | None = None, *, by: str = "", run: bool = False
    ) -> Handle | None:
        """Keep an answer; None where nothing could be done with it later, or it cannot be kept.

        `place` is where it is given, `by` who asked where others see it.
        """
        if not (answer.actions or answer.tables or answer.evidence):
            return None
        content = zlib.compress(msgspec.json.encode(replace(answer, files=(), extra={})), 1)
        if len(content) > MOST_BYTES:
            return None
        asked_in = place.asked_in if place else ""
        row = AnswerRow(new_id(), answer.command, by, asked_in, self._clock(), run, content)
        try:
            self._shelf.keep_answer(row)
        except HistoryError as error:
            log.warning("answer not kept", error=error.message)
            return None
        private = place is not None and place.response_url is not None
        return self.handle(row.id, shareable=private or bool(asked_in))

    def handle(self, answer_id: str, *, shareable: bool) -> Handle:
        """How the buttons of a kept answer are made."""
        return Handle(answer_id, self._signer, shareable)

    def read(self, value: str) -> Press | None:
        """What a button's value means; None where it is not one of ours."""
        return self._signer.read(value)

    def find(self, answer_id: str) -> KeptAnswer | None:
        """The answer with this id. Raises HistoryError."""
        row = self._shelf.kept_answer(answer_id)
        if row is None:
            return None
        old = self._clock() - row.made >= DAY
        answer = None if old or row.content is None else _unpacked(row.content)
        return KeptAnswer(row.id, row.command, row.shown_by, row.asked_in, row.made, row.run, answer)


def _unpacked(content: bytes) -> Answer:
    unpacked: Any = zlib.decompressobj().decompress(content, _MOST_UNPACKED)
    return _ANSWER.decode(unpacked)
