"""Several requests at once over the few connections of one Api, within its deadline.

The threads are daemons: a server that never ends an answer holds nobody up.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TypeVar

from checks.cluster.connect import CONNECTIONS, Api

T = TypeVar("T")
R = TypeVar("R")

_GRACE_SECONDS = 5.0
"""What is left, when the time is up, to put together what was read in it."""


def in_time(api: Api, work: Callable[[], R]) -> R:
    """What `work` returns, while an Api's time lasts. Raises what it raises, or Unreachable.

    It is done in a thread of its own, because no limit on a connection ends an answer whose head comes in
    byte by byte, and none ends the search for a name; and so that who waits can be interrupted.
    """
    begun = _begin(work, "read")
    try:
        answer = begun.get(timeout=max(0.0, api.seconds_left) + _GRACE_SECONDS)
    except queue.Empty:
        raise api.too_slow() from None
    return _value(answer)


def ahead(ask: Callable[[], R]) -> Callable[[], R]:
    """Begin to ask, and return what waits for the answer, or raises what asking raised."""
    begun = _begin(ask, "ahead")
    return lambda: _value(begun.get())


def _begin(work: Callable[[], R], name: str) -> queue.SimpleQueue[tuple[R] | BaseException]:
    """Where the one answer of some work comes, which is done in a thread."""
    done: queue.SimpleQueue[tuple[R] | BaseException] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put((work(),))
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            done.put(error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return done


def _value(answer: tuple[R] | BaseException) -> R:
    if isinstance(answer, BaseException):
        raise answer
    return answer[0]


def in_parallel(api: Api, items: Sequence[T], ask: Callable[[T], R]) -> Iterator[tuple[T, R]]:
    """Each item with its answer as they come, until all are there, the time is up or nobody listens any more.

    Raises what `ask` raises.
    """
    todo: queue.SimpleQueue[T] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[T, R] | BaseException] = queue.SimpleQueue()
    for item in items:
        todo.put(item)

    def work() -> None:
        with suppress(queue.Empty):
            while True:
                item = todo.get_nowait()
                try:
                    done.put((item, ask(item)))
                except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
                    done.put(error)

    for number in range(min(CONNECTIONS, len(items))):
        threading.Thread(target=work, name=f"read-{number}", daemon=True).start()
    try:
        with suppress(queue.Empty):
            for _ in items:
                answer = done.get(timeout=max(0.0, api.seconds_left))
                if isinstance(answer, BaseException):
                    raise answer
                yield answer
    finally:
        with suppress(queue.Empty):
            while True:
                todo.get_nowait()
