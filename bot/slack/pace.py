"""How fast we may speak: Slack's limits kept before Slack has to remind us.

About one message a second and channel; a 429 pauses that method alone (docs.slack.dev, rate limits).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from bot.slack import limits

Clock = Callable[[], float]


class Bucket:
    """Token buckets by key: `burst` at once, then one every `interval` seconds."""

    def __init__(self, interval: float, burst: int, clock: Clock = time.monotonic) -> None:
        self._interval = interval
        self._burst = burst
        self._clock = clock
        self._full_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, key: str) -> float:
        """Take a token, if need be one of the future: returns the seconds to wait until it is there."""
        with self._lock:
            now = self._clock()
            self._forget(now)
            full_at = max(now, self._full_at.get(key, now)) + self._interval
            self._full_at[key] = full_at
            return max(0.0, full_at - now - self._interval * self._burst)

    def take_if_there(self, key: str, leave: int = 0) -> bool:
        """Take a token only if one is there now and `leave` more stay for those who must have one."""
        with self._lock:
            now = self._clock()
            full_at = max(now, self._full_at.get(key, now)) + self._interval
            if full_at - now > self._interval * (self._burst - leave):
                return False
            self._full_at[key] = full_at
            return True

    def _forget(self, now: float) -> None:
        if len(self._full_at) > 1000:
            self._full_at = {key: full_at for key, full_at in self._full_at.items() if full_at > now}


class Pauses:
    """Until when each method has to rest."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def pause(self, method: str, seconds: float) -> None:
        """Let a method rest for `seconds`, or longer if it has to already."""
        self._until[method] = max(self._until.get(method, 0.0), self._clock() + seconds)

    def left(self, method: str) -> float:
        """Seconds until the method may be called."""
        return max(0.0, self._until.get(method, 0.0) - self._clock())


LIFE = limits.REPLY_SECONDS.most


class Replies:
    """How often each response_url was used, for as long as one lives."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._used: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def take(self, url: str) -> bool:
        """Use it once more; False when it was used as often as Slack allows."""
        with self._lock:
            now = self._clock()
            while self._used and self._used[first := next(iter(self._used))][0] < now - LIFE:
                del self._used[first]
            since, count = self._used.get(url, (now, 0))
            if count >= limits.REPLIES.most:
                return False
            self._used[url] = (since, count + 1)
            return True
