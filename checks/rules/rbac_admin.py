"""Who holds everything: bindings to cluster-admin and to roles that are as good, and to system:masters."""

from __future__ import annotations

from collections.abc import Iterator

from checks.access.admins import CLUSTER_ADMIN, KUBEADM_ADMINS, everything
from checks.access.index import index
from checks.access.stock import is_stock_subject
from checks.access.subjects import GROUP, MASTERS
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Severity, Subject, Theme, Verdict
from checks.registry import check
from checks.rules.rbac_grants import BINDINGS, ROLES, Grant, every_grant, grants, locus, nobody, unresolved
from checks.verdict import failed, manual, passed

THEME = Theme.ACCESS

_ANOTHER = "a group of your own"
_KUBEADM = Subject(GROUP, KUBEADM_ADMINS)


@check(
    id="rbac-cluster-admin",
    title="Somebody was given everything in the cluster",
    severity=Severity.HIGH,
    because=(
        "One stolen credential of these is the whole cluster; not critical, because somebody must hold it."
    ),
    needs=("ClusterRole",),
    population=("ClusterRoleBinding",),
    rationale=(
        "Whoever holds every right can read every secret, run anything on every node and hand out rights. "
        "A role with the same rules under another name is the same power, harder to see."
    ),
    remediation=(
        "Bind a role with the rights that are used, in the namespaces where they are used. Keep a few people "
        "with everything for emergencies, by a group, and accept that finding with its reason."
    ),
    snippet="""\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web-team, namespace: web}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
subjects:
  - {apiGroup: rbac.authorization.k8s.io, kind: Group, name: web-team}
""",
)
def cluster_admin(snapshot: Snapshot) -> Iterator[Verdict]:
    """Every ClusterRoleBinding to a role with every verb on every resource, whatever it is called.

    The binding to `system:masters` that every cluster has passes: it gives nobody anything that the group
    does not have without it. kubeadm's group is held by certificates, which only a person can account for.
    """
    found = False
    for grant in _whole(snapshot, in_namespaces=False):
        resource = grant.bound.binding.resource
        if grant.subject == MASTERS:
            if is_stock_subject(grant.bound.binding, grant.subject):
                yield passed(resource, "Kubernetes' own: system:masters holds everything without it.")
        elif grant.subject == _KUBEADM and resource.name == KUBEADM_ADMINS:
            found = True
            reason = "kubeadm made it for admin.conf: who holds a client certificate of this group?"
            yield manual(resource, reason, grant.evidence("a group whose certificates are accounted for"))
        else:
            found = True
            role = grant.bound.role.metadata.name
            alike = "" if role == CLUSTER_ADMIN else f" (through {role}, which is as good as cluster-admin)"
            message = f"{grant.who} can do everything {grant.where}{alike}."
            yield failed(resource, message, grant.evidence("somebody who needs every right"), grant.locus)
    yield from unresolved(snapshot, ("ClusterRoleBinding",))
    if not found:
        claim = "Nobody was given everything besides the built-in group system:masters"
        yield from nobody(snapshot, claim, kinds=("ClusterRoleBinding",))


@check(
    id="rbac-cluster-admin-in-namespace",
    title="Somebody was given everything in a namespace",
    severity=Severity.MEDIUM,
    because=("The loss ends at the namespace: its secrets, its pods and whatever those can reach."),
    needs=ROLES,
    population=("RoleBinding",),
    rationale=(
        "Everything in a namespace is more than its administration: it includes rights on kinds that are yet "
        "to be installed, and over the quotas and limits that were set for whoever holds it."
    ),
    remediation="Bind the built-in role admin, or one that names what is needed.",
    snippet="""\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: data-owners, namespace: data}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: admin}
subjects:
  - {apiGroup: rbac.authorization.k8s.io, kind: Group, name: data-team}
""",
)
def cluster_admin_in_namespace(snapshot: Snapshot) -> Iterator[Verdict]:
    """Every RoleBinding to a role with every verb on every resource. It makes nobody a cluster admin."""
    found = False
    for grant in _whole(snapshot, in_namespaces=True):
        found = True
        role = str(grant.bound.role.resource)
        message = f"{grant.who} can do everything {grant.where}, through {role}."
        facts = grant.evidence("somebody who needs every right there")
        yield failed(grant.bound.binding.resource, message, facts, grant.locus)
    yield from unresolved(snapshot, ("RoleBinding",))
    if not found:
        yield from nobody(snapshot, "Nobody was given everything in a namespace", kinds=("RoleBinding",))


def _whole(snapshot: Snapshot, *, in_namespaces: bool) -> Iterator[Grant]:
    bound_roles = index(snapshot).bound
    for key, rule in everything(snapshot).items():
        for bound in bound_roles.get(key, ()):
            if (bound.namespace is not None) is in_namespaces:
                yield from grants(bound, (rule,))


@check(
    id="rbac-system-masters",
    title="A binding names the group system:masters",
    severity=Severity.HIGH,
    because="No rule can narrow this group and no change of RBAC takes its rights away.",
    needs=ROLES,
    population=BINDINGS,
    rationale=(
        "The group is allowed everything before RBAC is asked, so a binding to it gives nothing. It shows "
        "that somebody works as a member, with a certificate that cannot be withdrawn."
    ),
    remediation="Delete the binding, and give its users an identity of their own with the rights they need.",
    snippet="""\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: emergency}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects:
  - {apiGroup: rbac.authorization.k8s.io, kind: Group, name: emergency-responders}
""",
)
def system_masters(snapshot: Snapshot) -> Iterator[Verdict]:
    """About bindings alone, whatever their role. Who holds a certificate of the group cannot be seen."""
    found = own = 0
    message = "It names system:masters, which is allowed everything without it."
    for each in index(snapshot).dangling:
        if MASTERS in each.subjects:
            found += 1
            meta, place = each.binding.metadata, f"subjects[{each.subjects.index(MASTERS)}]"
            fact = Evidence(place, MASTERS.name, _ANOTHER, None, meta.uid, meta.resource_version)
            yield failed(each.binding.resource, message, fact, locus(MASTERS))
    for grant in every_grant(snapshot):
        if grant.subject != MASTERS:
            continue
        if grant.own:
            own += 1
            continue
        found += 1
        yield failed(grant.bound.binding.resource, message, grant.evidence(_ANOTHER), grant.locus)
    if not found:
        unseen = " Who holds a certificate of the group cannot be seen."
        yield from nobody(snapshot, "No binding names system:masters", own, unseen=unseen)
