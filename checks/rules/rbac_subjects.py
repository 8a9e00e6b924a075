"""Rights given to whom nobody in particular answers for: the anonymous, everyone, default accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from checks.access.index import Bound
from checks.access.matching import covers
from checks.access.subjects import (
    ALL_SERVICE_ACCOUNTS,
    ANONYMOUS,
    AUTHENTICATED,
    SERVICE_ACCOUNT,
    UNAUTHENTICATED,
    namespace_of_group,
)
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Severity, Subject, Theme, Verdict
from checks.pods import DEFAULT_ACCOUNT
from checks.registry import check
from checks.rules.rbac_grants import BINDINGS, ROLES, every_grant, nobody, unresolved
from checks.verdict import failed

THEME = Theme.ACCESS

_CLUSTER_INFO = o.PolicyRule(("get",), ("",), ("configmaps",), ("cluster-info",))


@check(
    id="rbac-anonymous",
    title="Rights were given to whoever does not log in",
    severity=Severity.CRITICAL,
    because=("It takes no credential at all: whoever reaches the API server has the right."),
    needs=ROLES,
    population=BINDINGS,
    rationale=(
        "A request without credentials is the user system:anonymous in the group system:unauthenticated. "
        "What is bound to them is open to everybody who reaches the API server."
    ),
    remediation="Delete the binding, or bind it to the group that is meant.",
    snippet="""\
subjects:
  - {apiGroup: rbac.authorization.k8s.io, kind: Group, name: auditors}
""",
)
def anonymous(snapshot: Snapshot) -> Iterator[Verdict]:
    """Two are expected and left out: Kubernetes' own to version and health, and the one by which kubeadm
    lets a new node read the public ConfigMap `cluster-info`."""
    claim = "Nothing was given to whoever does not log in"
    return _given_to(snapshot, lambda who: who in (ANONYMOUS, UNAUTHENTICATED), claim)


@check(
    id="rbac-everyone",
    title="Rights were given to everyone who logs in",
    severity=Severity.MEDIUM,
    because=("It takes a credential, but any will do, that of the least important pod included."),
    needs=ROLES,
    population=BINDINGS,
    rationale=(
        "The group system:authenticated holds every user of the identity provider and every service account, "
        "on some managed services any account of that provider at all."
    ),
    remediation="Bind the group of people who are meant.",
    snippet="""\
subjects:
  - {apiGroup: rbac.authorization.k8s.io, kind: Group, name: engineers}
""",
)
def everyone(snapshot: Snapshot) -> Iterator[Verdict]:
    """What Kubernetes itself gives the group (asking about one's own rights, discovery) is left out."""
    return _given_to(snapshot, lambda who: who == AUTHENTICATED, "Nothing was given to everyone")


@check(
    id="rbac-default-service-account",
    title="Rights were given to a default service account",
    severity=Severity.MEDIUM,
    because="Every pod that names no account of its own gets the right, meant or not.",
    needs=ROLES,
    population=BINDINGS,
    rationale=(
        "Every pod that names no service account runs as its namespace's default one. Rights given to it, or "
        "to a group of all service accounts, reach pods that nobody thought of."
    ),
    remediation="Give the workload a service account of its own and bind that.",
    snippet="""\
subjects:
  - {kind: ServiceAccount, name: runner, namespace: ci}
""",
)
def default_service_account(snapshot: Snapshot) -> Iterator[Verdict]:
    """A ServiceAccount called `default` of any namespace, and the groups that hold one."""
    return _given_to(snapshot, _is_default, "Nothing was given to a default service account")


def _is_default(who: Subject) -> bool:
    if who.kind == SERVICE_ACCOUNT:
        return who.name == DEFAULT_ACCOUNT
    return who == ALL_SERVICE_ACCOUNTS or namespace_of_group(who) is not None


def _given_to(snapshot: Snapshot, meant: Callable[[Subject], bool], claim: str) -> Iterator[Verdict]:
    found = own = 0
    for grant in every_grant(snapshot):
        if not meant(grant.subject):
            continue
        if grant.own or _cluster_info(grant.bound):
            own += 1
            continue
        found += 1
        message = f"{grant.who} has the rights of {grant.bound.role.resource} {grant.where}."
        facts = grant.evidence("somebody in particular")
        yield failed(grant.bound.binding.resource, message, facts, grant.locus)
    yield from unresolved(snapshot)
    if not found:
        yield from nobody(snapshot, claim, own)


def _cluster_info(bound: Bound) -> bool:
    """Whether it is kubeadm's binding for joining nodes, and grants no more than that one ConfigMap."""
    return bound.namespace == "kube-public" and covers((_CLUSTER_INFO,), bound.role.rules or ())
