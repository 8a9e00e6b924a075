"""What makes a scan trustworthy: nothing unread passes, nothing broken hides, nothing depends on order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from checks.cluster import objects as o
from checks.cluster.kinds import KINDS, of_wire
from checks.cluster.objects import wire
from checks.cluster.sample import read_sample
from checks.cluster.snapshot import Snapshot
from checks.frameworks import framework_ids, load
from checks.frameworks.model import Framework, Requirement, Rest
from checks.model import Check, Remediation, Resource, Result, Scan, Severity, Status, Verdict
from checks.registry import all_checks
from checks.run import evaluate, fingerprint
from checks.verdict import cluster_resource, failed, manual, not_evaluated, passed
from tests.checks.rules.test_fixtures import FILES
from tests.harness.fixture_snapshot import snapshot_of

CHECKS = all_checks()
FRAMEWORKS = load(framework_ids())
NAMES = ("a", "b", "c")


def made(
    function: Any, id_: str = "made-up", needs: tuple[str, ...] = (), population: tuple[str, ...] = ("Pod",)
) -> Check:
    return Check(id_, "title", Severity.LOW, needs, population, "why", Remediation("do", "x: y"), function)


def nothing(_: Snapshot) -> Iterator[Verdict]:
    yield from ()


def pods(*names: str) -> list[dict[str, Any]]:
    return [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": n, "namespace": n}} for n in names]


def every_pod_passes(snapshot: Snapshot) -> Iterator[Verdict]:
    for pod in snapshot.all(o.Pod):
        yield passed(pod.resource)


def scan_of(snapshot: Snapshot, *checks: Check, **more: Any) -> Scan:
    return evaluate(snapshot, checks, (), tool_version="1", **more)


def one(scan: Scan) -> Result:
    (result,) = scan.results
    return result


def test_missing_need_makes_the_whole_check_not_evaluated() -> None:
    check = made(every_pod_passes, needs=("Namespace",))
    result = one(scan_of(snapshot_of(*pods("a"), missing={"Namespace": "403 Forbidden"}), check))
    assert (result.status, result.resource.kind) == (Status.NOT_EVALUATED, "Cluster")
    assert result.reason == "Namespace may not be listed: 403 Forbidden"


def test_missing_kind_of_the_population_is_said_and_the_others_are_judged() -> None:
    check = made(every_pod_passes, population=("Pod", "Job"))
    scan = scan_of(snapshot_of(*pods("a"), missing={"Job": "403"}), check)
    assert {(r.status, r.locus) for r in scan.results} == {
        (Status.PASS, ""),
        (Status.NOT_EVALUATED, "kinds/Job"),
    }


def test_the_cluster_as_a_whole_passes_only_when_all_was_seen() -> None:
    def all_is_well(snapshot: Snapshot) -> Iterator[Verdict]:
        yield passed(cluster_resource(snapshot))

    check = made(all_is_well, population=("Pod", "Job"))
    assert one(scan_of(snapshot_of(*pods("a")), check)).status is Status.PASS
    hidden = one(scan_of(snapshot_of(*pods("a"), missing={"Job": "403"}), check))
    assert (hidden.status, hidden.locus) == (Status.NOT_EVALUATED, "kinds/Job")


@pytest.mark.parametrize(
    ("source", "status"), [("cluster", Status.NOT_APPLICABLE), ("manifests", Status.NOT_EVALUATED)]
)
def test_nothing_to_judge(source: str, status: Status) -> None:
    result = one(scan_of(snapshot_of(source=source), made(nothing)))
    assert result.status is status
    assert "Pod" in (result.reason or "")


def test_check_that_breaks_is_an_error_and_the_others_go_on() -> None:
    def breaks(snapshot: Snapshot) -> Iterator[Verdict]:
        yield failed(snapshot.all(o.Pod)[0].resource, "seen before it broke")
        raise KeyError("x" * 5000)

    scan = scan_of(snapshot_of(*pods("a")), made(breaks, "breaks-down"), made(every_pod_passes))
    by_status = {result.status: result for result in scan.results}
    assert set(by_status) == {Status.FAIL, Status.ERROR, Status.PASS}
    reason = by_status[Status.ERROR].reason or ""
    assert "breaks-down" in reason
    assert "KeyError" in reason
    assert len(reason) < 500


def test_two_verdicts_on_one_spot_are_one_result_and_the_worse_wins() -> None:
    where = Resource("v1", "Pod", "a", "a")

    def twice(_: Snapshot) -> Iterator[Verdict]:
        yield passed(where)
        yield failed(where, "wrong")

    assert one(scan_of(snapshot_of(), made(twice))).status is Status.FAIL


def test_results_are_sorted_by_severity_check_and_resource() -> None:
    scan = evaluate(snapshot_of(*pods(*"cab")), CHECKS, (), tool_version="1")
    keys = [
        (r.severity.rank, r.check, r.resource.kind, r.resource.namespace or "", r.resource.name)
        for r in scan.results
    ]
    assert keys == sorted(keys)


def test_namespaces_limit_what_is_reported() -> None:
    scan = scan_of(snapshot_of(*pods(*"abc")), made(every_pod_passes), namespaces=("b",))
    assert (one(scan).resource.namespace, scan.namespaces) == ("b", ("b",))


def test_namespace_without_objects_is_not_a_pass() -> None:
    scan = scan_of(snapshot_of(*pods("a")), made(every_pod_passes), namespaces=("z",))
    assert one(scan).status is Status.NOT_APPLICABLE


def test_what_a_limit_leaves_out_of_the_whole_cluster_is_not_evaluated() -> None:
    def roles(_: Snapshot) -> Iterator[Verdict]:
        yield failed(Resource("rbac.authorization.k8s.io/v1", "ClusterRole", None, "all"), "wide")
        yield passed(Resource("rbac.authorization.k8s.io/v1", "Role", "a", "narrow"))

    check = made(roles, population=("Role", "ClusterRole"))
    scan = scan_of(snapshot_of(), check, namespaces=("a",))
    assert [(r.resource.kind, r.status) for r in scan.results] == [
        ("Cluster", Status.NOT_EVALUATED),
        ("Role", Status.PASS),
    ]


def test_fingerprint_survives_upgrade_and_recreation_and_nothing_else() -> None:
    base = Resource("batch/v1beta1", "CronJob", "web", "nightly", "uid-1")
    print_ = fingerprint("cluster", "a-check", base, "containers/app")
    assert print_ == fingerprint(
        "cluster", "a-check", Resource("batch/v1", "CronJob", "web", "nightly", "uid-2"), "containers/app"
    )
    assert print_ == "b8b3f0ef766af2f588462dfcc572b1a6"
    others = {
        fingerprint("other", "a-check", base, "containers/app"),
        fingerprint("cluster", "b-check", base, "containers/app"),
        fingerprint("cluster", "a-check", base, "containers/web"),
        fingerprint(
            "cluster", "a-check", msgspec.structs.replace(base, api_version="apps/v1"), "containers/app"
        ),
        fingerprint("cluster", "a-check", msgspec.structs.replace(base, namespace="db"), "containers/app"),
        fingerprint("cluster", "a-check", msgspec.structs.replace(base, name="daily"), "containers/app"),
    }
    assert print_ not in others
    assert len(others) == 6


def one_requirement(checks: tuple[str, ...], rest: Rest | None = None) -> Framework:
    return Framework("f", "F", "1", (Requirement("1.1", "t", 1, "manual", checks, rest),))


@pytest.mark.parametrize(
    ("said", "rest", "expected"),
    [
        ([Status.PASS, Status.FAIL, Status.ERROR], None, Status.FAIL),
        ([Status.PASS, Status.NOT_EVALUATED], None, Status.NOT_EVALUATED),
        ([Status.PASS, Status.MANUAL], None, Status.MANUAL),
        ([Status.PASS, Status.NOT_APPLICABLE], None, Status.PASS),
        ([Status.PASS], Rest(Status.MANUAL, "ask"), Status.MANUAL),
        ([Status.FAIL], Rest(Status.NOT_EVALUATED, "unseen"), Status.FAIL),
    ],
)
def test_requirement_takes_the_worst_word(said: list[Status], rest: Rest | None, expected: Status) -> None:
    def says(_: Snapshot) -> Iterator[Verdict]:
        for number, status in enumerate(said):
            yield Verdict(
                status, Resource("v1", "Pod", "a", f"p{number}"), "m", "", f"because {status.value}"
            )

    scan = evaluate(snapshot_of(), (made(says),), (one_requirement(("made-up",), rest),), tool_version="1")
    (requirement,) = scan.frameworks[0].requirements
    assert requirement.status is expected
    assert scan.frameworks[0].counts[expected] == 1


def test_requirement_of_a_check_that_was_not_run_is_not_evaluated() -> None:
    scan = evaluate(snapshot_of(), (), (one_requirement(("absent-check",)),), tool_version="1")
    (requirement,) = scan.frameworks[0].requirements
    assert (requirement.status, requirement.reason) == (
        Status.NOT_EVALUATED,
        "The check absent-check was not run.",
    )


def test_results_name_their_requirements() -> None:
    check = made(every_pod_passes)
    scan = evaluate(snapshot_of(*pods("a")), (check,), (one_requirement(("made-up",)),), tool_version="1")
    assert one(scan).requirements == ("f/1.1",)


def test_reasons_are_where_they_must_be() -> None:
    where = Resource("v1", "Pod", "a", "a")
    assert not_evaluated(where, "why").reason == "why"
    assert manual(where, "why").reason == "why"


def test_tool_hash_changes_with_the_checks_and_not_with_the_cluster() -> None:
    def hash_of(snapshot: Snapshot, *checks: Check) -> str:
        return evaluate(snapshot, checks, FRAMEWORKS, tool_version="1").tool.checks

    whole = hash_of(snapshot_of(), *CHECKS)
    assert whole == hash_of(snapshot_of(*pods("a")), *CHECKS)
    assert whole != hash_of(snapshot_of(), *CHECKS[1:])
    assert whole.startswith("sha256:")


# Properties, over clusters put together from all fixtures -------------------------------------------------

DOCUMENTS = [doc for path in FILES for doc in yaml.safe_load_all(path.read_text()) if doc]


def _identity(document: Any) -> tuple[Any, ...]:
    """What an API server holds one object of."""
    metadata = document.get("metadata") or {}
    return (document["kind"], metadata.get("namespace"), metadata.get("name"))


clusters = st.lists(st.sampled_from(DOCUMENTS), max_size=25, unique_by=_identity)
slow = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@slow
@given(clusters, st.sets(st.sampled_from(sorted(KINDS)), max_size=6))
def test_frameworks_always_add_up(documents: list[Any], hidden: set[str]) -> None:
    scan = evaluate(_cluster(documents, hidden), CHECKS, FRAMEWORKS, tool_version="1")
    for framework in scan.frameworks:
        assert sum(framework.counts.values()) == len(framework.requirements)
        assert len(framework.requirements) == 131 or not framework.id.startswith("cis-kubernetes-")
        assert set(framework.counts) == set(Status)
    assert len({result.fingerprint for result in scan.results}) == len(scan.results)
    assert {result.check for result in scan.results} == {check.id for check in CHECKS}


@slow
@given(clusters, st.sampled_from(sorted(KINDS)))
def test_hiding_a_kind_never_makes_a_requirement_pass(documents: list[Any], hidden: str) -> None:
    scan = evaluate(_cluster(documents, {hidden}), CHECKS, FRAMEWORKS, tool_version="1")
    concerned = {check.id for check in CHECKS if hidden in (*check.needs, *check.population)}
    for framework in scan.frameworks:
        for requirement in framework.requirements:
            if concerned & set(requirement.checks):
                assert requirement.status in {Status.FAIL, Status.ERROR, Status.NOT_EVALUATED}


@slow
@given(clusters, st.randoms(use_true_random=False))
def test_order_of_the_objects_does_not_matter(documents: list[Any], random: Any) -> None:
    shuffled = list(documents)
    random.shuffle(shuffled)
    first, second = (
        evaluate(_cluster(each, set()), CHECKS, FRAMEWORKS, tool_version="1")
        for each in (documents, shuffled)
    )
    assert msgspec.json.encode(first.results) == msgspec.json.encode(second.results)
    assert first.frameworks == second.frameworks


@pytest.mark.parametrize("seed", range(3))
def test_order_of_the_sample_does_not_matter(seed: int) -> None:
    """A whole cluster, where many ways lead to the same: which of them is told is part of the result."""
    sample, random = read_sample(datetime(2026, 11, 2, tzinfo=UTC)), Random(seed)
    shuffled = {kind: tuple(random.sample(found, len(found))) for kind, found in sample.objects.items()}
    first, second = (
        evaluate(each, CHECKS, FRAMEWORKS, tool_version="1")
        for each in (sample, replace(sample, objects=shuffled))
    )
    assert msgspec.json.encode(first.results) == msgspec.json.encode(second.results)


def _cluster(documents: list[Any], hidden: set[str]) -> Snapshot:
    seen = [document for document in documents if document["kind"] not in hidden]
    return snapshot_of(*seen, missing=dict.fromkeys(hidden, "403"))


def test_custom_resource_called_cluster_is_not_the_cluster() -> None:
    """CloudNativePG's pods belong to a kind `Cluster`: a limit to other namespaces leaves them out."""
    by = {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "Cluster",
        "name": "db",
        "uid": "c",
        "controller": True,
    }
    (pod,) = pods("a")
    pod["metadata"]["ownerReferences"] = [by]
    check = next(check for check in CHECKS if check.id == "pod-host-pid")
    assert [str(r.resource) for r in scan_of(snapshot_of(pod), check).results] == ["Cluster a/db"]
    assert one(scan_of(snapshot_of(pod), check, namespaces=("b",))).status is Status.NOT_APPLICABLE


