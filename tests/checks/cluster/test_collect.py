"""What is read of a cluster, and that what could not be read is said: against a planned server."""

import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from checks.cluster import collect as collecting
from checks.cluster import paging
from checks.cluster.collect import Listing, collect, list_kind
from checks.cluster.connect import Limits, open_api
from checks.cluster.errors import ClusterError, Forbidden, Unauthorized, Unreachable
from checks.cluster.kinds import KINDS
from checks.cluster.source import LiveCluster, take_snapshot
from checks.model import CoverageState
from tests.checks.cluster.wire import (
    QUICK,
    Answer,
    Wire,
    api_of,
    body,
    cut_short,
    dripping,
    dripping_head,
    items,
    named,
    reply,
    reset,
    soon,
    status,
    write_kubeconfig,
)

PODS = "/api/v1/pods"
METADATA = {
    kind.path: items(kind="PartialObjectMetadataList") for kind in KINDS.values() if kind.metadata_only
}


def listing(folder: Path, *answers: Answer, kind: str = "Pod", namespaces: tuple[str, ...] = ()) -> Listing:
    """What comes of these answers, the last one repeated."""
    plan: Iterator[Answer] = itertools.chain(answers, itertools.repeat(answers[-1]))
    with Wire({KINDS[kind].path: plan}) as wire, api_of(folder, wire.url) as api:
        return list_kind(api, KINDS[kind], namespaces)


def read_names(result: Listing) -> list[str]:
    return [each.metadata.name for each in result.items]


def expired(token: str) -> Answer:
    return reply({"kind": "Status", "code": 410, "message": "too old", "metadata": {"continue": token}}, 410)


def test_pages_are_joined(tmp_path: Path) -> None:
    plan = iter([items(named("a"), named("b"), token="t1"), items(named("c"), token="t2"), items(named("d"))])
    with Wire({PODS: plan}) as wire, api_of(tmp_path, wire.url) as api:
        result = list_kind(api, KINDS["Pod"])
        assert wire.asked == [
            f"{PODS}?limit=500",
            f"{PODS}?limit=500&continue=t1",
            f"{PODS}?limit=500&continue=t2",
        ]
    assert read_names(result) == ["a", "b", "c", "d"]
    assert result.coverage.state is CoverageState.COLLECTED
    assert (result.coverage.listed, result.coverage.reason) == (4, None)


@pytest.mark.parametrize("broken", [cut_short, reset])
def test_a_connection_that_breaks_in_a_page_costs_that_page_once_more(tmp_path: Path, broken: Answer) -> None:
    first, second = items(named("a"), token="t1"), items(named("b"))
    with Wire({PODS: iter([first, broken, second])}) as wire, api_of(tmp_path, wire.url) as api:
        assert read_names(list_kind(api, KINDS["Pod"])) == ["a", "b"]
        assert len(wire.asked) == 3


