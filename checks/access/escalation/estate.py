"""What there is in the cluster to be taken: accounts, pods with their tokens, nodes, tokens in Secrets.

Pods of files are the templates in them. A pod's service account counts where its token lies in the pod: what
runs commands there finds it. A kubelet can have a token made for every account of its pods, mounted or not
(plugin/pkg/auth/authorizer/node), so a node counts for all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeVar

from msgspec import Struct

from checks.access.escalation.host import ways_out
from checks.access.index import index
from checks.access.subjects import SERVICE_ACCOUNT
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.model import Subject
from checks.network.policies import namespace_of
from checks.owners import controller_of, templates
from checks.pod_security.levels import Level, policy_of
from checks.pods import FINISHED, service_account

T = TypeVar("T")

KINDS = (
    "Namespace",
    "Node",
    "Pod",
    "ServiceAccount",
    "Secret",
    "Role",
    "RoleBinding",
    "ClusterRole",
    "ClusterRoleBinding",
)
"""What must be read for an answer about escalation to be whole."""
ALSO = ("ControlPlanePod", "ApiServerFlags")
"""What takes a condition off a step where it is read."""
TOKEN_OF = "kubernetes.io/service-account.name"  # noqa: S105
_CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
_SYSTEM = "kube-system"


class Seat(Struct, frozen=True, gc=False):
    """One running pod (or a template of files) as somewhere to be. `account` None: a static pod, which has
    none. `node` is empty where it is not known."""

    namespace: str
    name: str
    account: Subject | None
    token: bool
    host: str
    node: str

    def __str__(self) -> str:
        return f"Pod {self.namespace}/{self.name}"


class Estate(Struct, frozen=True):
    """Everything there is to be taken, found by where it is.

    `missing`: accounts that are bound and do not exist. `secrets`: namespace and name of every Secret.
    `open`: namespaces whose labels refuse no pod.
    `control_plane`: the nodes that hold the cluster's own keys.
    """

    accounts: dict[str, tuple[Subject, ...]]
    missing: dict[str, tuple[Subject, ...]]
    seats: dict[str, tuple[Seat, ...]]
    on_node: dict[str, tuple[Seat, ...]]
    tokens: dict[str, tuple[tuple[str, Subject], ...]]
    secrets: frozenset[tuple[str, str]]
    open: frozenset[str]
    control_plane: frozenset[str]

    def called(self, name: str, namespace: str | None) -> tuple[Subject, ...]:
        """Every account of this name, existing or only bound, in one namespace or in all."""
        spaces = (*self.accounts, *self.missing) if namespace is None else (namespace,)
        found = (
            each
            for space in dict.fromkeys(spaces)
            for each in (*self.accounts.get(space, ()), *self.missing.get(space, ()))
            if each.name == name
        )
        return tuple(dict.fromkeys(found))

    def exists(self, account: Subject) -> bool:
        """Whether this account is there."""
        return account in self.accounts.get(account.namespace or "", ())

    def where_open(self, namespace: str | None) -> str | None:
        """A namespace, of those or that one, in which Pod Security refuses no pod; kube-system first."""
        if namespace is not None:
            return namespace if namespace in self.open else None
        return _SYSTEM if _SYSTEM in self.open else min(self.open, default=None)


@derived
def estate(snapshot: Snapshot) -> Estate:
    """What there is in this snapshot."""
    seats = tuple(sorted(_seats(snapshot), key=lambda each: (each.namespace, each.name, each.node)))
    there = {
        Subject(SERVICE_ACCOUNT, each.metadata.name, namespace_of(each))
        for each in snapshot.all(o.ServiceAccount)
    }
    named = {subject for subject in bound_subjects(snapshot) if subject.kind == SERVICE_ACCOUNT}
    named |= {seat.account for seat in seats if seat.account is not None}
    certain = snapshot.saw("ServiceAccount") and snapshot.cluster.source != "manifests"
    missing = named - there if certain else set()
    return Estate(
        accounts=_by_namespace(there if certain else there | named),
        missing=_by_namespace(missing),
        seats=_grouped((seat.namespace, seat) for seat in seats),
        on_node=_grouped((seat.node, seat) for seat in seats),
        tokens=_grouped(sorted(_tokens(snapshot), key=lambda found: (found[0], found[1][0]))),
        secrets=frozenset((namespace_of(each), each.metadata.name) for each in snapshot.all(o.Secret)),
        open=frozenset(_open(snapshot, seats)),
        control_plane=frozenset(_control_plane(snapshot)),
    )


@derived
def bound_subjects(snapshot: Snapshot) -> frozenset[Subject]:
    """Everybody whom a binding names."""
    rbac = index(snapshot)
    waiting = (subject for each in rbac.dangling for subject in each.subjects if subject is not None)
    return frozenset((*rbac.by_subject, *waiting))


def has_token(pod: o.PodSpec, namespace: str, accounts: dict[tuple[str, str], o.ServiceAccount]) -> bool:
    """Whether a token for the API server lies in this pod's files."""
    for volume in pod.volumes or ():
        for source in (volume.projected.sources if volume.projected else None) or ():
            if source.service_account_token and not source.service_account_token.audience:
                return True
    if pod.automount_service_account_token is not None:
        return pod.automount_service_account_token
    account = accounts.get((namespace, service_account(pod)))
    return account is None or account.automount_service_account_token is not False


