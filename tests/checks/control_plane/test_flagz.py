"""What an API server tells of its flags: judged as a pod's command would be, and kept no further."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from checks.cluster import objects as o
from checks.cluster.allowed import api_server_flags
from checks.cluster.objects import wire
from checks.cluster.snapshot import Snapshot
from checks.cluster.source import LiveCluster, take_snapshot
from checks.control_plane.components import components
from checks.control_plane.flagz import effective
from checks.frameworks.loading import load
from checks.model import Check, CoverageState, Status
from checks.registry import all_checks
from checks.run import evaluate
from tests.checks.cluster.wire import Answer, Wire, api_of, reply, status
from tests.harness.api_server import ApiServer
from tests.harness.fixture_snapshot import snapshot_of

SECRET = "hunter2hunter2"
TOLD = {
    "profiling": "true",
    "authorization-mode": "[Node,RBAC]",
    "enable-admission-plugins": "[]",
    "encryption-provider-config": "",
    "oidc-client-id": SECRET,
    "token-auth-file": "/etc/tokens.csv",
    "cert-dir": "/var/run/kubernetes",
    "tls-cert-file": "/var/run/kubernetes/apiserver.crt",
    "tls-private-key-file": "/etc/pki/apiserver.key",
}


def flagz(flags: Any) -> dict[str, Any]:
    about = {"kind": "Flagz", "apiVersion": "config.k8s.io/v1beta1", "metadata": {"name": "apiserver"}}
    return {**about, "flags": flags}


def asked(tmp_path: Path, answer: Answer) -> tuple[CoverageState, str | None, tuple[o.ApiServerFlags, ...]]:
    with Wire({"/flagz": answer}) as wire_, api_of(tmp_path, wire_.url) as api:
        coverage, found = api_server_flags(api)
    return coverage.state, coverage.reason, found


def told(flags: Mapping[str, str], **cluster: Any) -> Snapshot:
    document = {"apiVersion": "quarterdeck.dev/v1", "kind": "ApiServerFlags", "metadata": {"name": "a"}}
    snapshot = snapshot_of({**document, "flags": dict(flags)})
    return replace(snapshot, cluster=replace(snapshot.cluster, **cluster))


def chosen(*beginnings: str) -> tuple[Check, ...]:
    return tuple(check for check in all_checks() if check.id.startswith(beginnings))


def statuses(snapshot: Snapshot) -> dict[str, Status]:
    checks = chosen("apiserver-", *(f"audit-log-{each}" for each in ("missing", "age", "backups", "size")))
    results = evaluate(snapshot, checks, (), tool_version="test").results
    return {each.check: each.status for each in results}


def test_lists_lose_their_brackets_and_what_is_empty_is_not_set() -> None:
    flags, unsure = effective(TOLD)
    assert flags["authorization-mode"] == "Node,RBAC"
    assert not {"enable-admission-plugins", "encryption-provider-config"} & flags.keys()
    assert [*unsure] == ["tls-cert-file"]
    assert flags["tls-private-key-file"] == "/etc/pki/apiserver.key"


def test_with_a_file_that_decides_the_default_of_anonymous_auth_says_nothing() -> None:
    assert effective({"anonymous-auth": "true"})[0] == {"anonymous-auth": "true"}
    assert "anonymous-auth" not in effective({"anonymous-auth": "true", "authentication-config": "/a"})[0]


def test_only_flags_that_are_looked_at_are_kept_and_no_secret(tmp_path: Path) -> None:
    state, _, (found,) = asked(tmp_path, reply(flagz(TOLD)))
    assert state is CoverageState.COLLECTED
    kept = dict(found.flags.pairs)
    assert kept == {name: value for name, value in TOLD.items() if name != "oidc-client-id"}
    assert SECRET not in repr(found)
    assert wire.decoder(o.ApiServerFlags).decode(wire.encode(found)) == found


@pytest.mark.parametrize(
    ("answer", "state", "said"),
    [
        (status(403), CoverageState.FORBIDDEN, "/flagz; grant it"),
        (status(404), CoverageState.FAILED, "before 1.36"),
        (reply({"kind": "Other"}), CoverageState.FAILED, "cannot be read"),
        (reply(flagz(7)), CoverageState.FAILED, "cannot be read"),
    ],
)
def test_what_it_does_not_tell_is_said(
    tmp_path: Path, answer: Answer, state: CoverageState, said: str
) -> None:
    found, reason, flags = asked(tmp_path, answer)
    assert (found, flags) == (state, ())
    assert said in (reason or "")


def test_it_stands_in_for_a_pod_that_is_not_seen() -> None:
    found = statuses(told(TOLD))
    assert found["apiserver-profiling"] is Status.FAIL
    assert found["apiserver-node-authorizer"] is Status.PASS
    assert found["apiserver-serving-certificate"] is Status.NOT_EVALUATED
    checks = chosen("apiserver-node-authorizer")
    (result,) = evaluate(told(TOLD), checks, (), tool_version="test").results
    assert "tells of itself" in result.message


def test_a_pod_that_is_seen_counts_alone_and_a_managed_one_is_the_providers() -> None:
    command = ["kube-apiserver", "--profiling=false"]
    spec = {"containers": [{"name": "x", "image": "x", "command": command}]}
    metadata = {"name": "kube-apiserver-a", "namespace": "kube-system"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    snapshot = snapshot_of(pod)
    both = replace(snapshot, objects={**snapshot.objects, **told(TOLD).objects, "Pod": ()})
    assert [each.resource.name for each in components(both).api_servers] == ["kube-apiserver-a"]
    managed = statuses(told(TOLD, provider="eks"))
    assert managed["apiserver-profiling"] is Status.NOT_APPLICABLE


def test_what_is_not_asked_is_named_where_it_would_help() -> None:
    checks = chosen("apiserver-profiling", "scheduler-profiling")
    found = evaluate(snapshot_of(), checks, (), tool_version="test").results
    reasons = {each.check: each.reason or "" for each in found}
    assert "--read-flags" in reasons["apiserver-profiling"]
    assert "--read-flags" not in reasons["scheduler-profiling"]


BAD = ("--profiling=true", "--anonymous-auth=true", "--request-timeout=1h")
GOOD = (
    "--profiling=false",
    "--anonymous-auth=false",
    "--enable-admission-plugins=NodeRestriction,AlwaysPullImages",
    "--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "--audit-log-maxage=30",
    "--audit-log-maxbackup=10",
    "--audit-log-maxsize=100",
    "--feature-gates=kube:ComponentFlagz=true",
)


@pytest.mark.kubernetes
@pytest.mark.parametrize("flags", [(), BAD, GOOD], ids=["as it is", "bad", "good"])
def test_a_real_one_is_judged_as_its_own_command_would_be(flags: tuple[str, ...], tmp_path: Path) -> None:
    """The same process twice: by what it tells, and by its command line in a pod."""
    log = () if flags is BAD else (f"--audit-log-path={tmp_path / 'audit.log'}",)
    with ApiServer(flags=(*flags, *log)) as server:
        target = LiveCluster(server.kubeconfig, flags=True)
        kinds = ("Namespace", "ControlPlanePod", "ApiServerFlags")
        itself = take_snapshot(target, progress=lambda *_: None, kinds=kinds)
        command = Path(f"/proc/{server.pids[1]}/cmdline").read_text().split("\0")[:-1]
    assert itself.saw("ApiServerFlags")
    (kept,) = itself.all(o.ApiServerFlags)
    assert str(server.directory) in msgspec.json.encode(kept.flags.pairs).decode()
    assert "etcd-servers" not in dict(kept.flags.pairs)
    container = {"name": "x", "image": "kube-apiserver:v1.37.2", "command": ["kube-apiserver", *command[1:]]}
    spec, metadata = {"containers": [container]}, {"name": "kube-apiserver-a", "namespace": "kube-system"}
    pod = snapshot_of({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    by_pod, by_itself = statuses(pod), statuses(itself)
    differing = {name for name, each in by_itself.items() if by_pod[name] is not each}
    assert differing == {"apiserver-serving-certificate"}
    assert by_itself["apiserver-serving-certificate"] is Status.NOT_EVALUATED
    assert {Status.PASS, Status.FAIL} <= set(by_itself.values())


@pytest.mark.kubernetes
def test_what_it_decides_of_the_benchmark(api_server: ApiServer) -> None:
    """Section 1.2 of CIS without a pod: nothing is decided without it, most of it with it."""
    frameworks = load(("cis-kubernetes-2.0.1",))

    def decided(*, flags: bool) -> int:
        target = LiveCluster(api_server.kubeconfig, flags=flags)
        scan = evaluate(
            take_snapshot(target, progress=lambda *_: None), all_checks(), frameworks, tool_version="test"
        )
        own = [each for each in scan.frameworks[0].requirements if each.section.startswith("1.2 ")]
        return sum(each.status in (Status.PASS, Status.FAIL) for each in own)

    assert decided(flags=False) == 0
    assert decided(flags=True) >= 25
