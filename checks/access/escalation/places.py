"""What somebody may come to hold on the way: an identity, a role of their choice, pods, a node, everything.

Some places stand for many (`Accounts` for every service account of a namespace), so that a right to all of
them is one edge and the graph stays as small as the rights are.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from checks.access.stock import RoleKey
from checks.model import Subject


class Goal(StrEnum):
    """Where there is nothing more to be had."""

    ADMIN = "cluster-admin"


class Anybody(StrEnum):
    """Somebody of one's choice: any user by name, or whoever a certificate can be made out to."""

    USERS = "any user"
    BY_CERTIFICATE = "anybody but system:masters"


class Later(StrEnum):
    """What comes about when somebody else does something."""

    PODS = "code in every pod that is started from then on"


class Granted(Struct, frozen=True, gc=False):
    """The rights of a role that somebody can give themselves: everywhere (None), or inside one namespace or
    any that they like (`*`)."""

    role: RoleKey
    namespace: str | None


class Bootstrapper(Struct, frozen=True, gc=False):
    """Whoever logs in by a bootstrap token that names these groups."""

    groups: tuple[str, ...]


class Accounts(Struct, frozen=True, gc=False):
    """Every service account that exists in a namespace, or (None) in the cluster."""

    namespace: str | None


class Missing(Struct, frozen=True, gc=False):
    """Every service account of a namespace, or of the cluster, that is bound and does not exist."""

    namespace: str | None


class Pods(Struct, frozen=True, gc=False):
    """A process in every running pod of a namespace (None: of the cluster)."""

    namespace: str | None


class PodsOn(Struct, frozen=True, gc=False):
    """A process in every running pod of one node."""

    node: str


class OnePod(Struct, frozen=True, gc=False):
    """A process in one pod."""

    namespace: str
    name: str


class Tokens(Struct, frozen=True, gc=False):
    """Every long-lived token of a service account that lies in a Secret of a namespace, or of the cluster."""

    namespace: str | None


class NodeIdentity(Struct, frozen=True, gc=False):
    """A kubelet's own credentials (None: those of any node)."""

    node: str | None


class NodeRoot(Struct, frozen=True, gc=False):
    """Root on a node (None: on any node)."""

    node: str | None


class Lens(Struct, frozen=True, gc=False):
    """Somebody as a constrained impersonator acts as them: with that identity's rights, but only those that
    the impersonator may use in this mode."""

    target: Subject | NodeIdentity
    by: Subject
    mode: str


Place = (
    Subject
    | Goal
    | Anybody
    | Later
    | Granted
    | Bootstrapper
    | Accounts
    | Missing
    | Pods
    | PodsOn
    | OnePod
    | Tokens
    | NodeIdentity
    | NodeRoot
    | Lens
)


def is_identity(place: Place) -> bool:
    """Whether it is somebody: an end of a step, not a crowd to choose from."""
    return isinstance(place, Subject | Goal | Later | Granted | Bootstrapper | NodeIdentity | NodeRoot | Lens)


def in_words(place: Place) -> str:
    """A place as a step names it."""
    match place:
        case Granted(role, namespace):
            where = {None: "everywhere", "*": "in any namespace"}.get(namespace, f"in namespace {namespace}")
            return f"the rights of {_role(role)} {where}"
        case NodeIdentity(node):
            return f"the identity of {_node(node)}"
        case NodeRoot(node):
            return f"root on {_node(node)}"
        case Lens(target, _, mode):
            return f"{in_words(target)} (constrained: {mode})"
        case Bootstrapper(groups):
            return f"the holder of a bootstrap token ({', '.join(groups)})"
        case Subject() | Goal() | Anybody() | Later():
            return str(place)
        case _:
            return _many(place)


def _many(place: Accounts | Missing | Pods | PodsOn | OnePod | Tokens) -> str:
    match place:
        case Accounts(namespace):
            return f"every service account {_of(namespace)}"
        case Missing(namespace):
            return f"every bound service account that does not exist {_of(namespace)}"
        case Pods(namespace):
            return f"every pod {_of(namespace)}"
        case PodsOn(node):
            return f"every pod on node {node}"
        case OnePod(namespace, name):
            return f"Pod {namespace}/{name}"
        case Tokens(namespace):
            return f"every service account token in a Secret {_of(namespace)}"


def _role(key: RoleKey) -> str:
    kind, namespace, name = key
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def _of(namespace: str | None) -> str:
    return f"of namespace {namespace}" if namespace else "of the cluster"


def _node(node: str | None) -> str:
    if node is None:
        return "any node"
    return f"node {node}" if node else "its node"
