"""Which resources live outside of namespaces, so that a RoleBinding is never said to grant them.

A RoleBinding is consulted only for requests in its namespace. Known here are the resources built into
Kubernetes (v1.37, its discovery); a custom resource is taken to be namespaced, as most are.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from checks.access.matching import Request

RBAC = "rbac.authorization.k8s.io"

CLUSTER_SCOPED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        group: frozenset(resources.split())
        for group, resources in {
            "": "componentstatuses namespaces nodes persistentvolumes",
            "admissionregistration.k8s.io": "mutatingadmissionpolicies mutatingadmissionpolicybindings "
            "mutatingwebhookconfigurations validatingadmissionpolicies validatingadmissionpolicybindings "
            "validatingwebhookconfigurations",
            "apiextensions.k8s.io": "customresourcedefinitions",
            "apiregistration.k8s.io": "apiservices",
            "authentication.k8s.io": "selfsubjectreviews tokenreviews",
            "authorization.k8s.io": "selfsubjectaccessreviews selfsubjectrulesreviews subjectaccessreviews",
            "certificates.k8s.io": "certificatesigningrequests clustertrustbundles",
            "flowcontrol.apiserver.k8s.io": "flowschemas prioritylevelconfigurations",
            "internal.apiserver.k8s.io": "storageversions",
            "networking.k8s.io": "ingressclasses ipaddresses servicecidrs",
            "node.k8s.io": "runtimeclasses",
            RBAC: "clusterrolebindings clusterroles",
            "resource.k8s.io": "deviceclasses devicetaintrules resourcepoolstatusrequests resourceslices",
            "scheduling.k8s.io": "priorityclasses",
            "storage.k8s.io": "csidrivers csinodes storageclasses volumeattachments volumeattributesclasses",
            "storagemigration.k8s.io": "storageversionmigrations",
        }.items()
    }
)
"""By API group: the resources that discovery shows without a namespace."""

_CHECKED_ONLY = {
    "": frozenset({"users", "groups"}),
    "authentication.k8s.io": frozenset({"users", "groups", "uids", "userextras", "nodes"}),
    "certificates.k8s.io": frozenset({"signers"}),
}
"""No objects, but names that the API server asks its authorizer about, outside of any namespace."""

_ON_ITSELF = frozenset({"get", "update", "patch", "delete"})


def reaches_namespaces(request: Request) -> bool:
    """Whether a RoleBinding may allow this request somewhere.

    Two exceptions to the table. A request for one Namespace counts as being in it. `bind` is asked for in the
    namespace of the binding to be made, though the role is a ClusterRole (pkg/registry/rbac).
    """
    if request.path:
        return False
    if request.group == "" and request.resource == "namespaces":
        return request.verb in _ON_ITSELF
    if request.group == RBAC and request.verb == "bind":
        return True
    known = CLUSTER_SCOPED.get(request.group, frozenset()) | _CHECKED_ONLY.get(request.group, frozenset())
    return request.resource not in known
