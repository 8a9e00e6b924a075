"""A large snapshot judged by several processes at once: each takes some of the checks.

Checks are pure, so a forked process judges its share of them on the same frozen snapshot, which the two hold
without a copy, and sends its results back. One that fails costs time only: its share is judged here.
"""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

import msgspec

from checks.model import Check, Result

Judge = Callable[[Check], tuple[Result, ...]]
Judged = dict[str, tuple[Result, ...]]

_DECODER = msgspec.msgpack.Decoder(Judged)
_CHUNK = 1 << 20
_STAYS = "checks.admission"
"""Checks written in CEL ask a process of their own, which two must not talk to at once."""


def side_by_side(checks: Iterable[Check], judge: Judge, processes: int) -> Judged:
    """Each check's results by its id, judged by at most this many processes, this one among them."""
    mine, *others = _shares(checks, processes if hasattr(os, "fork") else 1)
    helpers = [_Helper(share, judge) for share in others]
    judged = {check.id: judge(check) for check in mine}
    for helper in helpers:
        judged |= helper.judged()
    return judged


def _shares(checks: Iterable[Check], number: int) -> list[list[Check]]:
    """The checks in `number` shares of about the same weight. A module's stay together: what they derive from
    the snapshot is derived once. Pods are what there is most of."""
    modules: defaultdict[str, list[Check]] = defaultdict(list)
    for check in checks:
        modules[check.function.__module__].append(check)
    here = [check for name in list(modules) if name.startswith(_STAYS) for check in modules.pop(name)]
    shares: list[list[Check]] = [here, *([] for _ in range(number - 1))]
    for module in sorted(modules.values(), key=_weight, reverse=True):
        min(shares, key=_weight).extend(module)
    return shares


def _weight(checks: Sequence[Check]) -> int:
    return sum(10 if "Pod" in check.kinds else 1 for check in checks)


class _Helper:
    """A forked process at work on its share, and the thread that takes in what it sends."""

    def __init__(self, share: Sequence[Check], judge: Judge) -> None:
        self._share, self._judge = share, judge
        self._received = bytearray()
        source, sink = os.pipe()
        self._process = os.fork()
        if self._process == 0:
            os.close(source)
            _work(share, judge, sink)
        os.close(sink)
        self._reader = threading.Thread(target=self._receive, args=(source,), name="judged", daemon=True)
        self._reader.start()

    def _receive(self, source: int) -> None:
        with open(source, "rb", buffering=0) as file:
            while piece := file.read(_CHUNK):
                self._received += piece

    def judged(self) -> Judged:
        """Wait for its results; whatever went wrong there, they are judged here instead."""
        self._reader.join()
        _, status = os.waitpid(self._process, 0)
        if status == 0:
            with suppress(msgspec.DecodeError):
                return _DECODER.decode(self._received)
        return {check.id: self._judge(check) for check in self._share}


def _work(share: Sequence[Check], judge: Judge, sink: int) -> None:
    """Judge, send, and end without any of the clean-up that belongs to the process this was forked from."""
    status = 1
    try:
        with open(sink, "wb", buffering=0) as file:
            left = memoryview(msgspec.msgpack.encode({check.id: judge(check) for check in share}))
            while left:
                left = left[file.write(left) :]
        status = 0
    finally:
        os._exit(status)
