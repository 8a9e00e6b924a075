"""Who can do everything: holders of cluster-admin by name and by content, and what RBAC cannot tell about it.

Everything means every verb on every resource of every group in one rule without resource names. The role
`cluster-admin` also allows every non-resource URL; a role without that still allows whoever holds it to grant
themselves the rest, so it counts, and its holders' note says so. A RoleBinding to such a role gives all that
inside its namespace only and makes nobody a cluster admin.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from checks.access.engine import chain_order
from checks.access.index import Bound, Index, index
from checks.access.matching import covers
from checks.access.stock import RoleKey, key_of
from checks.access.subjects import MASTERS, SERVICE_ACCOUNT, crowd
from checks.access.who import exists
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.model import AdminHolder, Because, ObjectRef, Subject
from checks.wording import some

CLUSTER_ADMIN = "cluster-admin"
KUBEADM_ADMINS = "kubeadm:cluster-admins"

EVERY_RESOURCE = o.PolicyRule(verbs=("*",), api_groups=("*",), resources=("*",))
EVERY_URL = o.PolicyRule(verbs=("*",), non_resource_urls=("*",))

_HOW = ("implicit", CLUSTER_ADMIN, "equivalent")


class NamespaceAdmin(Struct, frozen=True):
    """Somebody who can do everything inside one namespace."""

    subject: Subject
    namespace: str
    because: Because


@derived
def everything(snapshot: Snapshot) -> dict[RoleKey, int]:
    """The roles that allow everything on all resources, each with the index of the rule that does."""
    return _with_rule(index(snapshot), EVERY_RESOURCE)


@derived
def cluster_admins(snapshot: Snapshot) -> tuple[AdminHolder, ...]:
    """Everybody who can do everything in the cluster, `system:masters` first, then by name, then equivalents.

    Somebody who comes to it in several ways is listed once with all of them.
    """
    rbac, whole = index(snapshot), everything(snapshot)
    found: dict[Subject, _Found] = {}
    for bound in rbac.bounds():
        rule = whole.get(key_of(bound.role))
        if rule is None or bound.namespace is not None:
            continue
        for subject in dict.fromkeys(bound.subjects):
            if subject is not None:
                found.setdefault(subject, _Found()).add(bound, rule)
    masters = AdminHolder(MASTERS, "implicit", (), _masters_note(found.pop(MASTERS, None)))
    reaching_urls = _subjects_of_every_url(rbac)
    holders = (
        AdminHolder(
            subject=subject,
            how=each.how,
            because=tuple(sorted(each.because, key=chain_order)),
            note=_note(snapshot, subject, urls=subject in reaching_urls),
            created=each.created,
        )
        for subject, each in found.items()
    )
    return (masters, *sorted(holders, key=lambda h: (_HOW.index(h.how), h.subject.kind, str(h.subject))))


@derived
def namespace_admins(snapshot: Snapshot) -> tuple[NamespaceAdmin, ...]:
    """Everybody to whom a RoleBinding gives everything inside a namespace, by namespace and subject."""
    whole = everything(snapshot)
    found = {
        NamespaceAdmin(subject, bound.namespace, bound.because(rule))
        for bound in index(snapshot).bounds()
        if bound.namespace is not None and (rule := whole.get(key_of(bound.role))) is not None
        for subject in bound.subjects
        if subject is not None
    }
    return tuple(
        sorted(found, key=lambda each: (each.namespace, str(each.subject), each.because.binding.name))
    )


def not_counted(snapshot: Snapshot) -> Iterator[str]:
    """Who can do everything, but only inside a namespace."""
    narrow = namespace_admins(snapshot)
    if narrow:
        spaces = some(dict.fromkeys(each.namespace for each in narrow))
        who = some(dict.fromkeys(str(each.subject) for each in narrow))
        yield f"Not counted: {who} can do everything, but only inside a namespace ({spaces})."


class _Found:
    """A holder while its chains are gathered."""

    def __init__(self) -> None:
        self.because: dict[Because, None] = {}
        self.how = "equivalent"
        self.created: datetime | None = None

    def add(self, bound: Bound, rule: int) -> None:
        self.because[bound.because(rule)] = None
        if bound.role.metadata.name == CLUSTER_ADMIN:
            self.how = CLUSTER_ADMIN
        created = _moment(bound.binding.metadata.creation_timestamp)
        if created is not None and (self.created is None or created < self.created):
            self.created = created


def _with_rule(rbac: Index, wanted: o.PolicyRule) -> dict[RoleKey, int]:
    found: dict[RoleKey, int] = {}
    for key, role in rbac.roles.items():
        for number, rule in enumerate(role.rules or ()):
            if covers((rule,), (wanted,)):
                found.setdefault(key, number)
    return found


def _subjects_of_every_url(rbac: Index) -> set[Subject | None]:
    reaching = _with_rule(rbac, EVERY_URL)
    return {
        subject
        for bound in rbac.bounds()
        if bound.namespace is None and key_of(bound.role) in reaching
        for subject in bound.subjects
    }


def _note(snapshot: Snapshot, subject: Subject, *, urls: bool) -> str:
    notes = [crowd(subject)]
    if subject.name == KUBEADM_ADMINS:
        notes.append("made by kubeadm for admin.conf: whoever holds a client certificate of this group")
    if subject.kind == SERVICE_ACCOUNT and not exists(snapshot, subject):
        notes.append("this service account does not exist now; whoever may create it gets the rights")
    if not urls:
        notes.append("every resource, but not every non-resource URL")
    return "; ".join(note for note in notes if note)


def _masters_note(bound: _Found | None) -> str:
    note = "built in: allowed everything before RBAC is asked, and no binding takes it away"
    bindings = dict.fromkeys(_name(each.binding) for each in (bound.because if bound else ()))
    return f"{note}; also bound by {', '.join(bindings)}" if bindings else note


def _name(reference: ObjectRef) -> str:
    return f"{reference.kind} {reference.name}"


def _moment(text: str | None) -> datetime | None:
    """A creationTimestamp; None for one that is missing or, in files, not a time."""
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
