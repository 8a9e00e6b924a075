"""Something to look at while an answer takes its time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from bot import logs
from bot.slack.errors import SlackError

log = logs.get("slack")

PATIENCE = 1.0
"""Seconds in which most questions are answered; who waits longer is shown something."""


class Meanwhile:
    """Inside of its block: calls `show` once, in a thread of its own, if the block takes longer than `after`.

    When the block ends, `show` has ended too or will never be called.
    """

    def __init__(self, show: Callable[[], None], after: float = PATIENCE) -> None:
        self._show = show
        self._timer = threading.Timer(after, self._shown)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        self._timer.join()

    def _shown(self) -> None:
        try:
            self._show()
        except SlackError as error:
            log.warning("nothing shown meanwhile", error=error.message)
        except Exception:
            log.exception("nothing shown meanwhile")
