"""A hostile expression ends its own process, in time, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from checks.cel.bench import Bench, TooMuch
from checks.cel.kept import Kept
from checks.cel.library import Language
from checks.cel.protocol import (
    NULL,
    Named,
    Outcome,
    Param,
    Program,
    Run,
    Sent,
    Subject,
    Task,
    Validation,
)
from checks.cel.reads import Want

FINE = Program((Validation("object.a.size() == 300"),))


def task(program: Program, count: int = 1) -> Task:
    raw = msgspec.Raw(msgspec.json.encode({"a": list(range(300)), "s": "a" * 60 + "b"}))
    return Task(program, (Subject(raw),) * count)


def test_a_pattern_that_never_ends_is_ended() -> None:
    with Bench(seconds=2) as bench:
        started = time.monotonic()
        with pytest.raises(TooMuch, match="longer than 2 s"):
            bench.ask(task(Program((Validation("object.s.find('(a+)+(a+)+(a+)+$') != ''"),))))
        assert time.monotonic() - started < 5
        assert bench.ask(task(FINE)).judged[0].outcome is Outcome.HOLDS


def test_comprehensions_within_each_other_stop_at_the_step_limit() -> None:
    nested = "object.a.all(x, object.a.all(y, object.a.all(z, x + y + z >= 0)))"
    with Bench() as bench:
        started = time.monotonic()
        (finding,) = bench.ask(task(Program((Validation(nested),)))).judged[0].findings
        assert time.monotonic() - started < 5
    assert (finding.outcome, finding.message) == (Outcome.UNKNOWN, "it takes too many steps")


def test_memory_is_bounded() -> None:
    growing = tuple(
        Named(f"v{number + 1}", f"variables.v{number}.replace('a', variables.v{number})")
        for number in range(5)
    )
    program = Program((Validation("variables.v5.size() > 0"),), variables=(Named("v0", "object.s"), *growing))
    with Bench(seconds=20) as bench:
        with pytest.raises(TooMuch, match="more memory than they may"):
            bench.ask(task(program))
        assert bench.ask(task(FINE)).judged[0].outcome is Outcome.HOLDS


def test_a_million_brackets_are_refused() -> None:
    with Bench(seconds=10) as bench:
        deep = "(" * 100_000 + "true" + ")" * 100_000
        reply = bench.ask(task(Program((Validation(deep),))))
        assert list(reply.broken) == ["validations[0].expression"]


def test_all_tasks_together_have_an_end() -> None:
    with Bench(total=0) as bench, pytest.raises(TooMuch, match="used up"):
        bench.ask(task(FINE))


def test_ten_thousand_objects_take_seconds() -> None:
    with Bench() as bench:
        started = time.monotonic()
        reply = bench.ask(task(Program((Validation("has(object.a)"),)), 10_000))
        assert time.monotonic() - started < 15
    assert len(reply.judged) == 10_000


def test_an_object_is_sent_once_and_again_to_a_new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    exchange = Bench._exchange

    def noted(self: Bench, request: bytes, started: float) -> bytearray:
        sizes.append(len(request) if b'"More"' in request[:20] else 0)
        return exchange(self, request, started)

    monkeypatch.setattr(Bench, "_exchange", noted)
    subjects = tuple(
        Subject(msgspec.Raw(msgspec.json.encode({"a": [number], "s": "a" * 60}))) for number in range(100)
    )
    endless = Program((Validation("object.s.find('(a+)+(a+)+(a+)+b$') != ''"),))
    with Bench(seconds=2) as bench:
        first = bench.ask(Task(Program((Validation("object.a[0] < 50"),)), subjects))
        later = bench.ask(Task(Program((Validation("object.a[0] >= 50"),)), subjects[::-1]))
        with pytest.raises(TooMuch):
            bench.ask(Task(endless, subjects[:1]))
        anew = bench.ask(Task(Program((Validation("object.a[0] < 50"),)), subjects))
    assert [each.outcome for each in first.judged] == [Outcome.HOLDS] * 50 + [Outcome.VIOLATED] * 50
    assert [each.outcome for each in later.judged] == [each.outcome for each in first.judged]
    assert anew == first
    assert [bool(size) for size in sizes] == [True, False, False, False, True, False]
    assert sizes[4] == sizes[0]


def test_each_object_is_judged_with_every_parameter_in_turn() -> None:
    subjects = tuple(Subject(msgspec.Raw(str(number).encode())) for number in range(2))
    params = tuple(Param(msgspec.Raw(str(number).encode())) for number in range(2))
    runs = tuple(Run(subject, param) for subject in range(2) for param in range(2))
    with Bench() as bench:
        reply = bench.ask(Task(Program((Validation("object == params"),)), subjects, params, runs))
    told = [each.outcome is Outcome.HOLDS for each in reply.judged]
    assert told == [True, False, False, True]


def test_objects_beyond_what_is_kept_ready_are_judged_the_same() -> None:
    language = Language()
    kept = Kept(language)
    kept.room = 1
    kept.add(tuple(Sent(msgspec.Raw(str(number).encode()), {}, 0, ()) for number in range(3)), (NULL,))
    want = Want()
    want.whole = True
    view = kept.view(want)
    object_, _, _ = language.compile("object")
    seen = [object_.eval(view.activation(view.shape(number), 0)).plain_value() for number in (2, 1, 0, 2)]
    assert seen == [2, 1, 0, 2]
    assert len(view._ready) == 1


ENDLESS = """
from checks.cel.bench import Bench
from checks.cel.protocol import Program, Subject, Task, Validation
import checks.cel.bench as bench, msgspec
start = bench._start
def told():
    process = start()
    print(process.pid, flush=True)
    return process
bench._start = told
with Bench(seconds=60) as one:
    raw = msgspec.Raw(msgspec.json.encode({"s": "a" * 60 + "b"}))
    one.ask(Task(Program((Validation("object.s.find('(a+)+(a+)+(a+)+$') != ''"),)), (Subject(raw),)))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a child")
def test_a_parent_that_is_killed_leaves_no_process_behind() -> None:
    parent = subprocess.Popen([sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent:
        child = int(parent.stdout.readline())
        time.sleep(2)
        parent.kill()
    until = time.monotonic() + 5
    while _runs(child) and time.monotonic() < until:
        time.sleep(0.1)
    left = _runs(child)
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    assert not left


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
