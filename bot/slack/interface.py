"""What this room needs from the rest of the house, and nothing more.

The commands (bot.commands), the claims, the shelf of answers and the posting ledger (reports.history) satisfy
these; tests put slow or broken ones in their place.
"""

from __future__ import annotations

import threading
import time
from enum import StrEnum
from typing import Protocol, TypeVar

from bot.answer import Answer
from bot.commands.overview import Choices, Overview
from bot.commands.progress import Progress
from bot.rights.roles import Asker
from reports.history.answers import AnswerRow
from reports.history.records import PostRecord, PostState


class Lane(StrEnum):
    """Where a command waits for its turn: nothing quick ever waits behind something slow."""

    TALK = "talk"
    """Answers from what is at hand: help, status, refusals."""
    ASK = "ask"
    """Looks at a cluster for some seconds."""
    ANNOUNCE = "announce"
    """Tells the channel that a run or a look has begun; waits for Slack's pace, so talk never does."""
    RUN = "run"
    """Reads a whole cluster, keeps the result, may render a report; the channel sees it proceed."""


class Order(Protocol):
    """A command that was understood; `canonical` is how it is written."""

    @property
    def canonical(self) -> str: ...


OrderT = TypeVar("OrderT", bound=Order)


class Commands(Protocol[OrderT]):
    """What can be asked. `perform` turns failures and refusals into Answers; the rest is quick.

    `resolve` understands a text by what its thread is about and by the names that its asker may see, which
    takes a look into the history; `remember` keeps what a thread is about now. No thread is "".
    """

    def understand(self, text: str) -> OrderT: ...

    def resolve(self, text: str, thread: str, asker: Asker) -> OrderT: ...

    def remember(self, thread: str, order: OrderT, answer: Answer) -> None: ...

    def lane(self, order: OrderT) -> Lane: ...

    def allows(self, order: OrderT, asker: Asker) -> bool:
        """Whether it is not refused at once; what it looks at may still turn out to be none of theirs."""
        ...

    def private(self, order: OrderT) -> bool:
        """Whether its answer is for whoever asked alone, wherever they did."""
        ...

    def withheld(self, answer: Answer, asker: Asker) -> Answer | None:
        """Why somebody may not be shown a kept answer as it stands, be it another's; None where they may."""
        ...

    def perform(self, order: OrderT, *, asker: Asker, progress: Progress) -> Answer: ...

    def known(self, order: OrderT, *, asker: Asker) -> Answer | None:
        """The answer from what was kept, where that is enough, with its age; None where it is not."""
        ...

    def overview(self, asker: Asker) -> Overview | Answer:
        """What there is to see at a glance, or why nothing is."""
        ...

    def choices(self, asker: Asker) -> Choices | Answer:
        """What a form offers, or why nothing."""
        ...

    def explanations(self, text: str, asker: Asker) -> tuple[str, ...]:
        """What would explain the findings that a text tells of, as commands."""
        ...

    def unnoted(self, act: str, answer: Answer, asker: Asker) -> Answer | None:
        """Write down what is done with a kept answer (`export`, `share`): why that fails; None once it is."""
        ...


class Claims(Protocol):
    """Says once, and only once, that a key is new: Slack delivers at least once, and to any replica."""

    def first(self, key: str) -> bool: ...


class Seen:
    """Claims in this process's memory, forgotten after `keep` seconds; Slack retries for six minutes."""

    def __init__(self, keep: float = 900.0) -> None:
        self._keep = keep
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()

    def first(self, key: str) -> bool:
        now = time.monotonic()
        with self._lock:
            while self._until and (oldest := next(iter(self._until))) and self._until[oldest] < now:
                del self._until[oldest]
            if key in self._until:
                return False
            self._until[key] = now + self._keep
            return True


class Shelf(Protocol):
    """Keeps answers for a day, for every replica."""

    def keep_answer(self, row: AnswerRow) -> None: ...

    def kept_answer(self, answer_id: str) -> AnswerRow | None: ...


class Ledger(Protocol):
    """What was posted where. Each part of a post has its own key, so that no part repeats another."""

    def look_up(self, key: str) -> PostRecord | None: ...

    def record(self, key: str, channel: str, state: PostState, ts: str | None = None) -> None: ...
