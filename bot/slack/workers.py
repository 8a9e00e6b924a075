"""Our own threads: a few a lane, with a bounded queue. Bolt's five threads only acknowledge."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from bot.slack.interface import Lane

QUEUE = 50
"""How many may wait in a lane; more are told to come back later."""
FAREWELL = 5.0
"""Seconds to tell those whose work did not end, when all ends."""


class Workers:
    """Threads for each lane. `runs` is how many commands of the slowest kind are worked on at once."""

    def __init__(self, runs: int = 4, queue: int = QUEUE) -> None:
        sizes = {Lane.TALK: 4, Lane.ANNOUNCE: 8, Lane.ASK: max(4, runs), Lane.RUN: runs}
        self._pools = {lane: ThreadPoolExecutor(size, f"slack-{lane}") for lane, size in sizes.items()}
        self._places = {lane: threading.Semaphore(size + queue) for lane, size in sizes.items()}
        self._spare = ThreadPoolExecutor(1, "slack-spare")
        self._apologies = threading.Semaphore(200)
        self._open: dict[Future[None], Callable[[], None] | None] = {}
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, lane: Lane, work: Callable[[], None], lost: Callable[[], None] | None = None) -> bool:
        """Have `work` done in a lane, soon. False when the lane is full or closed; then it is not done.

        `lost` is called when all ends before the work did.
        """
        if not self._places[lane].acquire(blocking=False):
            return False
        with self._lock:
            if self._closed:
                self._places[lane].release()
                return False
            future = self._pools[lane].submit(work)
            self._open[future] = lost
        future.add_done_callback(lambda done: self._finished(lane, done))
        return True

    def apologise(self, work: Callable[[], None]) -> None:
        """Have a short answer given although the lanes are full. Dropped when even those pile up."""
        if self._apologies.acquire(blocking=False):
            with self._lock:
                if not self._closed:
                    self._spare.submit(work).add_done_callback(lambda _: self._apologies.release())

    def _finished(self, lane: Lane, done: Future[None]) -> None:
        with self._lock:
            self._open.pop(done, None)
        self._places[lane].release()

    def close(self, grace: float) -> bool:
        """Take no more work, drop what waits, give what is being done `grace` seconds. True if all ended."""
        with self._lock:
            self._closed = True
            open_ = dict(self._open)
        for future in open_:
            future.cancel()
        left = wait(open_, timeout=grace).not_done
        lost = [tell for each, tell in open_.items() if tell and (each in left or each.cancelled())]
        wait([self._spare.submit(tell) for tell in lost], timeout=FAREWELL)
        for pool in (*self._pools.values(), self._spare):
            pool.shutdown(wait=not left, cancel_futures=True)
        return not left
