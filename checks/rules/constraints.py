"""Which of OpenShift's constraints let a pod take the node or be root, and who may use them.

A constraint is used by whoever it names, and by whoever RBAC lets `use` it; a pod's own service account
counts as well. Source: openshift/api security/v1/types.go; docs.redhat.com, OpenShift Container Platform,
"Managing security context constraints".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from checks.access.admins import everything
from checks.access.engine import granting
from checks.access.index import index
from checks.access.matching import Request
from checks.access.stock import key_of
from checks.access.subjects import crowd, user
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Severity, Subject, Theme, Verdict
from checks.registry import check
from checks.rules.rbac_grants import BINDINGS, ROLES
from checks.verdict import failed, manual, not_applicable, not_evaluated, passed
from checks.wording import some

THEME = Theme.ADMISSION

Constraints = o.SecurityContextConstraints
_POWERS = ("SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO", "BPF", "DAC_READ_SEARCH", "ALL", "*")
_PLATFORM = ("system:cluster-admins", "system:masters", "system:nodes", "system:admin")
_EVERYBODY = {"system:authenticated:oauth": "everybody who signs in"}
_SPACES = ("openshift-", "kube-")
_MOST = 5
_SNIPPET = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: agent-privileged, namespace: monitoring}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: system:openshift:scc:privileged}
subjects: [{kind: ServiceAccount, name: agent, namespace: monitoring}]
"""


def _node_powers(each: Constraints) -> list[str]:
    """What of a constraint gives a pod the node: the fields that allow it."""
    found = [
        name
        for name, allowed in (
            ("allowPrivilegedContainer", each.allow_privileged_container),
            ("allowHostDirVolumePlugin", each.allow_host_dir_volume_plugin),
            ("allowHostPID", each.allow_host_pid),
            ("allowHostIPC", each.allow_host_ipc),
            ("allowHostNetwork", each.allow_host_network),
        )
        if allowed
    ]
    strong = [
        name for name in each.allowed_capabilities or () if name.upper().removeprefix("CAP_") in _POWERS
    ]
    return found + [f"allowedCapabilities: {name}" for name in strong[:_MOST]]


def _root(each: Constraints) -> list[str]:
    """What of a constraint lets a container be root."""
    strategy = each.run_as_user
    if strategy is None or strategy.type == "RunAsAny":
        return ["runAsUser: RunAsAny"]
    return ["runAsUser.uid: 0"] if strategy.type == "MustRunAs" and strategy.uid == 0 else []


@check(
    id="scc-node-access",
    title="Constraint that gives pods the node may be used by many",
    severity=Severity.HIGH,
    population=("SecurityContextConstraints",),
    also=(*ROLES, *BINDINGS),
    because="Whoever may use it makes a pod that is root on the node, and has all that runs there.",
    rationale=(
        "A privileged container, the node's files, its processes or its network are the node. A constraint "
        "that allows them is for a few programs of the platform, each with a service account of its own."
    ),
    remediation="Let only the service accounts that need it use it, each in its own namespace.",
    snippet=_SNIPPET,
)
def node_access(snapshot: Snapshot) -> Iterator[Verdict]:
    """Constraints that allow privileged containers, host paths, the host's processes, IPC or network, or
    strong capabilities. One that a crowd may use fails (everybody, all service accounts, those of a
    namespace); others who may are named for a person, but for cluster administrators and OpenShift's own
    namespaces."""
    return _judged(snapshot, _node_powers, "It does not give a pod the node.")


@check(
    id="scc-root",
    title="Constraint that lets containers be root may be used by many",
    severity=Severity.MEDIUM,
    population=("SecurityContextConstraints",),
    also=(*ROLES, *BINDINGS),
    because="It takes a weakness of the kernel or the runtime besides; as root it is enough more often.",
    rationale=(
        "OpenShift gives each namespace users of its own. A constraint that lets a pod choose any user "
        "undoes that for whoever may use it, and images that run as root are many."
    ),
    remediation="Let the image run as any user instead, or let only the account that needs it use it.",
    snippet=_SNIPPET.replace("privileged", "anyuid"),
)
def root(snapshot: Snapshot) -> Iterator[Verdict]:
    """Constraints whose `runAsUser` is RunAsAny or 0, judged as those that give the node, which are left out
    here."""
    return _judged(
        snapshot,
        lambda each: [] if _node_powers(each) else _root(each),
        "It does not let a container be root, or gives the node, which another check judges.",
    )


def _judged(
    snapshot: Snapshot, powers_of: Callable[[Constraints], list[str]], harmless: str
) -> Iterator[Verdict]:
    unread = [kind for kind in (*ROLES, *BINDINGS) if not snapshot.saw(kind)]
    for each in snapshot.all(o.SecurityContextConstraints):
        powers = powers_of(each)
        if not powers:
            yield not_applicable(each.resource, harmless)
            continue
        users = _users(snapshot, each)
        many = [who for who in users if crowd(who) or who.name in _EVERYBODY]
        facts = _facts(each, powers, users)
        if many:
            message = f"It may be used by {_named(many)}."
            yield failed(each.resource, message, facts)
        elif unread:
            yield not_evaluated(each.resource, f"Who may use it is not known: {unread[0]} was not read.")
        elif users:
            reason = f"It may be used by {_named(users)}: see whether each needs it."
            yield manual(each.resource, reason, facts)
        else:
            yield passed(each.resource, "Only cluster administrators and OpenShift's own may use it.")


def _users(snapshot: Snapshot, each: Constraints) -> list[Subject]:
    """Who may use it, beside those who have everything and the platform itself."""
    written = [user(name) for name in each.users or ()] + [Subject("Group", g) for g in each.groups or ()]
    request = Request("use", "securitycontextconstraints", "security.openshift.io", name=each.metadata.name)
    whole = everything(snapshot)
    granted = [
        who
        for bound, _ in granting(index(snapshot), request)
        if key_of(bound.role) not in whole
        for who in bound.subjects
        if who is not None
    ]
    return [who for who in dict.fromkeys((*written, *granted)) if not _of_platform(who)]


def _of_platform(who: Subject) -> bool:
    if who.namespace is not None:
        return who.namespace.startswith(_SPACES)
    group = who.name.removeprefix("system:serviceaccounts:")
    return who.name in _PLATFORM or (group != who.name and group.startswith(_SPACES))


def _named(found: list[Subject]) -> str:
    words = [crowd(who) or _EVERYBODY.get(who.name) or str(who) for who in found]
    return some(words, _MOST)


def _facts(each: Constraints, powers: list[str], users: list[Subject]) -> tuple[Evidence, ...]:
    meta = each.metadata
    return (
        Evidence("allows", powers, "nothing that gives it away", None, meta.uid, meta.resource_version),
        Evidence("users, groups and RBAC", [str(who) for who in users[:20]], "few, by name"),
    )
