"""A large snapshot judged by several processes at once: each takes the next checks that nobody has taken.

Checks are pure, so a forked process judges on the same frozen snapshot, which both hold without a copy, and
sends its results back when nothing is left to take. One that fails costs time only: what it took is judged
here.
"""

from __future__ import annotations

import os
import signal
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe

import msgspec
from msgspec import Struct

from checks.model import Check, Evidence, Resource, Result, Severity, Status

Judge = Callable[[Check], tuple[Result, ...]]
Judged = dict[str, tuple[Result, ...]]

_MOST = 256
"""Portions of the work: each has a number of one byte."""
_STAYS = ("checks.admission", "checks.rules.escalation")
"""Checks written in CEL ask a process of their own, which two must not talk to at once; the graph of ways to
more rights is looked at once more for the scan itself."""


def side_by_side(checks: Sequence[Check], judge: Judge, processes: int) -> Judged:
    """Each check's results by its id, judged by at most this many processes, this one among them."""
    if processes < 2 or not hasattr(os, "fork"):
        return {check.id: judge(check) for check in checks}
    here, portions = _portions(checks)
    untaken = _untaken(len(portions))
    helpers: list[_Helper] = []
    try:
        helpers.extend(_Helper(portions, untaken, judge) for _ in range(processes - 1))
        judged = {check.id: judge(check) for check in here}
        for portion in _taken(portions, untaken):
            judged |= {check.id: judge(check) for check in portion}
        for helper in helpers:
            judged |= helper.judged()
    finally:
        os.close(untaken)
        for helper in helpers:
            helper.end()
    return {check.id: judged[check.id] if check.id in judged else judge(check) for check in checks}


def _portions(checks: Iterable[Check]) -> tuple[list[Check], list[list[Check]]]:
    """The checks that stay here, and the others, the heaviest portion first. A module's stay together: what
    they derive from the snapshot is derived once. Pods are what there is most of."""
    modules: defaultdict[str, list[Check]] = defaultdict(list)
    for check in checks:
        modules[check.function.__module__].append(check)
    here = [check for name in list(modules) if name.startswith(_STAYS) for check in modules.pop(name)]
    portions = sorted(modules.values(), key=_weight, reverse=True)
    return here + [check for portion in portions[_MOST:] for check in portion], portions[:_MOST]


def _weight(checks: Sequence[Check]) -> int:
    return sum(10 if "Pod" in check.kinds else 1 for check in checks)


def _untaken(number: int) -> int:
    """A pipe that holds the number of each portion: whichever process reads one has taken it."""
    source, sink = os.pipe()
    os.write(sink, bytes(range(number)))
    os.close(sink)
    return source


def _taken(portions: Sequence[list[Check]], untaken: int) -> Iterator[list[Check]]:
    while number := os.read(untaken, 1):
        yield portions[number[0]]


class _Verdict(Struct, frozen=True, array_like=True, gc=False):
    """A result without what all of its check's have; its resource by number."""

    status: Status
    resource: int
    locus: str
    message: str
    reason: str | None
    evidence: tuple[Evidence, ...]
    fingerprint: str


class _Sent(Struct, frozen=True, array_like=True, gc=False):
    """One check's results on their way. `resources`: the ones that were not sent before, numbered onwards."""

    check: str
    severity: Severity
    requirements: tuple[str, ...]
    verdicts: tuple[_Verdict, ...]
    resources: list[Resource]


_DECODER = msgspec.msgpack.Decoder(_Sent)


class _Helper:
    """A forked process at work."""

    def __init__(self, portions: Sequence[list[Check]], untaken: int, judge: Judge) -> None:
        self._source, sink = Pipe(duplex=False)
        here = os.getpid()
        self._process = os.fork()
        if self._process == 0:
            self._source.close()
            _work(_taken(portions, untaken), judge, sink, here)
        sink.close()

    def judged(self) -> Judged:
        """What it judged, once it has ended."""
        judged: Judged = {}
        resources: list[Resource] = []
        with suppress(EOFError, OSError, msgspec.DecodeError):
            while True:
                sent = _DECODER.decode(self._source.recv_bytes())
                resources += sent.resources
                judged[sent.check] = tuple(_results(sent, resources))
        self._reap()
        return judged

    def end(self) -> None:
        """End the process, whose results nobody waits for; harmless when it has ended."""
        self._source.close()
        if self._process:
            os.kill(self._process, signal.SIGKILL)
            self._reap()

    def _reap(self) -> None:
        os.waitpid(self._process, 0)
        self._process = 0


def _results(sent: _Sent, resources: Sequence[Resource]) -> Iterator[Result]:
    check, severity, requirements = sent.check, sent.severity, sent.requirements
    for v in sent.verdicts:
        resource = resources[v.resource]
        yield Result(
            check,
            v.status,
            severity,
            v.reason,
            v.message,
            resource,
            v.locus,
            v.evidence,
            v.fingerprint,
            requirements,
        )


def _work(taken: Iterable[list[Check]], judge: Judge, sink: Connection, parent: int) -> None:
    """Judge, send, and end without any of the clean-up that belongs to the process this was forked from.

    When that is gone, killed perhaps, there is nobody to judge for.
    """
    status = 1
    try:
        numbers: dict[Resource, int] = {}
        judged: list[bytes] = []
        for portion in taken:
            for check in portion:
                if os.getppid() != parent:
                    return
                if results := judge(check):
                    judged.append(msgspec.msgpack.encode(_sent(results, numbers)))
        for each in judged:
            sink.send_bytes(each)
        status = 0
    finally:
        os._exit(status)


def _sent(results: tuple[Result, ...], numbers: dict[Resource, int]) -> _Sent:
    known = len(numbers)
    verdicts = tuple(
        _Verdict(
            r.status,
            numbers.setdefault(r.resource, len(numbers)),
            r.locus,
            r.message,
            r.reason,
            r.evidence,
            r.fingerprint,
        )
        for r in results
    )
    first = results[0]
    return _Sent(first.check, first.severity, first.requirements, verdicts, list(numbers)[known:])
