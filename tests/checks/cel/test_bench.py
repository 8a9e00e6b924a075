"""A hostile expression ends its own process, in time, and nothing else."""

from __future__ import annotations

import time

import msgspec
import pytest

from checks.cel.bench import Bench, TooMuch
from checks.cel.protocol import Outcome, Program, Subject, Task, Validation

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
    chain = "cel.bind(b, a+a, cel.bind(c, b+b, cel.bind(d, c+c, cel.bind(e, d+d, {0}))))"
    text = "cel.bind(a, object.s + object.s, {0})"
    for _ in range(6):
        text = text.format(chain.format("cel.bind(a, e+e, {0})"))
    with Bench(seconds=20) as bench:
        try:
            reply = bench.ask(task(Program((Validation(text.format("a.size() > 0")),))))
        except TooMuch as error:
            assert "memory" in str(error)  # noqa: PT017
        else:
            assert reply.broken or reply.judged[0].findings
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