@pytest.mark.parametrize("head", [dripping_head, soon])
@pytest.mark.parametrize("path", ["/version", "/apis", PODS])
def test_an_answer_that_never_begins_ends_with_the_time(
    tmp_path: Path, head: Answer, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No wait for bytes is ever long here, so that only the time for everything can end it."""
    quick = Limits(connect=1, read=1, total=1)
    monkeypatch.setattr("checks.cluster.live.open_api", lambda target: open_api(target, quick))
    monkeypatch.setattr("checks.cluster.parallel._GRACE_SECONDS", 0.5)
    started = time.monotonic()
    with Wire({path: head}, items(named("x"))) as wire:
        target = LiveCluster(write_kubeconfig(tmp_path / "kubeconfig", wire.url))
        with pytest.raises(Unreachable):
            take_snapshot(target, progress=lambda *_: None, kinds=("Pod",))
        assert time.monotonic() - started < 10
        while any(each.name.startswith(("read", "ahead")) for each in threading.enumerate()):
            assert time.monotonic() - started < 15, "a thread waits on, with its connection"
            time.sleep(0.02)


def test_an_empty_list_may_have_no_items(tmp_path: Path) -> None:
    result = listing(tmp_path, reply({"kind": "PodList", "metadata": {}, "items": None}))
    assert (result.coverage.state, result.items) == (CoverageState.COLLECTED, ())


def test_an_expired_list_is_started_over(tmp_path: Path) -> None:
    result = listing(
        tmp_path,
        items(named("old"), token="t1"),
        expired("later"),
        items(named("a"), token="t2"),
        items(named("b")),
    )
    assert read_names(result) == ["a", "b"]
    assert result.coverage.reason is None


def test_a_list_that_expires_again_goes_on_and_says_so(tmp_path: Path) -> None:
    first, rest = items(named("a"), token="t1"), items(named("b"), version="2")
    result = listing(tmp_path, first, expired("x"), first, expired("later"), rest)
    assert read_names(result) == ["a", "b"]
    assert result.coverage.state is CoverageState.COLLECTED
    assert "two moments" in str(result.coverage.reason)


def test_a_list_that_always_expires_is_given_up(tmp_path: Path) -> None:
    result = listing(tmp_path, expired(""))
    assert result.coverage.state is CoverageState.FAILED
    assert "changed too much" in str(result.coverage.reason)


def test_a_list_that_does_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert listing(tmp_path, items(named("a"), token="same")).coverage.state is CoverageState.FAILED
    monkeypatch.setattr(paging, "MAX_PAGES", 10)
    pages = [items(named("a"), token=f"t{number}") for number in range(50)]
    result = listing(tmp_path, *pages)
    assert result.coverage.state is CoverageState.FAILED
    assert "does not end" in str(result.coverage.reason)


def test_one_bad_object_does_not_hide_the_others(tmp_path: Path) -> None:
    bad = {"metadata": {"name": 7}}
    result = listing(tmp_path, items(named("a"), bad, named("b"), token="t"), items(named("c")))
    assert read_names(result) == ["a", "b", "c"]
    assert result.coverage.state is CoverageState.FAILED
    assert result.coverage.listed == 3
    assert "1 of 4 could not be understood" in str(result.coverage.reason)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"kind": "PodList", "items": 3}', b"\xff\xff", b'{"kind": "Status"}'],
)
def test_what_is_no_list(tmp_path: Path, content: bytes) -> None:
    result = listing(tmp_path, body(content))
    assert result.coverage.state is CoverageState.FAILED
    assert "not a list of pods" in str(result.coverage.reason)


def test_403_names_the_right_that_is_missing(tmp_path: Path) -> None:
    result = listing(tmp_path, status(403, "no"), kind="Deployment")
    assert result.coverage.state is CoverageState.FORBIDDEN
    assert "list deployments.apps" in str(result.coverage.reason)


def test_404_is_absent(tmp_path: Path) -> None:
    assert listing(tmp_path, status(404)).coverage.state is CoverageState.ABSENT


def test_500_is_failed_with_its_words(tmp_path: Path) -> None:
    result = listing(tmp_path, status(500, "etcd is gone"))
    assert result.coverage.state is CoverageState.FAILED
    assert "etcd is gone" in str(result.coverage.reason)


def test_a_namespace_may_be_listed_where_all_may_not(tmp_path: Path) -> None:
    plan = {
        PODS: status(403),
        "/api/v1/namespaces/a/pods": items(named("in-a")),
        "/api/v1/namespaces/b/pods": items(named("in-b")),
        "/api/v1/nodes": status(403),
    }
    with Wire(plan) as wire, api_of(tmp_path, wire.url) as api:
        pods = list_kind(api, KINDS["Pod"], ("a", "b"))
        denied = list_kind(api, KINDS["Pod"], ("a", "c"))
        nodes = list_kind(api, KINDS["Node"], ("a",))
    assert read_names(pods) == ["in-a", "in-b"]
    assert pods.coverage.state is CoverageState.COLLECTED
    assert "only in the namespaces a, b" in str(pods.coverage.reason)
    assert denied.coverage.state is CoverageState.FAILED
    assert nodes.coverage.state is CoverageState.FORBIDDEN


def test_secrets_are_asked_for_and_taken_as_metadata_only(tmp_path: Path) -> None:
    secret = named("s", data={"password": "aHVudGVyMg=="})
    secret["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": "hunter2"}
    plan = {KINDS["Secret"].path: iter([items(secret, kind="PartialObjectMetadataList"), items(secret)])}
    with Wire(plan) as wire, api_of(tmp_path, wire.url) as api:
        metadata = list_kind(api, KINDS["Secret"])
        whole = list_kind(api, KINDS["Secret"])
        assert "PartialObjectMetadataList" in wire.headers[0]["accept"]
        assert "," not in wire.headers[0]["accept"]
    assert read_names(metadata) == ["s"]
    assert "hunter2" not in repr(metadata)
    assert whole.coverage.state is CoverageState.FAILED
    assert whole.items == ()


def gather(
    folder: Path, plan: dict[str, Any], otherwise: Answer, limits: Limits = QUICK
) -> dict[str, Listing]:
    with Wire(plan, otherwise) as wire, api_of(folder, wire.url, limits) as api:
        return collect(api, KINDS.values(), (), lambda *_: None)


def test_every_kind_is_there_and_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    with Wire(METADATA, items(named("x"))) as wire, api_of(tmp_path, wire.url) as api:
        read = collect(api, KINDS.values(), (), lambda *step: told.append(step))
    assert set(read) == set(KINDS)
    assert all(each.coverage.state is CoverageState.COLLECTED for each in read.values())
    assert [done for _, done, _ in told] == list(range(1, len(KINDS) + 1))
    assert {name for name, _, _ in told} == set(KINDS)


def test_one_forbidden_kind_does_not_stop_the_others(tmp_path: Path) -> None:
    read = gather(
        tmp_path, {KINDS["Secret"].path: status(403), KINDS["ConfigMap"].path: status(404)}, items()
    )
    states = {name: each.coverage.state for name, each in read.items()}
    assert states.pop("Secret") is CoverageState.FORBIDDEN
    assert states.pop("ConfigMap") is CoverageState.ABSENT
    assert set(states.values()) == {CoverageState.COLLECTED}


@pytest.mark.parametrize(
    ("answer", "error"),
    [(status(403), Forbidden), (status(401), Unauthorized), (status(404), ClusterError)],
)
def test_nothing_at_all_is_an_error(tmp_path: Path, answer: Answer, error: type[ClusterError]) -> None:
    with pytest.raises(error) as caught:
        gather(tmp_path, {}, answer)
    assert caught.value.next_step


def test_a_kind_that_never_ends_does_not_hold_up_the_rest(tmp_path: Path) -> None:
    read = gather(tmp_path, {**METADATA, PODS: dripping}, items(), Limits(read=8, total=4))
    states = {name: each.coverage.state for name, each in read.items()}
    assert states.pop("Pod") is CoverageState.FAILED
    assert set(states.values()) == {CoverageState.COLLECTED}
    assert "within 4 s" in str(read["Pod"].coverage.reason)


def test_when_everything_is_too_slow(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="within 1 s"):
        gather(tmp_path, {}, dripping, Limits(read=5, total=1))


def test_a_mistake_of_ours_is_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> Listing:
        raise ZeroDivisionError

    monkeypatch.setattr(collecting, "list_kind", broken)
    with pytest.raises(ZeroDivisionError):
        gather(tmp_path, {}, items())


def test_a_list_nested_without_end(tmp_path: Path) -> None:
    result = listing(tmp_path, body(b'{"kind": "PodList", "x": ' + b"[" * 100_000))
    assert result.coverage.state is CoverageState.FAILED
    assert "not a list of pods" in str(result.coverage.reason)
