"""Against the real API server: what is applied is what is read, within the reader's rights, and no secret."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from checks import frameworks
from checks.cluster import objects as o
from checks.cluster.errors import Forbidden, Unauthorized, Unreachable
from checks.cluster.kinds import KINDS
from checks.cluster.manifests import objects_of
from checks.cluster.objects import wire
from checks.cluster.sample import read_sample
from checks.cluster.snapshot import Snapshot
from checks.cluster.snapshot_file import load, save
from checks.cluster.source import InCluster, LiveCluster, SavedSnapshot, take_snapshot
from checks.model import CoverageState
from checks.registry import all_checks
from checks.run import evaluate, kinds_read
from reports.render.scan_formats import encode_scan
from tests.harness.api_server import ApiServer
from tests.harness.kubernetes_api import Object
from tests.harness.sample_cluster import FILES, load_sample, remove_sample

RBAC = "rbac.authorization.k8s.io"
READER = "auditor"
MARKER = "qd-marker-7f3a-never-to-be-seen"


def take(kubeconfig: Path, evidence: tuple[Path, ...] = (), **more: Any) -> Snapshot:
    return take_snapshot(LiveCluster(kubeconfig, evidence=evidence), progress=lambda *_: None, **more)


@pytest.fixture
def sample_cluster(api_server: ApiServer) -> Iterator[ApiServer]:
    load_sample(api_server.api)
    yield api_server
    remove_sample(api_server.api)


def held(given: Any, stored: Any, path: str) -> Iterator[str]:
    """Where something given is not in what is stored, which may hold more: defaults."""
    match given, stored:
        case dict(), dict():
            for key, value in given.items():
                yield from held(value, stored.get(key), f"{path}.{key}")
        case ((list() | tuple()), (list() | tuple())) if len(given) == len(stored):
            for index, (ours, theirs) in enumerate(zip(given, stored, strict=True)):
                yield from held(ours, theirs, f"{path}[{index}]")
        case _ if given != stored:
            yield f"{path}: {given!r} became {stored!r}"


def comparable(item: o.Object) -> Any:
    plain = msgspec.json.decode(wire.encode(item))
    for key in ("uid", "resourceVersion", "creationTimestamp", "managedFields"):
        plain["metadata"].pop(key, None)
    for owner in plain["metadata"].get("ownerReferences", ()):
        owner.pop("uid")
    return plain


def key(item: o.Object) -> tuple[str, str | None, str]:
    return type(item).__name__, item.metadata.namespace, item.metadata.name


IN_ADVANCE = {"RoleBinding.data.backup.subjects[0].namespace"}
"""What is filled in for manifests that the server leaves as it is, because it is the same to it."""


def test_the_sample_is_read_back_as_it_was_applied(sample_cluster: ApiServer) -> None:
    stored = {key(each): each for each in objects_of(take(sample_cluster.kubeconfig, (FILES,)))}
    sample = list(objects_of(read_sample(datetime.now(UTC))))
    assert {key(each) for each in sample} <= set(stored)
    different = [
        line
        for each in sample
        for line in held(comparable(each), comparable(stored[key(each)]), ".".join(map(str, key(each))))
        if line.partition(":")[0] not in IN_ADVANCE and not line.partition(":")[0].endswith(".serviceAccount")
    ]
    assert different == []


def judged(snapshot: Snapshot) -> set[tuple[str, ...]]:
    """Every result, without what belongs to one cluster only."""
    scan = evaluate(snapshot, all_checks(), frameworks.load(("cis-kubernetes-2.0.1",)), tool_version="test")
    return {
        (
            each.check,
            each.status,
            each.resource.kind,
            each.resource.namespace or "",
            each.resource.name if each.resource.kind != "Cluster" else "",
            each.locus,
            each.message,
        )
        for each in scan.results
    }


def test_the_sample_is_judged_the_same_from_files_and_from_a_cluster(sample_cluster: ApiServer) -> None:
    live = judged(take(sample_cluster.kubeconfig, (FILES,)))
    sample = judged(read_sample(datetime.now(UTC)))
    assert (live - sample, sample - live) == (set(), set())
    assert len(sample) > 500


def test_a_whole_snapshot(sample_cluster: ApiServer, tmp_path: Path) -> None:
    snapshot = take(sample_cluster.kubeconfig)
    uid = sample_cluster.api.get("/api/v1/namespaces/kube-system")["metadata"]["uid"]
    assert snapshot.cluster.uid == uid
    assert snapshot.cluster.version == "v1.37.2"
    assert snapshot.cluster.name == "test-cluster"
    assert [each.kind for each in snapshot.coverage] == [k.name for k in KINDS.values() if not k.elsewhere]
    absent = {each.kind for each in snapshot.coverage if each.state is not CoverageState.COLLECTED}
    served = sample_cluster.api.serves
    assert absent == {
        name
        for name, kind in KINDS.items()
        if kind.custom and not any(served(v, kind.type.kind) for v in (kind.api_version, *kind.versions))
    }
    assert "KyvernoClusterPolicy" in absent
    assert not any(each.gap for each in snapshot.coverage)
    made = [
        each.metadata for each in snapshot.all(o.ClusterRoleBinding) if each.metadata.name == "break-glass"
    ]
    (change,) = [each.last_change for each in made]
    assert change is not None
    assert change.time == made[0].creation_timestamp
    assert change.manager
    assert snapshot.started <= snapshot.finished
    save(snapshot, tmp_path / "file")
    assert wire.encode(load(tmp_path / "file")) == wire.encode(snapshot)


def test_paging_gives_everything(
    api_server: ApiServer, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": f"a{n}", "namespace": namespace}}
        for n in range(25)
    ]
    api_server.api.apply(*accounts)
    monkeypatch.setattr("checks.cluster.paging.PAGE", 4)
    snapshot = take(api_server.kubeconfig, kinds=("ServiceAccount",))
    names = {
        each.metadata.name for each in snapshot.all(o.ServiceAccount) if each.metadata.namespace == namespace
    }
    assert names == {f"a{n}" for n in range(25)}
    assert snapshot.of("ServiceAccount").listed == len(snapshot.all(o.ServiceAccount))


def grant(rules: list[Object], namespace: str | None = None) -> list[Object]:
    prefix = "" if namespace else "Cluster"
    place = {"namespace": namespace} if namespace else {}
    role = {"apiVersion": f"{RBAC}/v1", "kind": f"{prefix}Role", "metadata": {"name": "qd-test", **place}}
    binding = {**role, "kind": f"{prefix}RoleBinding"}
    reference = {"apiGroup": RBAC, "kind": f"{prefix}Role", "name": "qd-test"}
    subject = {"apiGroup": RBAC, "kind": "User", "name": READER}
    return [{**role, "rules": rules}, {**binding, "roleRef": reference, "subjects": [subject]}]


@pytest.fixture
def few_rights(api_server: ApiServer) -> Iterator[Path]:
    objects = grant([{"apiGroups": [""], "resources": ["nodes", "pods"], "verbs": ["list"]}])
    api_server.api.apply(*objects)
    yield api_server.kubeconfig_for(READER)
    api_server.api.delete(*objects)


def test_a_reader_with_few_rights(few_rights: Path) -> None:
    snapshot = take(few_rights)
    collected = {each.kind for each in snapshot.coverage if each.state is CoverageState.COLLECTED}
    assert collected == {"Node", "Pod", "ControlPlanePod"}
    forbidden = snapshot.of("ClusterRole")
    assert forbidden.state is CoverageState.FORBIDDEN
    assert f"list clusterroles.{RBAC}" in str(forbidden.reason)
    assert snapshot.cluster.uid.startswith("unknown:")
    assert "kube-system" in str(snapshot.problems[0])


def test_a_reader_of_one_namespace(api_server: ApiServer, namespace: str) -> None:
    rules = [{"apiGroups": [""], "resources": ["pods", "secrets"], "verbs": ["list"]}]
    api_server.api.apply(*grant(rules, namespace))
    api_server.api.apply(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}, namespace=namespace
    )
    snapshot = take(api_server.kubeconfig_for(READER), namespaces=(namespace,))
    assert snapshot.saw("Pod")
    assert snapshot.saw("Secret")
    assert [each.metadata.name for each in snapshot.all(o.Secret)] == ["s"]
    assert f"only in the namespaces {namespace}" in str(snapshot.of("Secret").reason)
    assert not snapshot.saw("Deployment")


def test_a_reader_with_no_rights_at_all(api_server: ApiServer) -> None:
    with pytest.raises(Forbidden) as caught:
        take(api_server.kubeconfig_for("nobody"))
    assert "ClusterRole" in caught.value.next_step


def test_credentials_that_are_not_known(api_server: ApiServer) -> None:
    with pytest.raises(Unauthorized) as caught:
        take(api_server.kubeconfig_for("stranger", token="a-wrong-t0ken"))
    assert "a-wrong-t0ken" not in str(caught.value)


def test_what_will_be_missing_is_known_before_it_is_read(few_rights: Path, api_server: ApiServer) -> None:
    told: list[tuple[str, ...]] = []
    snapshot = take(few_rights, missing=told.append)
    [missing] = told
    assert set(missing) == {each.kind for each in snapshot.coverage if each.state is CoverageState.FORBIDDEN}
    assert "Secret" in missing
    take(api_server.kubeconfig, missing=told.append)
    assert told[-1] == ()


def test_no_secret_is_in_a_snapshot(api_server: ApiServer, namespace: str, tmp_path: Path) -> None:
    encoded = base64.b64encode(MARKER.encode()).decode()
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": f'{{"data": "{MARKER}"}}'}
    container = {
        "name": "app",
        "image": "example",
        "env": [{"name": "TOKEN", "value": MARKER}],
        "args": [MARKER],
        "command": [MARKER],
    }
    pod = {"containers": [container]}
    template = {"metadata": {"labels": {"a": "b"}, "annotations": annotations}, "spec": pod}
    metadata = {"name": "marked", "annotations": annotations}
    api_server.api.apply(
        {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"key": MARKER}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"key": MARKER}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template},
        },
        namespace=namespace,
    )
    snapshot = take(api_server.kubeconfig)
    assert [each for each in snapshot.all(o.Secret) if each.metadata.name == "marked"]
    content = wire.encode(snapshot).decode()
    assert '"marked"' in content
    for hidden in (MARKER, encoded):
        assert hidden not in content
        assert hidden not in repr(snapshot)
    save(snapshot, tmp_path / "file")
    assert MARKER not in repr(load(tmp_path / "file"))


@pytest.mark.parametrize(("given", "name"), [("harbour", "harbour"), ("kubernetes", "in-cluster")])
def test_from_inside(
    api_server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, name: str
) -> None:
    """As in a pod: the address in the environment, the token and the authority in files."""
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "kubeadm-config", "namespace": "kube-system"},
        "data": {"ClusterConfiguration": f"apiVersion: kubeadm.k8s.io/v1beta4\nclusterName: {given}\n"},
    }
    api_server.api.apply(config)
    (tmp_path / "token").write_text(api_server.token("admin"))
    folder = "kubernetes.config.incluster_config"
    monkeypatch.setattr(f"{folder}.SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(f"{folder}.SERVICE_CERT_FILENAME", str(api_server.ca))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", api_server.url.rpartition(":")[2])
    try:
        cluster = take_snapshot(InCluster(), progress=lambda *_: None, kinds=("Namespace",)).cluster
    finally:
        api_server.api.delete(config)
    assert (cluster.name, cluster.origin) == (name, "in-cluster")
    assert cluster.uid == api_server.api.get("/api/v1/namespaces/kube-system")["metadata"]["uid"]


def test_an_api_server_that_went_away() -> None:
    with ApiServer() as server:
        kubeconfig = server.kubeconfig.read_text()
    path = Path(server.directory).with_suffix(".kubeconfig")
    path.write_text(
        "\n".join(line for line in kubeconfig.splitlines() if "certificate-authority" not in line)
    )
    try:
        with pytest.raises(Unreachable, match="refuses the connection"):
            take(path)
    finally:
        path.unlink()


def test_a_scan_of_the_saved_snapshot_is_the_scan_of_the_cluster_byte_for_byte(
    sample_cluster: ApiServer, tmp_path: Path
) -> None:
    """All but the times, which are the snapshot's own and kept with it: they are the same too."""
    snapshot = take(sample_cluster.kubeconfig, kinds=kinds_read(all_checks()))
    save(snapshot, tmp_path / "file")
    target = SavedSnapshot(tmp_path / "file")
    again = take_snapshot(target, progress=lambda *_: None, kinds=kinds_read(all_checks()))
    loaded = frameworks.load(("cis-kubernetes-2.0.1",))
    scans = (evaluate(each, all_checks(), loaded, tool_version="test") for each in (snapshot, again))
    live, saved = (b"".join(encode_scan(each, "json")) for each in scans)
    assert live == saved