@derived
def accounts_by_name(snapshot: Snapshot) -> dict[tuple[str, str], o.ServiceAccount]:
    """The service accounts, by namespace and name."""
    return {(namespace_of(each), each.metadata.name): each for each in snapshot.all(o.ServiceAccount)}


def is_static(holder: o.Object) -> bool:
    """Whether a kubelet runs this pod from a file."""
    owner = controller_of(holder)
    return holder.kind == "Pod" and owner is not None and owner.kind == "Node"


def seat_of(snapshot: Snapshot, holder: o.Object, pod: o.PodSpec, node: str = "") -> Seat:
    """A pod, or the template of one, as somewhere to be."""
    namespace = namespace_of(holder)
    account = None if is_static(holder) else Subject(SERVICE_ACCOUNT, service_account(pod), namespace)
    token = account is not None and has_token(pod, namespace, accounts_by_name(snapshot))
    host = next((words for _, words in ways_out(pod)), "")
    return Seat(namespace, holder.metadata.name, account, token, host, node)


def _seats(snapshot: Snapshot) -> Iterator[Seat]:
    for pod in snapshot.all(o.Pod):
        if pod.status.phase not in FINISHED:
            yield seat_of(snapshot, pod, pod.spec, pod.spec.node_name or "")
    if snapshot.cluster.source == "manifests":
        for holder, template, _ in templates(snapshot):
            yield seat_of(snapshot, holder, template.spec)


def _tokens(snapshot: Snapshot) -> Iterator[tuple[str, tuple[str, Subject]]]:
    for secret in snapshot.all(o.Secret):
        account = secret.metadata.annotations.get(TOKEN_OF)
        if account:
            namespace = namespace_of(secret)
            yield namespace, (secret.metadata.name, Subject(SERVICE_ACCOUNT, account, namespace))


def _open(snapshot: Snapshot, seats: tuple[Seat, ...]) -> Iterator[str]:
    for namespace in snapshot.all(o.Namespace):
        if policy_of(namespace.metadata.labels).enforce.level is Level.PRIVILEGED:
            yield namespace.metadata.name
    if not snapshot.saw("Namespace") or snapshot.cluster.source == "manifests":
        known = {each.metadata.name for each in snapshot.all(o.Namespace)}
        yield from {seat.namespace for seat in seats} - known


def _control_plane(snapshot: Snapshot) -> Iterator[str]:
    for node in snapshot.all(o.Node):
        if any(label in (node.metadata.labels or {}) for label in _CONTROL_PLANE):
            yield node.metadata.name
    for pod in snapshot.all(o.Pod):
        if is_static(pod) and pod.metadata.name.startswith("kube-apiserver-") and pod.spec.node_name:
            yield pod.spec.node_name


def _by_namespace(accounts: set[Subject]) -> dict[str, tuple[Subject, ...]]:
    ordered = sorted(accounts, key=lambda each: (each.namespace or "", each.name))
    return _grouped((each.namespace or "", each) for each in ordered)


def _grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, tuple[T, ...]]:
    found: defaultdict[str, list[T]] = defaultdict(list)
    for key, item in pairs:
        found[key].append(item)
    return {key: tuple(items) for key, items in found.items()}
