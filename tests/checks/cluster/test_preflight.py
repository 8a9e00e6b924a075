"""What may not be listed is asked for before anything is read, and nothing else is asked for."""

import json
from collections.abc import Iterator
from pathlib import Path

from checks.cluster.discovery import UNKNOWN, Served
from checks.cluster.kinds import KINDS, Kind
from checks.cluster.preflight import rights
from checks.cluster.source import LiveCluster, take_snapshot
from tests.checks.cluster.wire import (
    Answer,
    Handler,
    Wire,
    api_of,
    items,
    named,
    reply,
    status,
    write_kubeconfig,
)

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def reviewing(asked: list[dict[str, str]], *denied: str) -> Answer:
    """Answers every review: no for these resources, yes for all others."""

    def answer(handler: Handler) -> None:
        attributes = json.loads(handler.sent)["spec"]["resourceAttributes"]
        asked.append(attributes)
        reply({"status": {"allowed": attributes["resource"] not in denied}}, 201)(handler)

    return answer


def test_one_question_for_each_kind(tmp_path: Path) -> None:
    asked: list[dict[str, str]] = []
    kinds = (KINDS["Pod"], KINDS["Secret"], KINDS["Deployment"])
    with Wire({REVIEWS: reviewing(asked, "secrets")}) as wire, api_of(tmp_path, wire.url) as api:
        assert rights(api, kinds, UNKNOWN) == {"Pod": True, "Secret": False, "Deployment": True}
    assert {each["verb"] for each in asked} == {"list"}
    assert {(each["group"], each["resource"]) for each in asked} == {
        ("", "pods"),
        ("", "secrets"),
        ("apps", "deployments"),
    }


def test_a_view_is_asked_for_where_it_is_and_by_its_names(tmp_path: Path) -> None:
    asked: list[dict[str, str]] = []
    view = Kind(KINDS["ConfigMap"].type, "configmaps", namespace="kube-system", names=("a", "b"))
    with Wire({REVIEWS: reviewing(asked)}) as wire, api_of(tmp_path, wire.url) as api:
        assert rights(api, (view,), UNKNOWN) == {"ConfigMap": True}
    assert {each["namespace"] for each in asked} == {"kube-system"}
    assert [each["name"] for each in asked] == ["a", "b"]


def test_no_right_is_needed_for_files_and_for_add_ons_that_are_not_there(tmp_path: Path) -> None:
    asked: list[dict[str, str]] = []
    kinds = [kind for kind in KINDS.values() if kind.elsewhere or kind.custom]
    with Wire({REVIEWS: reviewing(asked)}) as wire, api_of(tmp_path, wire.url) as api:
        assert rights(api, kinds, Served({}, {})) == {}
    assert asked == []


def test_a_server_that_does_not_say(tmp_path: Path) -> None:
    plan: Iterator[Answer] = iter([status(500)] * 4 + [reply({"status": {"allowed": True}}, 201)])
    with Wire({REVIEWS: status(403)}) as wire, api_of(tmp_path, wire.url) as api:
        assert rights(api, (KINDS["Pod"],), UNKNOWN) == {"Pod": None}
    with Wire({REVIEWS: plan}) as wire, api_of(tmp_path, wire.url) as api:
        assert rights(api, (KINDS["Pod"],), UNKNOWN) == {"Pod": None}


def test_it_is_told_before_the_first_kind_is_read(tmp_path: Path) -> None:
    told: list[str] = []
    plan = {REVIEWS: reviewing([], "nodes"), "/api/v1/nodes": status(403)}
    with Wire(plan, items(named("x"))) as wire:
        take_snapshot(
            LiveCluster(write_kubeconfig(tmp_path / "kubeconfig", wire.url)),
            progress=lambda kind, *_: told.append(kind),
            missing=lambda kinds: told.append(f"missing {kinds}"),
            kinds=("Node", "Pod"),
        )
    assert told[0] == "missing ('Node',)"
    assert set(told[1:]) == {"Node", "Pod"}
