"""A real API server's audit log, read: what it says was used, and what is left after the proposals.

Service accounts act; from the log comes what they used; the proposals are applied to the server; then they do
the same again, and what they did not do before is refused.
"""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from msgspec import Struct
from msgspec.structs import replace

from checks.access.index import RBAC_KINDS
from checks.access.usage.agreement import Why, disagreements
from checks.access.usage.applying import checked
from checks.access.usage.documents import documents, patch
from checks.access.usage.proposal import Proposal, proposal
from checks.access.usage.record import record
from checks.cluster.snapshot import Snapshot
from checks.cluster.source import LiveCluster, take_snapshot
from checks.model import Subject
from tests.checks.access.rbac_objects import binding, role, rule
from tests.harness.api_server import ApiServer

pytestmark = [pytest.mark.kubernetes, pytest.mark.slow]

SETTLE_SECONDS = 15.0
NAMES = ("reader", "writer", "admin", "support", "crawler", "actor")
READER, WRITER, ADMIN, SUPPORT, CRAWLER, ACTOR = (f"system:serviceaccount:web:{name}" for name in NAMES)
GRANTOR = "system:serviceaccount:web:grantor"
GROUPS = ["system:serviceaccounts", "system:serviceaccounts:web"]
KINDS = (*RBAC_KINDS, "ServiceAccount", "AuditUsage", "AuditPolicy")
APPLY = "application/apply-patch+yaml"
PATCH = "application/json-patch+json"
POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "users": ["admin"]},
        {"level": "None", "resources": [{"group": "", "resources": ["endpoints"]}]},
        {"level": "RequestResponse", "resources": [{"group": "", "resources": ["configmaps"]}]},
        {"level": "Metadata"},
    ],
}


class Sent(Struct, frozen=True):
    """One request as it goes over the wire."""

    by: str
    method: str
    path: str
    body: str = ""
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


def config_map(name: str) -> str:
    data = {"a": "secret-text"}
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})


WEB, CI = "/api/v1/namespaces/web", "/api/v1/namespaces/ci"
USED = (
    Sent(READER, "GET", f"{WEB}/configmaps/settings"),
    Sent(READER, "GET", f"{WEB}/secrets?fieldSelector=metadata.name%3Done"),
    Sent(READER, "GET", f"{WEB}/configmaps?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3Dx"),
    Sent(READER, "GET", f"{CI}/pods"),
    Sent(READER, "GET", f"{WEB}/pods/none/log"),
    Sent(WRITER, "POST", f"{WEB}/configmaps", config_map("made")),
    Sent(WRITER, "PATCH", f"{WEB}/configmaps/applied?fieldManager=w", config_map("applied"), APPLY),
    Sent(WRITER, "DELETE", f"{WEB}/configmaps/applied"),
    Sent(WRITER, "PATCH", f"{WEB}/configmaps/applied?fieldManager=w", config_map("applied"), APPLY),
    Sent(WRITER, "DELETE", f"{WEB}/configmaps/applied"),
    Sent(WRITER, "DELETE", f"{WEB}/configmaps/made"),
    Sent(WRITER, "DELETE", f"{CI}/secrets"),
    Sent(ADMIN, "GET", "/api/v1/nodes"),
    Sent(ADMIN, "GET", "/api/v1/namespaces/web"),
    Sent(ADMIN, "GET", "/apis/apps/v1/deployments"),
    Sent(ADMIN, "GET", "/apis/apps/v1/namespaces/ci/deployments/one"),
    Sent(ADMIN, "GET", f"{WEB}/pods/none/exec?command=ls"),
    Sent(SUPPORT, "GET", f"{WEB}/secrets/one", headers=(("Impersonate-User", "carol"),)),
    Sent(
        SUPPORT,
        "GET",
        f"{WEB}/secrets/one",
        headers=(("Impersonate-User", "dave"), ("Impersonate-Group", "oncall"), ("Impersonate-Extra-A", "b")),
    ),
    Sent(ACTOR, "GET", f"{WEB}/secrets/one", headers=(("Impersonate-User", "carol"),)),
    Sent(CRAWLER, "GET", "/metrics"),
    Sent(CRAWLER, "GET", "/logs/one"),
)
UNUSED = (
    Sent(READER, "GET", f"{WEB}/secrets/one"),
    Sent(READER, "GET", f"{WEB}/secrets"),
    Sent(READER, "GET", f"{WEB}/configmaps/other"),
    Sent(READER, "GET", f"{CI}/configmaps/settings"),
    Sent(READER, "GET", f"{WEB}/pods"),
    Sent(WRITER, "GET", f"{WEB}/configmaps/made"),
    Sent(WRITER, "DELETE", f"{WEB}/secrets"),
    Sent(ADMIN, "GET", f"{WEB}/secrets"),
    Sent(ADMIN, "DELETE", "/api/v1/namespaces/ci?dryRun=All"),
    Sent(ADMIN, "GET", "/metrics"),
    Sent(SUPPORT, "GET", f"{WEB}/secrets/one", headers=(("Impersonate-User", "erin"),)),
    Sent(ACTOR, "GET", f"{WEB}/secrets/one", headers=(("Impersonate-User", "erin"),)),
    Sent(CRAWLER, "GET", "/logs/two"),
)
UNLOGGED = Sent(ADMIN, "GET", f"{WEB}/endpoints")