def test_cluster_admins_are_part_of_the_scan() -> None:
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "ops"},
        "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "User", "name": "amara"}],
    }
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "cluster-admin"},
        "rules": [
            {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
            {"verbs": ["*"], "nonResourceURLs": ["*"]},
        ],
    }
    holders = {str(holder.subject): holder for holder in scan_of(snapshot_of(binding, role)).cluster_admins}
    assert set(holders) == {"Group system:masters", "User amara"}
    assert holders["User amara"].because[0].binding.name == "ops"


def _holes(value: Any, draw: Any) -> Any:
    """The value with parts of it missing, emptied or null."""
    match draw(st.integers(0, 12)):
        case 0:
            return None
        case 1 if isinstance(value, dict | list):
            return type(value)()
    if isinstance(value, dict):
        return {key: _holes(item, draw) for key, item in value.items() if draw(st.integers(0, 12))}
    return [_holes(item, draw) for item in value] if isinstance(value, list) else value


@st.composite
def broken_documents(draw: Any) -> Any:
    document = draw(st.sampled_from(DOCUMENTS))
    return {**document, "spec": _holes(document.get("spec"), draw)}


@slow
@given(st.lists(broken_documents(), max_size=10))
def test_no_check_breaks_on_objects_with_holes(documents: list[Any]) -> None:
    read = []
    for document in documents:
        try:
            for kind in of_wire(document["apiVersion"], document["kind"]):
                wire.convert(document, kind.type)
        except msgspec.ValidationError:
            continue
        read.append(document)
    scan = evaluate(snapshot_of(*read), CHECKS, (), tool_version="1")
    assert [result.reason for result in scan.results if result.status is Status.ERROR] == []
