"""Whether a policy's match constraints cover an object, as the API server decides it for a request.

Source: Kubernetes v1.37, k8s.io/apiserver pkg/admission/plugin/policy/matching and
pkg/admission/plugin/webhook/predicates (rules, namespace, object).
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from checks.cluster import objects as o
from checks.network.selectors import selects

CREATE, UPDATE = "CREATE", "UPDATE"
_NEVER = frozenset(
    (
        *("validatingadmissionpolicies", "validatingadmissionpolicybindings"),
        *("mutatingadmissionpolicies", "mutatingadmissionpolicybindings"),
        *("validatingwebhookconfigurations", "mutatingwebhookconfigurations"),
    )
)
"""Resources of admissionregistration.k8s.io that no policy is asked about."""


class Place(Struct, frozen=True):
    """What of an object the constraints ask about. `namespace_labels`: None outside of namespaces."""

    group: str
    version: str
    plural: str
    namespaced: bool
    name: str
    labels: dict[str, str]
    namespace_labels: dict[str, str] | None


def operation(constraints: o.MatchResources, place: Place) -> str | None:
    """The operation by which the constraints cover an object: CREATE, else UPDATE; None for neither."""
    if place.group == "admissionregistration.k8s.io" and place.plural in _NEVER:
        return None
    if not _selected(constraints, place):
        return None
    exact = constraints.match_policy == "Exact"
    for asked in (CREATE, UPDATE):
        excluded = _any(constraints.exclude_resource_rules, place, asked, exact=exact)
        # A binding without rules covers what its policy covers.
        included = constraints.resource_rules is None or _any(
            constraints.resource_rules, place, asked, exact=exact
        )
        if included and not excluded:
            return asked
    return None


def _selected(constraints: o.MatchResources, place: Place) -> bool:
    spaces, objects = constraints.namespace_selector, constraints.object_selector
    if (
        spaces is not None
        and place.namespace_labels is not None
        and not selects(spaces, place.namespace_labels)
    ):
        return False
    return objects is None or selects(objects, place.labels)


def _any(rules: Iterable[o.ResourceRule] | None, place: Place, asked: str, *, exact: bool) -> bool:
    return any(_covers(rule, place, asked, exact=exact) for rule in rules or ())


def _covers(rule: o.ResourceRule, place: Place, asked: str, *, exact: bool) -> bool:
    versions = rule.api_versions or ()
    return (
        _has(rule.operations, asked)
        and _has(rule.api_groups, place.group)
        and (_has(versions, place.version) or (bool(versions) and not exact))
        and any(_resource(each, place.plural) for each in rule.resources or ())
        and rule.scope in {None, "*", "Namespaced" if place.namespaced else "Cluster"}
        and (not rule.resource_names or place.name in rule.resource_names)
    )


def _has(values: Iterable[str] | None, wanted: str) -> bool:
    return any(each in {"*", wanted} for each in values or ())


def _resource(pattern: str, plural: str) -> bool:
    """Whether a pattern covers the resource itself, not only one of its subresources."""
    name, slash, sub = pattern.partition("/")
    return name in {"*", plural} and (not slash or sub == "*")
