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


def ahead(ask: Callable[[], R]) -> Callable[[], R]:
    """Begin to ask, and return what waits for the answer, or raises what asking raised."""
    answered: queue.SimpleQueue[R | BaseException] = queue.SimpleQueue()

    def work() -> None:
        try:
            answered.put(ask())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            answered.put(error)

    def answer() -> R:
        got = answered.get()
        if isinstance(got, BaseException):
            raise got
        return got

    threading.Thread(target=work, name="ahead", daemon=True).start()
    return answer
