"""ConfigMaps that admission policies take their parameters from, for nothing else and never saved.

Only those that a binding refers to count. What of them is named or looks like a secret is replaced before
they are kept, so that no message of a policy can show it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from checks.cluster import objects as o
from checks.cluster.defaults import selects
from checks.cluster.redaction import WholeKind, WholeObject, parameter

CONFIG_MAP = ("v1", "ConfigMap")


def references(
    policies: Iterable[o.ValidatingAdmissionPolicy], bindings: Iterable[o.ValidatingAdmissionPolicyBinding]
) -> tuple[o.ParamRef, ...]:
    """What bindings say of ConfigMaps that their policies take parameters from."""
    kinds = {each.metadata.name: each.spec.param_kind for each in policies}
    found = []
    for binding in bindings:
        kind, reference = kinds.get(binding.spec.policy_name), binding.spec.param_ref
        if kind is not None and reference is not None and (kind.api_version, kind.kind) == CONFIG_MAP:
            found.append(reference)
    return tuple(found)


def params_in(
    documents: Iterable[dict[str, Any]], referred: tuple[o.ParamRef, ...]
) -> tuple[WholeKind, ...] | None:
    """Those of files' ConfigMaps that are referred to; None where none is."""
    given = (each for each in documents if (each["apiVersion"], each["kind"]) == CONFIG_MAP)
    meant = (each for each in given if any(_is_meant(each, one) for one in referred))
    found = [parameter(copy.deepcopy(each)) for each in meant]  # what the files hold is judged, too
    return (config_maps(found),) if referred else None


def config_maps(items: Iterable[WholeObject], reason: str = "") -> WholeKind:
    """These ConfigMaps, or why they could not be read."""
    return WholeKind(*CONFIG_MAP, "configmaps", items=tuple(items), reason=reason)


def _is_meant(data: dict[str, Any], reference: o.ParamRef) -> bool:
    metadata = data.get("metadata")
    named = metadata if isinstance(metadata, dict) else {}
    labels = named.get("labels")
    if reference.namespace and (named.get("namespace") or "default") != reference.namespace:
        return False
    if reference.name:
        return bool(named.get("name") == reference.name)
    texts = {str(key): str(value) for key, value in labels.items()} if isinstance(labels, dict) else {}
    return reference.selector is not None and selects(reference.selector, texts)
