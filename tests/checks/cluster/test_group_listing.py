"""A group whose kinds only the cluster knows: all of its lists are read as one kind."""

import json
from pathlib import Path

from checks.cluster import objects as o
from checks.cluster.collect import collect
from checks.cluster.discovery import discover
from checks.cluster.kinds import KINDS
from checks.cluster.manifests import read_manifests
from checks.cluster.objects import wire as typed
from checks.cluster.preflight import rights
from checks.cluster.snapshot_file import load, save
from checks.model import CoverageState, KindCoverage
from tests.checks.cluster.wire import Answer, Handler, Wire, api_of, items, reply, status
from tests.harness.fixture_snapshot import MOMENT, snapshot_of

GROUP = "constraints.gatekeeper.sh"
ROOT = f"/apis/{GROUP}/v1beta1"
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
KIND = KINDS["GatekeeperConstraint"]
REPOS, LABELS = f"{ROOT}/k8sallowedrepos", f"{ROOT}/k8srequiredlabels"


def constraint(kind: str, name: str) -> dict[str, object]:
    return {"apiVersion": f"{GROUP}/v1beta1", "kind": kind, "metadata": {"name": name}}


def aggregated(*plurals: str) -> Answer:
    listed = [{"resource": each, "verbs": ["get", "list"]} for each in plurals]
    group = {"metadata": {"name": GROUP}, "versions": [{"version": "v1beta1", "resources": listed}]}
    return reply({"kind": "APIGroupDiscoveryList", "items": [group]})


OLDER = {
    "/apis": reply(
        {"kind": "APIGroupList", "groups": [{"name": GROUP, "versions": [{"version": "v1beta1"}]}]}
    ),
    ROOT: reply(
        {
            "kind": "APIResourceList",
            "resources": [
                {"name": "k8sallowedrepos", "verbs": ["list"]},
                {"name": "k8sallowedrepos/status", "verbs": ["get"]},
                {"name": "k8srequiredlabels", "verbs": ["list", "get"]},
            ],
        }
    ),
}
LISTS = {
    REPOS: items(constraint("K8sAllowedRepos", "ours"), kind="K8sAllowedReposList"),
    LABELS: items(constraint("K8sRequiredLabels", "ours"), kind="K8sRequiredLabelsList"),
}
AGGREGATED = {"/apis": aggregated("k8sallowedrepos", "k8srequiredlabels")}


def read(folder: Path, plan: dict[str, Answer]) -> tuple[KindCoverage, list[str], list[str]]:
    """The kind's coverage, what was read of it, and what was asked for in its group."""
    with Wire(plan, items(kind="NamespaceList")) as wire, api_of(folder, wire.url) as api:
        found = collect(api, (KINDS["Namespace"], KIND), (), lambda *_: None, discover(api))[KIND.name]
        paths = [each.partition("?")[0] for each in wire.asked]
    seen = [str(each.resource) for each in found.items]
    return found.coverage, seen, sorted(each for each in paths if each.startswith(f"{ROOT}/"))


def test_every_list_of_the_group_is_read_as_one(tmp_path: Path) -> None:
    for plan in (AGGREGATED, OLDER):
        coverage, seen, asked = read(tmp_path, plan | LISTS)
        assert coverage.state is CoverageState.COLLECTED
        assert coverage.listed == 2
        assert seen == ["K8sAllowedRepos ours", "K8sRequiredLabels ours"]
        assert asked == [REPOS, LABELS]


def test_without_the_group_there_are_none(tmp_path: Path) -> None:
    empty = reply({"kind": "APIGroupDiscoveryList", "items": []})
    for answer in (empty, aggregated()):
        coverage, _, asked = read(tmp_path, {"/apis": answer})
        assert (coverage.state, coverage.gap, asked) == (CoverageState.ABSENT, False, [])


def test_a_server_that_does_not_tell_and_has_no_such_group(tmp_path: Path) -> None:
    coverage, _, _ = read(tmp_path, {"/apis": status(403), ROOT: status(404)})
    assert (coverage.state, coverage.gap) == (CoverageState.ABSENT, False)


def test_a_group_that_cannot_be_understood_is_a_gap(tmp_path: Path) -> None:
    coverage, _, _ = read(tmp_path, {"/apis": status(403), ROOT: reply([1])})
    assert (coverage.state, coverage.gap) == (CoverageState.FAILED, True)


def test_what_may_be_read_is_kept_and_the_rest_is_a_gap(tmp_path: Path) -> None:
    coverage, seen, _ = read(tmp_path, AGGREGATED | LISTS | {LABELS: status(403)})
    assert coverage.state is CoverageState.FORBIDDEN
    assert "k8srequiredlabels.constraints.gatekeeper.sh" in (coverage.reason or "")
    assert seen == ["K8sAllowedRepos ours"]


def test_one_that_went_while_it_was_read_is_no_gap(tmp_path: Path) -> None:
    coverage, seen, _ = read(tmp_path, AGGREGATED | LISTS | {LABELS: status(404)})
    assert coverage.state is CoverageState.COLLECTED
    assert seen == ["K8sAllowedRepos ours"]


def test_the_right_to_each_list_is_asked_for(tmp_path: Path) -> None:
    asked: list[str] = []

    def review(handler: Handler) -> None:
        resource = json.loads(handler.sent)["spec"]["resourceAttributes"]["resource"]
        asked.append(resource)
        reply({"status": {"allowed": resource != "k8srequiredlabels"}}, 201)(handler)

    with Wire(AGGREGATED | {REVIEWS: review}) as wire, api_of(tmp_path, wire.url) as api:
        assert rights(api, (KIND,), discover(api)) == {KIND.name: False}
    assert asked == ["k8sallowedrepos", "k8srequiredlabels"]


def test_constraints_of_two_kinds_with_one_name_are_two(tmp_path: Path) -> None:
    for kind in ("K8sAllowedRepos", "K8sRequiredLabels"):
        (tmp_path / f"{kind}.json").write_text(json.dumps(constraint(kind, "ours")))
    snapshot = read_manifests(tmp_path, version=None, now=MOMENT)
    assert snapshot.problems == ()
    assert [str(each.resource) for each in snapshot.all(o.GatekeeperConstraint)] == [
        "K8sAllowedRepos ours",
        "K8sRequiredLabels ours",
    ]


def test_its_kind_outlives_a_saved_snapshot(tmp_path: Path) -> None:
    snapshot = snapshot_of(constraint("K8sAllowedRepos", "ours"))
    save(snapshot, tmp_path / "file")
    again = load(tmp_path / "file")
    assert typed.encode(again) == typed.encode(snapshot)
    assert again.all(o.GatekeeperConstraint)[0].resource.kind == "K8sAllowedRepos"
