"""The ways to more rights that Kubernetes has, as data: the catalogue E1-E23.

Sources: the Kubernetes documentation ("Role Based Access Control Good Practices", "User Impersonation"),
Kubernetes v1.37 pkg/registry/rbac, k8s.io/apiserver pkg/endpoints/filters/impersonation, pkg/kubelet/server,
plugin/pkg/admission/certificates. What gains no other identity by itself is a danger of another kind: it is
here, and no move is made of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct


class Technique(Struct, frozen=True):
    """One way: the right it takes, what it gains, and where that is written."""

    id: str
    title: str
    right: str
    gains: str
    source: str


_GOOD_PRACTICES = "kubernetes.io/docs/concepts/security/rbac-good-practices"
_RBAC = "pkg/registry/rbac (escalation_check.go, policybased)"
_IMPERSONATION = "k8s.io/apiserver pkg/endpoints/filters/impersonation"

_ALL = (
    Technique(
        "E1", "hold everything", "every verb on every resource", "cluster-admin, by whatever name", _RBAC
    ),
    Technique(
        "E2",
        "rewrite a role",
        "escalate and create, update or patch of roles",
        "any right, where the role is bound",
        _RBAC,
    ),
    Technique(
        "E3",
        "bind a role",
        "bind on a role and create, update or patch of bindings",
        "that role's rights",
        _RBAC,
    ),
    Technique(
        "E4",
        "impersonate",
        "impersonate on users, groups or service accounts",
        "their rights; in the constrained modes those that may be used so",
        _IMPERSONATION,
    ),
    Technique(
        "E5",
        "start a pod",
        "create pods, or create, update or patch what starts them",
        "every service account of the namespace; the node, where Pod Security lets it",
        _GOOD_PRACTICES,
    ),
    Technique(
        "E6",
        "run a command in a pod",
        "create pods/exec or pods/attach",
        "the tokens of running pods",
        _GOOD_PRACTICES,
    ),
    Technique(
        "E7",
        "add an ephemeral container",
        "update or patch of pods/ephemeralcontainers",
        "the tokens of running pods",
        _GOOD_PRACTICES,
    ),
    Technique(
        "E8",
        "change a pod's image",
        "update or patch of pods",
        "the tokens of running pods",
        "pkg/apis/core/validation (ValidatePodUpdate)",
    ),
    Technique(
        "E9",
        "create a token",
        "create serviceaccounts/token",
        "that service account",
        _GOOD_PRACTICES,
    ),
    Technique(
        "E10",
        "order a long-lived token",
        "create secrets and read them",
        "every service account of the namespace",
        "pkg/controller/serviceaccount/tokens_controller.go",
    ),
    Technique(
        "E11",
        "read secrets",
        "get, list or watch of secrets",
        "the service accounts whose tokens lie there, and other credentials",
        _GOOD_PRACTICES,
    ),
    Technique(
        "E12",
        "run commands through the kubelet",
        "any verb on nodes/proxy",
        "every pod of the node, past admission and the audit log",
        "pkg/kubelet/server/auth.go",
    ),
    Technique(
        "E13",
        "have a certificate signed",
        "create a certificate request, and update its approval and approve for the signer, or nodeclient",
        "any user or group but system:masters, or a node",
        "plugin/pkg/admission/certificates",
    ),
    Technique(
        "E14",
        "change what others write",
        "create, update or patch of mutating webhooks or admission policies",
        "code in every pod that is started from then on",
        _GOOD_PRACTICES,
    ),
    Technique(
        "E15",
        "mount a node's files by a volume",
        "create persistentvolumes, claims and pods",
        "the node, past Pod Security",
        _GOOD_PRACTICES,
    ),
    Technique(
        "E16",
        "move pods to a node of one's own",
        "update or patch of nodes, delete or evict of pods",
        "the pods of others, where a node is held already",
        _GOOD_PRACTICES,
    ),
    Technique(
        "E17",
        "lift a namespace's Pod Security",
        "update or patch of namespaces",
        "the node, together with E5",
        _GOOD_PRACTICES,
    ),
    Technique(
        "E18",
        "edit the aws-auth ConfigMap",
        "update or patch of the ConfigMap kube-system/aws-auth on EKS",
        "system:masters for any AWS identity",
        "docs.aws.amazon.com/eks",
    ),
    Technique(
        "E19",
        "redirect traffic",
        "write network policies, external IPs of services, endpoints",
        "traffic of others",
        "CVE-2020-8554",
    ),
    Technique(
        "E20",
        "take over an API or take guards away",
        "write APIServices or CRDs, delete admission policy bindings",
        "answers in the API's name, or no guard",
        _GOOD_PRACTICES,
    ),
    Technique(
        "E21",
        "reach ports inside",
        "create pods/portforward, services/proxy or pods/proxy",
        "ports that ask for no login",
        _GOOD_PRACTICES,
    ),
    Technique(
        "E22",
        "make a bound account that is not there",
        "create serviceaccounts, and use them by E5, E9 or E10",
        "what was left bound to its name",
        "pkg/registry/rbac/validation/rule.go",
    ),
    Technique(
        "E23",
        "log in by a bootstrap token",
        "create, change or read the Secret of one in kube-system",
        "the groups system:bootstrappers and below: a node, where kubelets join so",
        "plugin/pkg/auth/authenticator/token/bootstrap",
    ),
    Technique(
        "NODE",
        "take what lies on a node",
        "root on the node, or its kubelet's credentials",
        "every account of the node's pods; on a control plane node the keys of the cluster",
        "plugin/pkg/auth/authorizer/node",
    ),
    Technique(
        "WAIT",
        "wait for somebody else",
        "none: what is needed is already in place",
        "what others start, changed on its way",
        _GOOD_PRACTICES,
    ),
)

CATALOGUE: Mapping[str, Technique] = MappingProxyType({each.id: each for each in _ALL})
"""By id, in order. NODE and WAIT are no rights of RBAC: what a node is worth once it is held, and what
comes about when others act."""
