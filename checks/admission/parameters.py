"""What a policy's `params` are under one of its bindings, as the API server finds them for a request.

Source: Kubernetes v1.37, k8s.io/apiserver pkg/admission/plugin/policy/generic (CollectParams).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Struct, field

from checks.admission.items import Item, items_of
from checks.admission.policy import Bound, Policy
from checks.cel.protocol import Param
from checks.cluster import objects as o
from checks.cluster.redaction import WholeKind
from checks.cluster.snapshot import Snapshot
from checks.network.selectors import selects

CONFIG_MAP, SECRET = ("v1", "ConfigMap"), ("v1", "Secret")
_NOT_KEPT = (
    "Its parameters are in a ConfigMap, and what that holds is kept in no snapshot; scan the cluster itself."
)
_IN_SECRETS = "Its parameters are in a Secret, whose data is never read."
_NOT_AMONG = "Its parameters are not among the files; in the cluster they may be there."
_NONE = "finds no parameters, and then refuses what it covers"
_NO_NAMESPACE = "looks for parameters in the namespace of what it covers, and this is in none"
_NOT_NAMESPACED = "names a namespace for parameters that are in none"


class Parameters(Struct, frozen=True):
    """The parameters of a policy under one binding.

    of: which of `values` hold, by the namespace of the object that is judged; None for all.
    reason: why they are not known. broken: what is wrong with the binding.
    required: whether a binding that finds none refuses.
    """

    values: tuple[Param, ...] = (Param(),)
    of: dict[str | None, tuple[int, ...]] = field(default_factory=lambda: {None: (0,)})
    reason: str = ""
    broken: str = ""
    required: bool = False

    @property
    def one_for_all(self) -> bool:
        """Whether every object is judged with the only parameter there is."""
        return not self.broken and self.of == {None: (0,)}

    def for_(self, namespace: str | None) -> tuple[int, ...] | str:
        """Those for an object of this namespace, or why the binding refuses it instead."""
        if self.broken:
            return self.broken
        if None in self.of:
            found = self.of[None]
        elif namespace is None:
            return _NO_NAMESPACE
        else:
            found = self.of.get(namespace, ())
        return found or (_NONE if self.required else ())


def parameters(policy: Policy, bound: Bound, snapshot: Snapshot) -> Parameters:
    """What the policy's `params` are under this binding."""
    if policy.own:
        return Parameters((Param(msgspec.Raw(msgspec.json.encode(policy.params))),))
    reference, wanted = bound.param_ref, policy.param_kind
    if wanted is None or reference is None:
        return Parameters()
    named = (wanted.api_version, wanted.kind)
    if named == SECRET:
        return Parameters(reason=_IN_SECRETS)
    if named == CONFIG_MAP and snapshot.params is None:
        return Parameters(reason=_NOT_KEPT)
    kind = _kind(named, snapshot)
    if kind is None or kind.reason:
        why = kind.reason if kind is not None else "they are not in this snapshot"
        return Parameters(reason=f"Its parameters ({' '.join(named)}) could not be read: {why}")
    required = reference.parameter_not_found_action == "Deny"
    if reference.namespace and not kind.namespaced:
        return Parameters(broken=_NOT_NAMESPACED)
    found = tuple(_referred(reference, kind, snapshot))
    if not found and snapshot.cluster.source == "manifests":
        return Parameters(reason=_NOT_AMONG)
    values = tuple(Param(item.whole.raw, item.whole.redacted) for item in found)
    if reference.namespace or not kind.namespaced:
        return Parameters(values, {None: tuple(range(len(found)))}, required=required)
    by_namespace: dict[str | None, tuple[int, ...]] = {}
    for index, item in enumerate(found):
        by_namespace[item.namespace] = (*by_namespace.get(item.namespace, ()), index)
    return Parameters(values, by_namespace, required=required)


def _kind(named: tuple[str, str], snapshot: Snapshot) -> WholeKind | None:
    """The objects of this kind, in whichever version of its group they were read."""
    held = (snapshot.params or ()) if named == CONFIG_MAP else snapshot.whole
    group = named[0].rpartition("/")[0]
    return next((each for each in held if (each.group, each.kind) == (group, named[1])), None)


def _referred(reference: o.ParamRef, kind: WholeKind, snapshot: Snapshot) -> Iterator[Item]:
    for item in items_of(kind, snapshot):
        if reference.namespace and item.namespace != reference.namespace:
            continue
        if reference.name:
            if item.metadata.name == reference.name:
                yield item
        elif reference.selector is not None and selects(reference.selector, item.metadata.labels or {}):
            yield item
