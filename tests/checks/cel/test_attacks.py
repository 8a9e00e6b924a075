"""Policies that mean harm, and a judging process that comes to harm.

Each is an error that names the policy, the others are judged, it ends in time, and nothing is left behind.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from checks.admission import judging
from checks.admission.judging import judge
from checks.admission.policy import Bound, Policy
from checks.cel import bench as benches
from checks.cel.bench import Bench
from checks.cel.protocol import Named, Program, Validation
from checks.cluster import objects as o
from checks.cluster.redaction import WholeKind, redacted
from checks.cluster.snapshot import Snapshot
from checks.model import ClusterInfo, Remediation, Severity, Status, Verdict

EVERYTHING = o.ResourceRule(
    api_groups=("*",), api_versions=("*",), operations=("*",), resources=("*",), scope="*"
)
ENDLESS = "object.spec.text.find('(a+)+(a+)+(a+)+$') != ''"
FINE = "object.metadata.name != 'x'"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def policy(name: str, expression: str, *variables: Named) -> Policy:
    return Policy(
        f"vap-{name}",
        name,
        Severity.LOW,
        "",
        Remediation("", ""),
        Program((Validation(expression),), variables=variables),
        match=o.MatchResources(resource_rules=(EVERYTHING,)),
        bound=(Bound("b"),),
        source=name,
    )


def snapshot(count: int = 3) -> Snapshot:
    given = [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"p{n}"}, "spec": {"text": "a" * 60 + "b"}}
        for n in range(count)
    ]
    pods = WholeKind("v1", "Pod", "pods", items=tuple(redacted(each) for each in given))
    return Snapshot(
        cluster=ClusterInfo("u", "c", "v1.37.2", ""), started=NOW, finished=NOW, coverage=(), whole=(pods,)
    )


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The judging processes that were begun; none of them is there afterwards."""
    begun: list[subprocess.Popen[bytes]] = []
    start = benches._start

    def noted() -> subprocess.Popen[bytes]:
        begun.append(start())
        return begun[-1]

    monkeypatch.setattr(benches, "_start", noted)
    yield begun
    assert all(each.poll() is not None for each in begun)


def said(
    monkeypatch: pytest.MonkeyPatch, *policies: Policy, seconds: float = 2, total: float = 60
) -> dict[str, tuple[Verdict, ...]]:
    monkeypatch.setattr(judging, "Bench", lambda programs: Bench(programs, seconds=seconds, total=total))
    return judge(policies, snapshot())


def error_of(verdicts: tuple[Verdict, ...]) -> str:
    (only,) = verdicts
    assert only.status is Status.ERROR
    return only.reason or ""


def passed(verdicts: tuple[Verdict, ...]) -> bool:
    return len(verdicts) == 3 and all(each.status is Status.PASS for each in verdicts)


DOUBLING = tuple(Named(f"v{n + 1}", f"variables.v{n}.replace('a', variables.v{n})") for n in range(5))


