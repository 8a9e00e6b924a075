"""Threads and names are kept on both databases, shared by replicas, and forgotten in time."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks.model import CoverageState, KindCoverage
from reports.history import History, Thread
from tests.harness.scans import NOON, resource, result, scan


def test_a_thread_is_kept_replaced_and_shared(url: str) -> None:
    one, other = History.open(url), History.open(url)
    assert one.thread("C1/1") is None
    one.remember("C1/1", Thread("scan"))
    other.remember("C1/1", Thread("list privileged", "r-1", "fix 'a b'"))
    other.remember("C1/2", Thread("half \ud83d and \0 nul"))
    assert one.thread("C1/1") == Thread("list privileged", "r-1", "fix 'a b'")
    assert one.thread("C1/2") == Thread("half ? and \ufffd nul")
    one.close()
    other.close()


def test_a_thread_is_forgotten_after_a_week(url: str) -> None:
    now = NOON
    history = History.open(url, clock=lambda: now)
    history.remember("old", Thread("scan"))
    now += timedelta(days=7, seconds=1)
    assert history.thread("old") is None
    history.remember("new", Thread("status"))
    now -= timedelta(days=1)
    assert history.thread("old") is None
    assert history.thread("new") == Thread("status")
    history.close()


def test_a_run_keeps_the_names_that_it_saw(history: History) -> None:
    kept = scan(
        result("web"),
        result("web", locus="other"),
        result(resource("data", "Namespace", None)),
        result(resource("view", "ClusterRole", None)),
        result(resource("front", "Service")),
    )
    run = history.save(kept, requested_by="erin")
    assert history.names(run.id) == {
        "namespaces": ("data", "shop"),
        "roles": ("view",),
        "workloads": ("shop/web",),
        "services": ("shop/front",),
    }
    assert history.names("r-none") == {}


def test_of_what_was_not_read_whole_no_name_is_kept(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = replace(scan(result("web")), coverage=(KindCoverage("Job", "batch/v1", CoverageState.FORBIDDEN),))
    run = history.save(part, requested_by="erin")
    assert history.names(run.id)["workloads"] == ()
    assert history.names(run.id)["namespaces"] == ("shop",)
    monkeypatch.setattr("reports.history.names._MOST", 1)
    run = history.save(scan(result("web"), result("api")), requested_by="erin")
    assert history.names(run.id)["workloads"] == ()
