"""A hostile expression ends its own process, in time, and nothing else."""

from __future__ import annotations

import time

import msgspec
import pytest

from checks.cel.bench import Bench, TooMuch
from checks.cel.protocol import Named, Outcome, Program, Subject, Task, Validation

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