@pytest.mark.parametrize(
    ("attack", "reason"),
    [
        (policy("bad", ENDLESS), "longer than 2 s"),
        (policy("bad", "'" + "x" * (1 << 20) + "' != ''"), "cannot be compiled"),
        (policy("bad", " || ".join(["object.a == 1"] * 100_000)), "cannot be compiled"),
        (policy("bad", "(" * 300 + "true" + ")" * 300), "cannot be compiled"),
        (policy("bad", "[" * 200 + "]" * 200 + " == []"), "cannot be compiled"),
        (policy("bad", "!" * 2000 + "true"), ""),
        (policy("bad", "-" * 2000 + "1 == 1"), ""),
        (policy("bad", "object" + ".a" * 30_000 + " == 1"), "cannot be compiled"),
        (policy("bad", "1" + " + 1" * 20_000 + " == 1"), "cannot be compiled"),
        (policy("bad", "variables.v5.size() > 0", Named("v0", "object.spec.text"), *DOUBLING), "memory"),
        (policy("bad", "'\ud800' == ''"), "what is no text"),
        (policy("bad", "object.spec.text == '\x00'"), ""),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_hostile_expression_is_an_error_and_the_next_policy_is_judged(
    monkeypatch: pytest.MonkeyPatch,
    children: list[subprocess.Popen[bytes]],
    attack: Policy,
    reason: str,
) -> None:
    started = time.monotonic()
    seconds = 20 if reason == "memory" else 2
    found = said(monkeypatch, policy("one", FINE), attack, policy("two", FINE), seconds=seconds)
    assert time.monotonic() - started < 60
    assert passed(found["vap-one"])
    assert passed(found["vap-two"])
    if reason:
        assert reason in error_of(found["vap-bad"])
        assert error_of(found["vap-bad"]).startswith("bad: ")
    assert children


def harmed(children: list[subprocess.Popen[bytes]], harm: Callable[[int], None]) -> threading.Thread:
    """Do harm to the judging process once it is at work."""

    def work() -> None:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            if children and _processor_seconds(children[-1].pid) > 0.5:
                harm(children[-1].pid)
                return
            time.sleep(0.05)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def _processor_seconds(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return int(fields[11]) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="harm is done by Linux's means")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_judging_process_that_comes_to_harm_costs_one_policy(
    monkeypatch: pytest.MonkeyPatch, children: list[subprocess.Popen[bytes]], number: signal.Signals
) -> None:
    thread = harmed(children, lambda process: os.kill(process, number))
    found = said(monkeypatch, policy("one", FINE), policy("bad", ENDLESS), policy("two", FINE), seconds=4)
    thread.join()
    assert passed(found["vap-one"])
    assert passed(found["vap-two"])
    assert error_of(found["vap-bad"]).startswith("bad: ")
    assert len(children) > 1


def test_a_judging_process_that_answers_nonsense(
    monkeypatch: pytest.MonkeyPatch, children: list[subprocess.Popen[bytes]]
) -> None:
    ask = Bench._exchange
    answers = iter([bytearray(b"{}\n"), bytearray(b"what\n")])
    monkeypatch.setattr(
        Bench, "_exchange", lambda self, request, started: next(answers, None) or ask(self, request, started)
    )
    found = said(monkeypatch, policy("bad", FINE), policy("two", FINE))
    assert "answered what is no answer" in error_of(found["vap-bad"])
    assert passed(found["vap-two"])


def test_all_policies_together_end_in_time(
    monkeypatch: pytest.MonkeyPatch, children: list[subprocess.Popen[bytes]]
) -> None:
    started = time.monotonic()
    found = said(monkeypatch, *(policy(f"p{n}", ENDLESS) for n in range(50)), seconds=1, total=4)
    assert time.monotonic() - started < 20
    assert all(error_of(each).startswith(f"{id_.removeprefix('vap-')}: ") for id_, each in found.items())
    assert "used up" in error_of(found["vap-p49"])


def test_thousands_of_policies_for_everything_are_all_judged(
    monkeypatch: pytest.MonkeyPatch, children: list[subprocess.Popen[bytes]]
) -> None:
    many = [policy(f"p{n}", f"object.metadata.name != 'x{n}' && has(object.spec)") for n in range(2000)]
    found = said(monkeypatch, *many, seconds=20)
    assert len(found) == 2000
    assert all(passed(each) for each in found.values())
    assert len(children) == 1


def test_more_results_than_fit_into_memory_are_an_error(
    monkeypatch: pytest.MonkeyPatch, children: list[subprocess.Popen[bytes]]
) -> None:
    monkeypatch.setattr(judging, "MOST_RUNS", 4)
    found = said(monkeypatch, policy("one", FINE), policy("two", FINE))
    assert passed(found["vap-one"])
    assert "judge more than 4 objects" in error_of(found["vap-two"])


def test_a_message_of_any_length_is_cut(
    monkeypatch: pytest.MonkeyPatch, children: list[subprocess.Popen[bytes]]
) -> None:
    words = Validation(
        "false", "", "object.spec.text.replace('a', object.spec.text).replace('a', 'xxxxxxxxx')"
    )
    found = said(monkeypatch, replace(policy("one", FINE), program=Program((words,))))
    assert all(len(each.message) < 1200 for each in found["vap-one"])
