"""Rights that are asked for beside a request and leave no event: a log can show only what they come with.

Admission and the API server's handlers ask the authorizer themselves, and so do kubelets and other programs,
by SubjectAccessReview. Sources (Kubernetes v1.37): pkg/registry/rbac/escalation_check.go,
plugin/pkg/admission/certificates, plugin/pkg/admission/gc, pkg/registry/resource, pkg/kubelet/server/auth.go.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from checks.access.matching import ALL, Request
from checks.access.scopes import RBAC
from checks.cluster import objects as o

_WRITES = frozenset({"create", "update", "patch"})
_CERTIFICATES = "certificates.k8s.io"
_CLAIMS = "resource.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"
_GRANTING = frozenset(
    (
        *((RBAC, each, "") for each in ("roles", "clusterroles", "rolebindings", "clusterrolebindings")),
        (_ADMISSION, "validatingadmissionpolicies", ""),
        (_ADMISSION, "validatingadmissionpolicybindings", ""),
        (_ADMISSION, "mutatingadmissionpolicies", ""),
        (_ADMISSION, "mutatingadmissionpolicybindings", ""),
    )
)

What = tuple[str, str, str]
"""A group, a resource and a subresource."""


class Beside(Struct, frozen=True):
    """A right (`verb` on `resource`) that is asked for beside writes to something else."""

    verb: str
    group: str
    resource: str
    writes: What

    @property
    def part(self) -> o.PolicyRule:
        """The right as a rule would say it."""
        return o.PolicyRule((self.verb,), (self.group,), (self.resource,))


KNOWN = (
    Beside("approve", _CERTIFICATES, "signers", (_CERTIFICATES, "certificatesigningrequests", "approval")),
    Beside("sign", _CERTIFICATES, "signers", (_CERTIFICATES, "certificatesigningrequests", "status")),
    Beside("attest", _CERTIFICATES, "signers", (_CERTIFICATES, "clustertrustbundles", "")),
    *(
        Beside(verb, _CLAIMS, f"resourceclaims/{what}", (_CLAIMS, "resourceclaims", "status"))
        for what in ("binding", "driver")
        for verb in ("update", "patch", "associated-node:update", "arbitrary-node:update")
    ),
)


def written(done: Iterable[Request]) -> frozenset[What]:
    """What was created or changed by these requests."""
    return frozenset((each.group, each.resource, each.subresource) for each in done if each.verb in _WRITES)


def grants(writes: frozenset[What]) -> bool:
    """Whether somebody handed out rights or set policies: then everything that they hold counts."""
    return not _GRANTING.isdisjoint(writes)


def no_request(part: o.PolicyRule, writes: frozenset[What], *, reviews: bool) -> str:
    """Why a right may have been used without a request in the log; empty where it could not.

    writes: what whoever holds it wrote. reviews: whether programs asked the API server about others' rights.
    """
    if part.non_resource_urls:
        return "other programs asked about rights, and may have about this path" if reviews else ""
    (verb,), (group,), (said,) = part.verbs or ("",), part.api_groups or ("",), part.resources or ("",)
    resource, _, subresource = said.partition("/")
    if verb == "use":
        return "admission asks about it when a pod is made, whoever makes it"
    if group in {"", ALL} and resource == "nodes" and subresource not in {"", "status"}:
        return "kubelets ask about it themselves"
    for each in KNOWN:
        if (verb, said) == (each.verb, each.resource) and each.writes in writes:
            return f"it is asked for beside writes to {each.writes[1]}"
    if subresource == "finalizers" and writes:
        return "it may be asked for beside any write of an object with an owner"
    return ""