WORLD = (
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web"}},
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ci"}},
    *(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": each, "namespace": "web"}}
        for each in (*NAMES, "grantor")
    ),
    role("u-reader", rule("get list watch", "core", "pods pods/log configmaps secrets")),
    role("u-writer", rule("*", "core", "configmaps secrets")),
    role("u-admin", rule("*", "*", "*"), rule("*", urls="*")),
    role("u-support", rule("impersonate", "core", "users groups"), rule("impersonate", "*", "userextras/a")),
    role(
        "u-actor",
        rule("impersonate:user-info", "authentication.k8s.io", "users"),
        rule("impersonate-on:user-info:get impersonate-on:user-info:list", "core", "secrets"),
    ),
    role("u-crawler", rule("get", urls="/metrics /logs/*")),
    role("u-secrets", rule("get", "core", "secrets")),
    binding("u-reader", "u-reader", "sa:web/reader"),
    binding("u-writer", "u-writer", "sa:web/writer", "user:mallory", namespace="web", kind="ClusterRole"),
    binding("u-writer", "u-writer", "sa:web/writer", namespace="ci", kind="ClusterRole"),
    binding("u-admin", "u-admin", f"user:{ADMIN}"),
    binding("u-support", "u-support", "sa:web/support"),
    binding("u-actor", "u-actor", "sa:web/actor"),
    binding("u-crawler", "u-crawler", "sa:web/crawler"),
    binding("u-grantor", "u-admin", "sa:web/grantor"),
    binding("u-carol", "u-secrets", "user:carol", "user:erin", namespace="web", kind="ClusterRole"),
    binding("u-oncall", "u-secrets", "group:oncall", namespace="web", kind="ClusterRole"),
)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("audit") / "audit.log"


@pytest.fixture(scope="module")
def server(log: Path) -> Iterator[ApiServer]:
    """An API server of its own, which records nearly everything, with the world of this test."""
    policy = log.parent / "policy.yaml"
    policy.write_text(yaml.safe_dump(POLICY))
    flags = (f"--audit-policy-file={policy}", f"--audit-log-path={log}", "--audit-log-mode=blocking")
    users = (READER, WRITER, ADMIN, SUPPORT, CRAWLER, ACTOR, GRANTOR)
    with ApiServer(dict.fromkeys(users, GROUPS), flags) as started:
        started.api.apply(*WORLD)
        yield started


def statuses(server: ApiServer, requests: tuple[Sent, ...]) -> dict[Sent, int]:
    """What each is answered with."""
    tls = ssl.create_default_context(cafile=str(server.ca))
    found = {}
    with closing(http.client.HTTPSConnection(urlsplit(server.url).netloc, context=tls, timeout=30)) as api:
        for each in requests:
            headers = {"Authorization": f"Bearer {server.token(each.by)}", "Content-Type": each.kind}
            api.request(each.method, each.path, each.body.encode(), headers | dict(each.headers))
            answer = api.getresponse()
            answer.read()
            found[each] = answer.status
    return found


