"""Runs are kept whole or not at all, found again, and come back byte for byte."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from checks.model import ClusterInfo, Evidence, Result, Scan, Status
from reports.document.evidence import digest, evidence
from reports.history import History, Run, RunState
from reports.history.errors import DamagedScan, HistoryError, UnknownRun
from reports.history.ids import run_ids
from reports.history.url import connect_arguments, parse
from tests.harness.scans import NOON, result, scan

HOUR = timedelta(hours=1)


def save(history: History, *results: Result, after: float = 0, **values: object) -> Run:
    """Keep a scan of these results, finished `after` hours after noon."""
    return history.save(scan(*results, finished=NOON + after * HOUR, **values), requested_by="erin")  # type: ignore[arg-type]


def table(url: str, statement: str) -> list[tuple[object, ...]]:
    """What is in the database, past all of our code."""
    parsed = parse(url)
    if parsed.drivername != "sqlite":
        parsed, _ = connect_arguments(parsed)
    engine = create_engine(parsed)
    try:
        with engine.begin() as connection:
            found = connection.execute(text(statement))
            return [tuple(row) for row in found] if found.returns_rows else []
    finally:
        engine.dispose()


def test_a_scan_comes_back_byte_for_byte(history: History) -> None:
    kept = scan(result("web"), result("api", Status.PASS), result("job", Status.NOT_EVALUATED))
    run = history.save(kept, requested_by="erin", schedule="weekly", scheduled_for=NOON)
    assert evidence(history.scan(run.id)) == evidence(kept)
    assert run.sha256 == digest(evidence(kept))
    assert history.run(run.id) == run
    assert (run.schedule, run.scheduled_for) == ("weekly", NOON)
    assert (run.started, run.finished) == (kept.started, kept.finished)
    assert run.counts == {Status.FAIL: 1, Status.PASS: 1, Status.NOT_EVALUATED: 1}
    assert run.failures == 1


def test_any_json_as_evidence_comes_back(history: History) -> None:
    observed = {"b": [1, 2.5, None, True], "a": {"ключ": "\u202e\0\U0001f6a2", "": []}}
    odd = msgspec.structs.replace(result("web"), evidence=(Evidence("a[0].b", observed, "none"),))
    run = history.save(scan(odd), requested_by="erin")
    assert evidence(history.scan(run.id)) == evidence(scan(odd))


def test_rows_are_the_results_that_are_no_pass(history: History) -> None:
    run = save(history, result("web"), result("api", Status.PASS), result("job", Status.ERROR))
    first, second = history.rows(run.id)
    assert (first.name, first.status, first.message) == ("web", Status.FAIL, "runs privileged")
    assert (first.kind, first.namespace, first.locus) == ("Deployment", "shop", "containers/app")
    assert (second.name, second.status, second.message) == ("job", Status.ERROR, "it is error")


def test_text_that_no_database_holds_is_kept_harmless(history: History) -> None:
    run = save(history, result("web\0'; DROP TABLE runs; --", message="half \ud83d and \0 nul"[:4] + "\0"))
    (row,) = history.rows(run.id)
    assert row.name == "web\ufffd'; DROP TABLE runs; --"
    assert row.message == "half\ufffd"
    assert history.run(run.id) == run


def test_runs_are_found_by_time_cluster_and_number(history: History) -> None:
    other = ClusterInfo("other-uid", "island", "v1.36.0", "kind")
    first, second = save(history), save(history, after=2)
    elsewhere = save(history, after=3, cluster=other)
    assert history.runs() == (elsewhere, second, first)
    assert history.runs(limit=1) == (elsewhere,)
    assert history.latest(first.cluster_uid) == second
    assert history.latest("nobody") is None
    assert history.previous(second) == first
    assert history.previous(first) is None
    assert history.previous(elsewhere) is None


def test_a_run_is_compared_with_one_of_the_same_namespaces(history: History) -> None:
    whole = save(history)
    part = save(history, after=1, namespaces=("b", "a"))
    assert history.previous(part) is None
    assert history.previous(save(history, after=2)) == whole
    assert history.previous(save(history, after=3, namespaces=("a", "b"))) == part


def test_scans_of_the_same_moment_follow_each_other(history: History) -> None:
    runs = [save(history) for _ in range(15)]
    assert len({run.id for run in runs}) == 15
    assert [history.previous(run) for run in runs] == [None, *runs[:-1]]


def test_a_late_scan_is_placed_where_it_belongs(history: History) -> None:
    later = save(history, result("web"), after=5)
    earlier = save(history, result("web"))
    assert history.previous(later) == earlier
    (life,) = history.findings(later.cluster_uid).values()
    assert (life.first_seen, life.first_run) == (NOON, earlier.id)
    assert (life.last_seen, life.last_run) == (NOON + 5 * HOUR, later.id)


def test_findings_live_from_the_first_to_the_last_scan_that_had_them(history: History) -> None:
    web, api = result("web"), result("api")
    first = save(history, web)
    save(history, web, api, after=1)
    third = save(history, api, after=2)
    save(history, result("web", Status.PASS), after=3)
    lives = history.findings(first.cluster_uid)
    assert lives.keys() == {web.fingerprint, api.fingerprint}
    assert lives[web.fingerprint].first_run == first.id
    assert lives[web.fingerprint].last_seen == NOON + HOUR
    assert lives[api.fingerprint].first_seen == NOON + HOUR
    assert lives[api.fingerprint].last_run == third.id


def test_the_name_of_a_cluster_is_the_last_one_it_had(history: History, url: str) -> None:
    run = save(history)
    renamed = msgspec.structs.replace(scan().cluster, name="harbour-2")
    later = save(history, after=1, cluster=renamed)
    assert table(url, "SELECT uid, name FROM clusters") == [(run.cluster_uid, "harbour-2")]
    assert history.run(run.id).cluster_name == "harbour"
    assert later.cluster_name == "harbour-2"


def test_a_run_under_way_and_a_failed_one_are_visible_but_no_result(history: History) -> None:
    going, lost = (history.begin("harbour", requested_by=who) for who in ("erin", "ada"))
    history.fail(lost, "The API server cannot be reached.")
    failed, running = history.attempts()
    assert (failed.id, failed.state, failed.error) == (
        lost,
        RunState.FAILED,
        "The API server cannot be reached.",
    )
    assert (running.id, running.state, running.ended) == (going, RunState.RUNNING, None)
    assert history.runs() == ()
    run = history.save(scan(), requested_by="erin", run_id=going)
    assert run.id == going
    assert history.attempts()[1].state is RunState.DONE
    for misuse in (
        lambda: history.fail(going, "again"),
        lambda: history.save(scan(), requested_by="", run_id=lost),
    ):
        with pytest.raises(UnknownRun):
            misuse()


@pytest.mark.parametrize("ask", ["run", "scan", "rows"])
def test_an_unknown_run_is_said_to_be_unknown(history: History, ask: str) -> None:
    with pytest.raises(UnknownRun, match="There is no finished run r-nope"):
        getattr(history, ask)("r-nope")


def test_a_scan_that_breaks_half_way_leaves_nothing(history: History, url: str) -> None:
    """The second result has the fingerprint of the first: refused when the run is already written."""
    with pytest.raises(HistoryError):
        save(history, result("web"), result("web"))
    tables = ("runs", "scans", "results", "findings", "clusters")
    assert [table(url, f"SELECT count(*) FROM {name}") for name in tables] == [[(0,)]] * len(tables)
    assert save(history, result("web")).failures == 1


def test_a_scan_that_was_tampered_with_is_refused(history: History, url: str) -> None:
    run = save(history, result("web"))
    table(url, f"UPDATE runs SET sha256 = '{'0' * 64}'")
    with pytest.raises(DamagedScan, match="SHA-256 differs"):
        history.scan(run.id)
    table(url, "UPDATE scans SET compressed = " + ("x'00'" if "sqlite" in url else r"'\x00'"))
    with pytest.raises(DamagedScan, match="cannot be read back"):
        history.scan(run.id)


def test_threads_save_side_by_side(history: History) -> None:
    barrier = threading.Barrier(6)

    def one(number: int) -> Run:
        barrier.wait()
        return save(history, *(result(f"web-{each}") for each in range(50)), after=number)

    with ThreadPoolExecutor(6) as pool:
        runs = list(pool.map(one, range(6)))
    assert sorted(run.id for run in history.runs()) == sorted(run.id for run in runs)
    assert all(len(history.rows(run.id)) == 50 for run in runs)


def test_a_naive_time_is_refused(history: History) -> None:
    naive: Scan = msgspec.structs.replace(scan(), finished=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(HistoryError):
        history.save(naive, requested_by="erin")
    assert history.runs() == ()


@given(st.lists(st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)), min_size=2))  # noqa: DTZ001
def test_ids_sort_as_their_moments_do(moments: list[datetime]) -> None:
    ids = [next(run_ids(moment)) for moment in sorted(moments)]
    assert ids == sorted(ids)
    assert all(len(each) == len("r-20261124-k3f9") for each in ids)


def test_ids_never_run_out() -> None:
    last = datetime(2026, 11, 24, 23, 59, 59, 999999, tzinfo=UTC)
    many = list(islice(run_ids(last), 50_000))
    assert len(set(many)) == 50_000


def test_the_last_run_of_a_cluster_is_found_behind_limited_ones(history: History) -> None:
    kept = save(history)
    limited = save(history, after=1, namespaces=("web",))
    assert limited.cluster_name == kept.cluster_name
    assert history.last_of(kept.cluster_name) == kept
    assert history.last_of("nobody") is None


def test_rights_are_those_of_the_newest_run_up_to_a_moment_else_of_the_oldest_after(history: History) -> None:
    assert history.rights_at("harbour", NOON) is None
    for hours in (1, 3):
        kept = scan(result("web"), finished=NOON + hours * HOUR)
        history.save(kept, requested_by="erin", rights=b"at %d" % hours)
    save(history, result("web"), after=4)
    name = history.runs(1)[0].cluster_name
    found = [history.rights_at(name, NOON + hours * HOUR) for hours in (0, 1, 2, 3, 9)]
    assert [each and each[1] for each in found] == [b"at 1", b"at 1", b"at 1", b"at 3", b"at 3"]
    assert found[0] is not None
    assert found[0][0].finished == NOON + HOUR
    assert history.rights_at("another", NOON) is None


def test_runs_with_rights_are_of_one_cluster_and_newest_first(history: History) -> None:
    kept = [
        history.save(
            scan(result("web"), finished=NOON + hours * HOUR), requested_by="erin", rights=b"at %d" % hours
        )
        for hours in (2, 3, 1)
    ]
    save(history, result("web"), after=4)
    uid = kept[0].cluster_uid
    assert history.with_rights(uid, 9) == (kept[1], kept[0], kept[2])
    assert history.with_rights(uid, 1) == (kept[1],)
    assert history.with_rights("another", 9) == ()
    assert history.rights_of(kept[2].id) == b"at 1"
    with pytest.raises(UnknownRun, match="Nothing about rights was kept with run r-nope"):
        history.rights_of("r-nope")
