"""Sharing the work changes how long it takes, and nothing else; a process that dies loses nothing."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime

import msgspec
import pytest

from checks import frameworks, registry
from checks.cluster.sample import read_sample
from checks.model import Check, Result
from checks.run import evaluate
from checks.side_by_side import side_by_side

CHECKS = registry.all_checks()


@pytest.mark.parametrize("processes", [2, 3])
def test_the_scan_is_the_same_however_many_share_it(processes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checks.run._LARGE", 1)
    loaded = frameworks.load(("cis-kubernetes-2.0.1",))
    moment = datetime(2026, 11, 2, tzinfo=UTC)
    alone = evaluate(read_sample(moment), CHECKS, loaded, tool_version="test")
    shared = evaluate(read_sample(moment), CHECKS, loaded, tool_version="test", processes=processes)
    assert msgspec.json.encode(shared) == msgspec.json.encode(alone)
    assert len(alone.results) > 500


def killed(here: int) -> None:
    if os.getpid() != here:
        os.kill(os.getpid(), signal.SIGKILL)


def broken(here: int) -> None:
    if os.getpid() != here:
        raise MemoryError


@pytest.mark.parametrize("accident", [killed, broken])
def test_the_share_of_a_process_that_dies_is_judged_here(accident: object) -> None:
    here, seen = os.getpid(), []

    def judge(check: Check) -> tuple[Result, ...]:
        assert callable(accident)
        accident(here)
        seen.append(check.id)
        return ()

    judged = side_by_side(CHECKS, judge, 3)
    assert sorted(judged) == sorted(seen) == [check.id for check in CHECKS]


def test_no_process_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    fork, forked = os.fork, []

    def counted() -> int:
        forked.append(fork())
        return forked[-1]

    monkeypatch.setattr(os, "fork", counted)
    side_by_side(CHECKS, lambda _: (), 3)
    assert len(forked) == 2
    for process in forked:
        with pytest.raises(ChildProcessError):
            os.waitpid(process, os.WNOHANG)
