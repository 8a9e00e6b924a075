"""One moment for all kinds: asked for by resource version, given up with a word where it is not shown."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from checks.cluster.collect import Listing, Page, list_kind
from checks.cluster.collect_whole import read_whole
from checks.cluster.kinds import KINDS
from checks.cluster.paging import METADATA_ONLY, ListMeta, Moment, now, read_pages
from checks.cluster.source import LiveCluster, take_snapshot
from checks.cluster.whole import asked_by_kind
from checks.model import CoverageState
from tests.checks.cluster.wire import Answer, Wire, api_of, items, named, reply, status, write_kubeconfig

PODS = KINDS["Pod"].path
THEN = "resourceVersion=41&resourceVersionMatch=Exact"
APART = "it is of another moment than the other kinds"
REASON = "ResourceVersionTooLarge"
YET_TO_COME = reply(
    {"kind": "Status", "code": 504, "message": "Too large", "details": {"causes": [{"reason": REASON}]}}, 504
)


def read(folder: Path, *answers: Answer) -> tuple[Listing, list[str]]:
    """Pods as of resource version 41, and what was asked for; the last answer is repeated."""
    plan: Iterator[Answer] = itertools.chain(answers, itertools.repeat(answers[-1]))
    with Wire({PODS: plan}) as wire, api_of(folder, wire.url) as api:
        return list_kind(api, KINDS["Pod"], moment=Moment("41")), [
            path.partition("?limit=500")[2].removeprefix("&") for path in wire.asked
        ]


def names(listing: Listing) -> list[str]:
    return [each.metadata.name for each in listing.items]


def test_a_kind_is_read_as_of_the_moment(tmp_path: Path) -> None:
    listing, asked = read(
        tmp_path, items(named("a"), token="t", version="41"), items(named("b"), version="41")
    )
    assert asked == [THEN, "continue=t"]
    assert names(listing) == ["a", "b"]
    assert listing.coverage.reason is None


def test_the_next_page_is_asked_for_while_this_one_is_decoded(tmp_path: Path) -> None:
    plan = iter([items(named("a"), token="t"), items(named("b"))])
    with Wire({PODS: plan}) as wire, api_of(tmp_path, wire.url) as api:

        def decode(body: bytearray) -> tuple[ListMeta, int]:
            until = time.monotonic() + 10
            while len(wire.asked) < 2 and time.monotonic() < until:
                time.sleep(0.01)
            return msgspec.json.decode(body, type=Page[dict[str, object]]).metadata, len(wire.asked)

        assert read_pages(api, PODS, {}, decode).pages == (2, 2)


def test_a_token_behind_the_objects_is_followed_too(tmp_path: Path) -> None:
    late = reply({"kind": "List", "items": [named("a")], "metadata": {"continue": "t"}})
    listing, asked = read(tmp_path, late, items(named("b"), version="41"))
    assert asked == [THEN, "continue=t"]
    assert names(listing) == ["a", "b"]


@pytest.mark.parametrize("no", [status(400, "unknown"), status(410, "compacted"), YET_TO_COME])
def test_where_the_moment_is_not_shown_the_list_is_of_now_and_says_so(tmp_path: Path, no: Answer) -> None:
    listing, asked = read(tmp_path, no, items(named("a"), version="52"))
    assert asked == [THEN, ""]
    assert names(listing) == ["a"]
    assert listing.coverage.state is CoverageState.COLLECTED
    assert APART in str(listing.coverage.reason)


def test_a_moment_that_expires_between_pages_gives_way_to_now(tmp_path: Path) -> None:
    old = items(named("old"), token="t", version="41")
    listing, asked = read(tmp_path, old, status(410, "compacted"), items(named("a"), version="52"))
    assert asked == [THEN, "continue=t", ""]
    assert names(listing) == ["a"]
    assert APART in str(listing.coverage.reason)


@pytest.mark.parametrize("version", ["52", ""])
def test_a_server_that_does_not_keep_to_the_moment_is_noticed(tmp_path: Path, version: str) -> None:
    listing, asked = read(tmp_path, items(named("a"), version=version))
    assert asked == [THEN]
    assert names(listing) == ["a"]
    assert APART in str(listing.coverage.reason)


def test_a_refusal_that_is_not_about_the_moment_is_told_as_it_is(tmp_path: Path) -> None:
    listing, asked = read(tmp_path, status(400, "no such thing"))
    assert asked == [THEN, ""]
    assert listing.coverage.state is CoverageState.FAILED
    assert "no such thing" in str(listing.coverage.reason)


def test_one_that_expires_for_ever_is_given_up(tmp_path: Path) -> None:
    expired = reply({"kind": "Status", "code": 410, "metadata": {"continue": "on"}}, 410)
    listing, asked = read(tmp_path, expired)
    assert listing.coverage.state is CoverageState.FAILED
    assert len(asked) < 6


def test_the_moment_is_what_the_first_kind_that_may_be_listed_says(tmp_path: Path) -> None:
    kinds = [KINDS["KyvernoPolicy"], KINDS["EncryptionConfig"], KINDS["Secret"], KINDS["Pod"], KINDS["Node"]]
    plan = {KINDS["Secret"].path: status(403), PODS: items(named("a"), version="41")}
    with Wire(plan, items(version="7")) as wire, api_of(tmp_path, wire.url) as api:
        assert now(api, kinds) == Moment("41")
        assert wire.asked == [f"{KINDS['Secret'].path}?limit=1", f"{PODS}?limit=1"]
        assert {each["accept"] for each in wire.headers} == {METADATA_ONLY}


def test_the_moment_may_be_asked_for_in_a_namespace(tmp_path: Path) -> None:
    plan = {PODS: status(403), "/api/v1/namespaces/mine/pods": items(version="41")}
    with Wire(plan) as wire, api_of(tmp_path, wire.url) as api:
        assert now(api, [KINDS["Pod"]], ("mine",)) == Moment("41")
        assert now(api, [KINDS["Pod"]]) is None


@pytest.mark.parametrize("version", ["", "0", "41/7", "-1", "4" * 30, "41\n"])
def test_what_is_no_count_is_no_moment(tmp_path: Path, version: str) -> None:
    with Wire({PODS: items(version=version)}) as wire, api_of(tmp_path, wire.url) as api:
        assert now(api, [KINDS["Pod"]]) is None


@pytest.mark.parametrize("answer", [status(500), status(401), reply([1]), reply({"metadata": None})])
def test_a_server_that_says_no_moment(tmp_path: Path, answer: Answer) -> None:
    with Wire({PODS: answer}) as wire, api_of(tmp_path, wire.url) as api:
        assert now(api, [KINDS["Pod"], KINDS["Node"]]) is None
        assert {path.partition("?")[0] for path in wire.asked} == {PODS}


def test_all_kinds_of_a_snapshot_are_read_as_of_one_moment(tmp_path: Path) -> None:
    with Wire(otherwise=items(version="41")) as wire:
        kubeconfig = write_kubeconfig(tmp_path / "kubeconfig", wire.url)
        take_snapshot(LiveCluster(kubeconfig), progress=lambda *_: None, kinds=("Node", "Pod", "Job"))
        lists = [path for path in wire.asked if "limit=500" in path]
    assert len(lists) == 3
    assert all(THEN in path for path in lists)


def test_whole_objects_are_of_the_same_moment(tmp_path: Path) -> None:
    with Wire(otherwise=items(version="41")) as wire, api_of(tmp_path, wire.url) as api:
        read_whole(api, [asked_by_kind("v1", "Pod")], {}, Moment("41"))
        assert wire.asked == [f"{PODS}?limit=500&{THEN}"]