def once_forgotten(server: ApiServer, requests: tuple[Sent, ...]) -> dict[Sent, int]:
    """The same, once the API server does not remember any more whom it let impersonate a moment ago."""
    deadline = time.monotonic() + SETTLE_SECONDS
    found = statuses(server, requests)
    while set(found.values()) != {403} and time.monotonic() < deadline:
        time.sleep(0.5)
        found = statuses(server, requests)
    return found


def taken(server: ApiServer, log: Path) -> Snapshot:
    """The cluster with its log, once nothing more is written to that."""
    deadline, size = time.monotonic() + SETTLE_SECONDS, -1
    while time.monotonic() < deadline and log.stat().st_size != size:
        size = log.stat().st_size
        time.sleep(0.5)
    target = LiveCluster(server.kubeconfig, audit_logs=(log,), evidence=(log.parent / "policy.yaml",))
    return old(take_snapshot(target, progress=lambda *_: None, kinds=KINDS))


def old(snapshot: Snapshot) -> Snapshot:
    """The snapshot as if all in it had been there before the log, which is of a few seconds."""
    objects = {
        kind: tuple(replace(each, metadata=replace(each.metadata, creation_timestamp=None)) for each in items)
        for kind, items in snapshot.objects.items()
    }
    return replace(snapshot, objects=objects)


def applied(server: ApiServer, made: list[Proposal]) -> None:
    """Do to the server what each proposal says by itself."""
    server.api.apply(*(doc for each in made for doc in documents(each)))
    dropped = [(each, bound) for each in made for bound in each.drop]
    for change, bound in dropped:
        where = {"namespace": bound.namespace} if bound.namespace else {}
        old: dict[str, Any] = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": bound.ref.kind,
            "metadata": {"name": bound.ref.name, **where},
        }
        steps: Any = patch(change, bound)
        if steps:
            server.api.request("PATCH", server.api.path(old), steps, content_type=PATCH)
        else:
            server.api.delete(old)
    server.api.apply(role("u-settled"))  # after which the authorizer has seen the rest


def test_with_the_proposals_what_was_used_is_allowed_and_what_was_not_is_refused(
    server: ApiServer, log: Path
) -> None:
    before = statuses(server, USED)
    assert not {403, 401} & set(before.values()), before
    assert statuses(server, (UNLOGGED,))[UNLOGGED] == 200
    snapshot = taken(server, log)
    allowed = {each: status != 403 for each, status in statuses(server, UNUSED).items()}
    assert all(allowed.values()), allowed

    known = record(snapshot)
    assert known is not None
    assert not any(disagreements(snapshot)), disagreements(snapshot)
    assert "secret-text" in log.read_text()
    assert "secret-text" not in repr(snapshot.objects)

    accounts = [Subject("ServiceAccount", name, "web") for name in NAMES]
    made = [found for each in accounts if (found := proposal(snapshot, each))]
    assert [each.subject for each in made] == accounts
    assert not any(each.withheld for each in made)
    assert checked(snapshot, made).good

    applied(server, made)
    again = statuses(server, (*USED, UNLOGGED))
    assert {each: status for each, status in again.items() if status == 403} == {}
    refused = once_forgotten(server, UNUSED)
    assert {each: status for each, status in refused.items() if status != 403} == {}
    mallory = server.api.sar("mallory", [], "get", "secrets", namespace="web", name="one")
    assert mallory, "who else was in the binding keeps the right"

    gone = disagreements(taken(server, log))
    assert "ClusterRoleBinding u-admin" in {each.binding for each in gone if each.why is Why.GONE}
    assert not [each for each in gone if each.why is Why.OTHER]


def test_whoever_hands_out_rights_is_told_so(server: ApiServer, log: Path) -> None:
    body = binding("u-given", "u-reader", "user:new", namespace="web", kind="ClusterRole")
    path = "/apis/rbac.authorization.k8s.io/v1/namespaces/web/rolebindings"
    sent = Sent(GRANTOR, "POST", path, json.dumps(body))
    assert statuses(server, (sent,)) == {sent: 201}
    found = proposal(taken(server, log), Subject("ServiceAccount", "grantor", "web"))
    assert found is not None
    assert "hands out rights" in found.withheld
