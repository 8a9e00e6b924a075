"""The judging process from outside: given a task it answers in time, or is ended and begun anew.

An expression from a cluster is as hostile as anything else in it, and cannot be interrupted from within.
"""

from __future__ import annotations

import importlib.util
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

import msgspec

from checks.cel.protocol import TOO_MUCH, More, Plan, Program, Reply, Request, Sent, Subject, Task

SECONDS = 20.0
"""For one task."""
TOTAL = 120.0
"""For all tasks together."""
_CHUNK = 1 << 20
_AT_ONCE = 1000
"""Subjects in one message."""
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "PYTHONSAFEPATH", "LD_LIBRARY_PATH")

_OUT_OF_MEMORY = (signal.SIGKILL, signal.SIGABRT, signal.SIGTRAP, signal.SIGSEGV)

NOT_INSTALLED = (
    "CEL is not installed; install the extra: `pip install 'quarterdeck[cel]'`. The container image has it."
)


class TooMuch(Exception):
    """A task was not answered; the message says why."""


class OutOfMemory(TooMuch):
    """The process had no more memory."""


class Bench:
    """One judging process at a time, for as long as a `with` block, started when it is first needed.

    programs: all that are going to be asked for, if that is known; judging is faster and smaller then.
    """

    def __init__(
        self, programs: Iterable[Program] = (), *, seconds: float = SECONDS, total: float = TOTAL
    ) -> None:
        self._seconds, self._left = seconds, total
        self._plan = tuple(programs)
        self._process: subprocess.Popen[bytes] | None = None
        self._planned = False
        self._sent: dict[int, tuple[int, Subject]] = {}
        self._spaces: dict[int, tuple[int, msgspec.Raw]] = {}
        self._places: tuple[tuple[Subject, ...], tuple[int, ...]] = (), ()

    def __enter__(self) -> Self:
        if self._plan:
            with suppress(TooMuch):  # said of what is asked
                self._process = _start()  # so that it is ready when there is something to ask
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def ask(self, task: Task) -> Reply:
        """What the process says. Raises TooMuch."""
        kept = self._process is not None
        try:
            return self._ask(task)
        except OutOfMemory:
            if not kept:
                raise
            return self._ask(task)  # what was kept for others may have been what took the memory

    def _ask(self, task: Task) -> Reply:
        if self._plan and not self._planned:
            try:
                self._send(Plan(self._plan))
                self._planned = True
            except TooMuch:
                self._plan = ()  # each by itself, so that the one to blame is
        for more in self._more(task):
            self._send(more)
        return self._send(self._request(task))

    def _send(self, message: Plan | More | Request) -> Reply:
        if self._left <= 0:
            raise TooMuch("the time for all expressions together was used up")
        started = time.monotonic()
        try:
            answer = self._exchange(msgspec.json.encode(message) + b"\n", started)
            return msgspec.json.decode(answer, type=Reply)
        except UnicodeEncodeError:
            self._end()
            raise TooMuch("the expressions hold what is no text") from None
        except msgspec.DecodeError:
            self._end()
            raise TooMuch("the process that judges expressions answered what is no answer") from None
        except BaseException:
            self._end()
            raise
        finally:
            self._left -= time.monotonic() - started

    def _more(self, task: Task) -> Iterator[More]:
        """Subjects that the process does not have yet: the very same ones, not equal ones."""
        sent: list[Sent] = []
        spaces: list[msgspec.Raw] = []
        for subject in task.subjects if self._places[0] is not task.subjects else ():
            if id(subject) in self._sent:
                continue
            self._sent[id(subject)] = len(self._sent), subject
            space = self._space(subject.namespace, spaces)
            sent.append(Sent(subject.object, subject.request, space, subject.redacted))
            if len(sent) == _AT_ONCE:
                yield More(tuple(sent), tuple(spaces))
                sent, spaces = [], []
        if sent:
            yield More(tuple(sent), tuple(spaces))

    def _request(self, task: Task) -> Request:
        if self._places[0] is not task.subjects:
            self._places = task.subjects, tuple(self._sent[id(each)][0] for each in task.subjects)
        places, runs = self._places[1], task.runs
        if runs is None:
            return Request(task.program, places, (), task.params)
        subjects = tuple(places[run.subject] for run in runs)
        return Request(task.program, subjects, tuple(run.param for run in runs), task.params)

    def _space(self, given: msgspec.Raw, more: list[msgspec.Raw]) -> int:
        """Where a namespace is among those that were sent; it is one of `more` if it was not."""
        if id(given) not in self._spaces:
            self._spaces[id(given)] = len(self._spaces), given
            more.append(given)
        return self._spaces[id(given)][0]

    def _exchange(self, request: bytes, started: float) -> bytearray:
        process = self._process = self._process or _start()
        assert process.stdin is not None
        assert process.stdout is not None
        limit = min(self._seconds, self._left)
        deadline = started + limit
        answer = bytearray()
        source, target = process.stdout.fileno(), process.stdin.fileno()
        todo = memoryview(request)
        while not answer.endswith(b"\n"):
            readable, writable, _ = select.select(
                [source], [target] if todo else [], [], max(0.0, deadline - time.monotonic())
            )
            if not readable and not writable:
                raise TooMuch(f"the expressions took longer than {limit:.0f} s and were ended")
            try:
                if writable:
                    todo = todo[os.write(target, todo[:_CHUNK]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise _died(process) from None
            if readable:
                part = os.read(source, _CHUNK)
                if not part:
                    raise _died(process)
                answer += part
        return answer

    def _end(self) -> None:
        self._planned = False
        self._sent.clear()
        self._spaces.clear()
        self._places = (), ()
        if self._process is not None:
            process, self._process = self._process, None
            process.kill()
            process.communicate()


def _start() -> subprocess.Popen[bytes]:
    if importlib.util.find_spec("cel_expr_python") is None:
        raise TooMuch(NOT_INSTALLED)
    process = subprocess.Popen(
        [sys.executable, "-B", "-m", "checks.cel.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        cwd="/",
    )
    assert process.stdin is not None
    os.set_blocking(process.stdin.fileno(), False)
    return process


def _died(process: subprocess.Popen[bytes]) -> TooMuch:
    code = process.wait()
    if -code in _OUT_OF_MEMORY or code == TOO_MUCH:
        return OutOfMemory("the expressions took more memory than they may, and were ended")
    return TooMuch(f"the process that judges expressions ended by itself ({code})")
