"""A proposal as manifests: what to apply, in an order in which nothing is refused, and what to delete."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import yaml

from checks.access.scopes import RBAC
from checks.access.subjects import SERVICE_ACCOUNT
from checks.access.usage.proposal import Proposal
from checks.cluster import objects as o

Doc = dict[str, Any]


def documents(made: Proposal) -> tuple[Doc, ...]:
    """The roles, their bindings, then the bindings that others are left in."""
    return (*map(_role, made.roles), *map(_binding, (*made.bindings, *made.changed)))


def commands(made: Proposal) -> Iterator[str]:
    """What deletes the bindings that nobody is left in: to be run last."""
    for bound in made.deleted:
        where = f" -n {bound.namespace}" if bound.namespace else ""
        yield f"kubectl delete {bound.ref.kind.lower()} {bound.ref.name}{where}"


def text(made: Proposal, *said: str) -> str:
    """All of it as a file that `kubectl apply -f` takes, with what is to be said and run as comments."""
    last = [f"Then: {command}" for command in commands(made)]
    head = "".join(f"# {' '.join(line.split())}\n" for line in (*said, *last))
    docs = documents(made)
    return head + (yaml.safe_dump_all(docs, sort_keys=False, width=120) if docs else "")


def _head(item: o.Object) -> Doc:
    meta = item.metadata
    named = {"name": meta.name} | ({"namespace": meta.namespace} if meta.namespace else {})
    return {"apiVersion": item.api_version, "kind": item.kind, "metadata": named}


def _role(role: o.Role | o.ClusterRole) -> Doc:
    return _head(role) | {"rules": msgspec.json.decode(msgspec.json.encode(role.rules or ()))}


def _binding(binding: o.RoleBinding | o.ClusterRoleBinding) -> Doc:
    to = {"apiGroup": RBAC, "kind": binding.role_ref.kind, "name": binding.role_ref.name}
    return _head(binding) | {"roleRef": to, "subjects": [_subject(each) for each in binding.subjects or ()]}


def _subject(subject: o.RbacSubject) -> Doc:
    if subject.kind == SERVICE_ACCOUNT:
        where = {"namespace": subject.namespace} if subject.namespace else {}
        return {"kind": subject.kind, "name": subject.name} | where
    return {"apiGroup": RBAC, "kind": subject.kind, "name": subject.name}
