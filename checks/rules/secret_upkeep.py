"""Secrets that nobody looks after: tokens that never end, and those that many share. Names only."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Resource, Severity, Theme, Verdict
from checks.registry import check
from checks.secret_use import takers
from checks.verdict import cluster_resource, failed, passed
from checks.workloads import POD_KINDS

THEME = Theme.SECRETS

_ACCOUNT = "kubernetes.io/service-account.name"
_MANY = 5
_MOST = 5


@check(
    id="secret-legacy-token",
    title="Secret holds a service account token that never expires",
    severity=Severity.MEDIUM,
    because="It takes one Secret read; then the service account is theirs until somebody deletes the Secret.",
    population=("Secret",),
    rationale=(
        "Since Kubernetes 1.24 pods get tokens that end with them and need no Secret. One that is kept in a "
        "Secret is valid for ever and from everywhere."
    ),
    remediation="Find out who uses it, let them ask for tokens (TokenRequest), and delete the Secret.",
    snippet="""\
# kubectl create token builder --duration=1h
apiVersion: v1
kind: ServiceAccount
metadata: {name: builder}
automountServiceAccountToken: false
""",
)
def legacy_token(snapshot: Snapshot) -> Iterator[Verdict]:
    """By the annotation that names the service account, which every such Secret has: of Secrets only metadata
    is asked for, and that has no type."""
    found = False
    for secret in snapshot.all(o.Secret):
        account = secret.metadata.annotations.get(_ACCOUNT)
        if account:
            found = True
            path = f"metadata.annotations[{_ACCOUNT}]"
            fact = Evidence(path, account, "no such Secret", uid=secret.metadata.uid)
            yield failed(secret.resource, f"It holds a token of the service account {account}.", fact)
    if not found:
        yield passed(cluster_resource(snapshot))


@check(
    id="secret-widely-shared",
    title="Many workloads take the same Secret",
    severity=Severity.LOW,
    because="It takes one of these workloads; then what all of them are let in with is known.",
    population=POD_KINDS,
    rationale=(
        "A secret that many hold is changed by nobody, because everything would have to change at once, and "
        "its use says nothing about who used it."
    ),
    remediation="Give each workload a secret of its own, with the rights that it needs.",
    snippet="apiVersion: v1\nkind: Secret\nmetadata: {name: web-database, namespace: web}\n",
)
def widely_shared(snapshot: Snapshot) -> Iterator[Verdict]:
    """More than five workloads of a namespace that take one Secret as environment or file. Secrets to pull
    images with are shared by intent and do not count."""
    shared = False
    for (namespace, name), workloads in sorted(takers(snapshot).items()):
        if len(workloads) <= _MANY:
            continue
        shared = True
        users = [str(each.resource) for each in workloads]
        fact = Evidence("metadata.name", sorted(users)[:_MOST], f"{_MANY} workloads at most")
        resource = Resource("v1", "Secret", namespace or None, name)
        yield failed(resource, f"{len(users)} workloads take it.", fact)
    if not shared:
        yield passed(cluster_resource(snapshot))
