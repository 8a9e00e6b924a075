"""Proposals as manifests to apply, and as what takes somebody out of the bindings that are there.

First come the new roles and bindings, so that nothing is refused in between. Out of an old binding a subject
is taken by a patch that tests first whether it is still in that place, or with all others by `bindings`.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import yaml

from checks.access.index import Bound
from checks.access.scopes import RBAC
from checks.access.stock import AnyBinding, AnyRole
from checks.access.subjects import SERVICE_ACCOUNT
from checks.access.usage.applying import left
from checks.access.usage.proposal import Proposal
from checks.cluster import objects as o

Doc = dict[str, Any]


def documents(made: Proposal) -> tuple[Doc, ...]:
    """The roles and their bindings."""
    return (*map(_role, made.roles), *map(_binding, made.bindings))


def patch(made: Proposal, bound: Bound) -> list[Doc]:
    """A JSON patch that takes the subject out of a binding; empty where nobody would be left in it."""
    places = [place for place, who in enumerate(bound.subjects) if who == made.subject]
    if len(places) == len(bound.subjects):
        return []
    subjects = bound.binding.subjects or ()
    return [step for place in reversed(places) for step in _out(place, subjects[place])]


def _out(place: int, subject: o.RbacSubject) -> Iterator[Doc]:
    for field, value in (("kind", subject.kind), ("name", subject.name), ("namespace", subject.namespace)):
        if value:
            yield {"op": "test", "path": f"/subjects/{place}/{field}", "value": value}
    yield {"op": "remove", "path": f"/subjects/{place}"}


def commands(made: Proposal) -> Iterator[str]:
    """What takes the subject out of the old bindings: to be run last."""
    for bound in made.drop:
        steps = patch(made, bound)
        if steps:
            what = ("patch", "--type=json", "-p", json.dumps(steps, separators=(",", ":")))
            yield _command(bound.binding, *what)
        else:
            yield _command(bound.binding, "delete")


def _command(binding: AnyBinding, verb: str, *more: str) -> str:
    meta = binding.metadata
    where = ("-n", meta.namespace) if meta.namespace else ()
    return shlex.join(("kubectl", verb, binding.kind.lower(), meta.name, *where, *more))


def text(made: Proposal, *said: str) -> str:
    """What is new as a file that `kubectl apply -f` takes, with what is to be said and run as comments."""
    return _file((*said, *(f"Then: {command}" for command in commands(made))), documents(made))


def bindings(proposals: Iterable[Proposal], *said: str) -> str:
    """The old bindings as all proposals together leave them, as a file to be applied after all of theirs."""
    after = left(proposals)
    empty = [f"Then: {_command(each, 'delete')}" for each in after if not each.subjects]
    return _file((*said, *empty), tuple(_binding(each) for each in after if each.subjects))


def _file(said: Iterable[str], docs: tuple[Doc, ...]) -> str:
    head = "".join(f"# {' '.join(line.split())}\n" for line in said)
    return head + (yaml.dump_all(docs, Dumper=yaml.CSafeDumper, sort_keys=False, width=120) if docs else "")


def _head(item: o.Object) -> Doc:
    meta = item.metadata
    named = {"name": meta.name} | ({"namespace": meta.namespace} if meta.namespace else {})
    return {"apiVersion": item.api_version, "kind": item.kind, "metadata": named}


def _role(role: AnyRole) -> Doc:
    return _head(role) | {"rules": msgspec.json.decode(msgspec.json.encode(role.rules or ()))}


def _binding(binding: AnyBinding) -> Doc:
    to = {"apiGroup": RBAC, "kind": binding.role_ref.kind, "name": binding.role_ref.name}
    return _head(binding) | {"roleRef": to, "subjects": [_subject(each) for each in binding.subjects or ()]}


def _subject(subject: o.RbacSubject) -> Doc:
    if subject.kind == SERVICE_ACCOUNT:
        where = {"namespace": subject.namespace} if subject.namespace else {}
        return {"kind": subject.kind, "name": subject.name} | where
    return {"apiGroup": RBAC, "kind": subject.kind, "name": subject.name}
