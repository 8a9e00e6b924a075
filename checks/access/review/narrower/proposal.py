"""A proposal, and the YAML of what to put in place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import yaml
from msgspec import Struct
from msgspec.structs import replace

from checks.access.review.privileges import PRIVILEGES, Privilege
from checks.access.stock import AnyBinding, AnyRole
from checks.cluster import objects as o
from checks.model import ObjectRef

_GROUP = "rbac.authorization.k8s.io"
_ORDER = {privilege: number for number, privilege in enumerate(PRIVILEGES)}


class Proposal(Struct, frozen=True, kw_only=True):
    """Something narrower instead of a rule of a role, or of a whole binding.

    `target`: the role (with `rule`, an index) or the binding. `why`: what of the snapshot it follows from.
    `keeps`, `drops`: what is allowed as before, and what no longer. `rules`: instead of that one rule;
    `binding`: instead of that binding. `wide`: whether it is about rights in the whole cluster.
    """

    target: ObjectRef
    what: str
    why: str
    keeps: str
    drops: str
    wide: bool
    gives: tuple[Privilege, ...]
    role: AnyRole
    rule: int | None = None
    rules: tuple[o.PolicyRule, ...] = ()
    binding: AnyBinding | None = None

    @property
    def place(self) -> tuple[bool, int, str, str, str, int, str]:
        """Where it stands among others: the most dangerous first."""
        most = _ORDER[self.gives[0]] if self.gives else len(_ORDER)
        target, rule = self.target, -1 if self.rule is None else self.rule
        return (not self.wide, most, target.kind, target.namespace or "", target.name, rule, self.what)

    def after(self, other: Proposal) -> Proposal:
        """This one, made of the rules of another about the same rule, as one that says both."""
        pairs = ((other.what, self.what), (other.why, self.why), (other.keeps, self.keeps))
        what, why, keeps = ("; ".join(pair) for pair in pairs)
        return replace(self, what=what, why=why, keeps=keeps, drops=f"{other.drops}, {self.drops}")


def manifests(proposals: Iterable[Proposal]) -> dict[ObjectRef, str]:
    """What to apply, as YAML, by what it replaces: a whole role with all that is proposed for its rules, or
    the binding to make instead of one."""
    roles: dict[ObjectRef, list[Proposal]] = {}
    found: dict[ObjectRef, str] = {}
    for each in proposals:
        if each.binding is not None:
            found[each.target] = _dumped(_binding(each.binding))
        else:
            roles.setdefault(each.target, []).append(each)
    found |= {target: _dumped(_role(together)) for target, together in roles.items()}
    return found


def narrowed(role: AnyRole, together: Iterable[Proposal]) -> tuple[o.PolicyRule, ...]:
    """A role's rules with what is proposed for some of them."""
    instead = {each.rule: each.rules for each in together}
    rules = enumerate(role.rules or ())
    return tuple(new for number, rule in rules for new in instead.get(number, (rule,)))


def _role(together: list[Proposal]) -> dict[str, Any]:
    role = together[0].role
    return {**_head(role), "rules": [_plain(rule) for rule in narrowed(role, together)]}


def _binding(binding: AnyBinding) -> dict[str, Any]:
    reference = {"apiGroup": _GROUP, "kind": binding.role_ref.kind, "name": binding.role_ref.name}
    subjects = [_plain(each) for each in binding.subjects or ()]
    return {**_head(binding), "roleRef": reference, "subjects": subjects}


def _dumped(document: dict[str, Any]) -> str:
    return str(
        yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False, default_flow_style=None, width=100)
    )


def _head(item: o.Object) -> dict[str, Any]:
    meta = item.metadata
    where = {"namespace": meta.namespace} if meta.namespace else {}
    labels = {"labels": dict(meta.labels)} if meta.labels else {}
    return {
        "apiVersion": item.api_version,
        "kind": item.kind,
        "metadata": {"name": meta.name, **where, **labels},
    }


def _plain(part: o.Part) -> Any:
    return msgspec.json.decode(msgspec.json.encode(part))
