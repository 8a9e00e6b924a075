"""Ways in one line each, as the tests of this folder read them, and the objects that they need."""

from __future__ import annotations

from typing import Any

from checks.access.escalation.graph import graph
from checks.access.escalation.places import Goal, Place, in_words
from checks.access.escalation.steps import Chain
from checks.cluster.snapshot import Snapshot
from checks.model import Subject
from tests.checks.access.rbac_objects import Doc, subject
from tests.harness.fixture_snapshot import snapshot_of

RBAC = "rbac.authorization.k8s.io"


def who(text: str) -> Subject:
    """`user:alice`, `group:sre`, `sa:web/shop`."""
    made = subject(text)
    return Subject(made["kind"], made["name"], made.get("namespace"))


def namespace(name: str, level: str = "restricted") -> Doc:
    labels = {"pod-security.kubernetes.io/enforce": level} if level else {}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def account(text: str, **more: Any) -> Doc:
    where, _, name = text.partition("/")
    meta = {"name": name, "namespace": where}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta, **more}


def pod(text: str, account: str = "default", node: str = "node-1", **spec: Any) -> Doc:
    where, _, name = text.partition("/")
    containers = [{"name": "app", "image": "shop:1"}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": where},
        "spec": {"serviceAccountName": account, "nodeName": node, "containers": containers, **spec},
        "status": {"phase": "Running"},
    }


def secret(text: str, of: str) -> Doc:
    where, _, name = text.partition("/")
    marks = {"kubernetes.io/service-account.name": of}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": where, "annotations": marks},
    }


def node(name: str, *, control_plane: bool = False) -> Doc:
    labels = {"node-role.kubernetes.io/control-plane": ""} if control_plane else {}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}


def way(snapshot: Snapshot, start: str, goal: Place | str = Goal.ADMIN) -> Chain | None:
    """The shortest way from somebody to somebody, or to cluster-admin."""
    whole = graph(snapshot)
    whole.add(who(start))
    return whole.shortest(who(start), who(goal) if isinstance(goal, str) and ":" in goal else goal)  # type: ignore[arg-type]


def told(chain: Chain | None) -> list[str]:
    """A way as `E5 → ServiceAccount web/shop`, a step each; nothing where there is none."""
    return [f"{step.move.technique} → {in_words(step.gains)}" for step in chain.steps] if chain else []


def ways(start: str, *docs: Doc, goal: Place | str = Goal.ADMIN, **options: Any) -> list[str]:
    return told(way(snapshot_of(*docs, **options), start, goal))
