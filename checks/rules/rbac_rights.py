"""Single rights that lead to others: reading secrets, starting pods, handing out rights, minting credentials.

Each names the requests that the API server would be asked; who may make them is the access engine's answer.
Sources of the rights: the Kubernetes documentation, "RBAC good practices", and CIS section 5.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.access.matching import Request
from checks.access.scopes import RBAC
from checks.cluster.snapshot import Snapshot
from checks.model import Severity, Theme, Verdict
from checks.registry import check
from checks.rules.rbac_grants import BINDINGS, ROLES, of_right

THEME = Theme.ACCESS

_WRITE = ("create", "update", "patch")
_REGISTRATION = "admissionregistration.k8s.io"
_AUTHENTICATION = "authentication.k8s.io"
_CERTIFICATES = "certificates.k8s.io"


def _each(
    verbs: tuple[str, ...],
    group: str,
    resources: tuple[str, ...],
    subresource: str = "",
    name: str | None = None,
) -> tuple[Request, ...]:
    return tuple(Request(verb, each, group, subresource, name) for each in resources for verb in verbs)


_ROLE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: %s, namespace: web}
rules:
  - apiGroups: [%s]
    resources: [%s]
    resourceNames: [%s]
    verbs: [%s]
"""
_BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: %s, namespace: web}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: %s}
subjects:
  - {kind: ServiceAccount, name: %s, namespace: web}
"""

_READ_SECRETS = _each(("get", "list", "watch"), "", ("secrets",), name="")


@check(
    id="rbac-secrets-reader",
    title="Somebody can read secrets",
    severity=Severity.HIGH,
    because="Secrets are credentials: whoever reads them is everyone whose they are.",
    needs=ROLES,
    population=BINDINGS,
    rationale=(
        "Secrets hold the credentials of everything else. `list` and `watch` return their contents just as "
        "`get` does."
    ),
    remediation="Grant `get` on the secrets that are needed, by name, in their namespace. No list, no watch.",
    snippet=_ROLE % ("read-database-secret", '""', "secrets", "database", "get"),
)
def secrets_reader(snapshot: Snapshot) -> Iterator[Verdict]:
    """get, list or watch of all secrets of a namespace or of the cluster. Limited to names, it is as it
    should be."""
    return of_right(snapshot, _READ_SECRETS, "read secrets")


_START_PODS = (
    *_each(("create",), "", ("pods",)),
    *_each(_WRITE, "", ("replicationcontrollers",)),
    *_each(_WRITE, "apps", ("deployments", "statefulsets", "daemonsets", "replicasets")),
    *_each(_WRITE, "batch", ("jobs", "cronjobs")),
)


@check(
    id="rbac-pod-creator",
    title="Somebody can start pods",
    severity=Severity.MEDIUM,
    because=(
        "A pod borrows any service account and mounts any secret of its namespace, yet "
        "deploying is many people's work."
    ),
    needs=ROLES,
    population=BINDINGS,
    rationale=(
        "A pod may run as any service account of its namespace and mount any of its secrets, so whoever "
        "starts one holds all of their rights; so does whoever may make or change what starts pods."
    ),
    remediation="Let people and pipelines deploy to their own namespaces, by RoleBindings.",
    snippet=_BINDING % ("deployer", "edit", "deployer"),
)
def pod_creator(snapshot: Snapshot) -> Iterator[Verdict]:
    """Create of pods, and create, update or patch of the kinds that hold a pod template."""
    return of_right(snapshot, _START_PODS, "start pods")


_HAND_OUT = (
    *_each(("bind", "escalate"), RBAC, ("clusterroles", "roles")),
    *_each(("impersonate",), "", ("users", "groups", "serviceaccounts")),
    *_each(("impersonate",), _AUTHENTICATION, ("uids", "userextras")),
    *_each(("impersonate:user-info",), _AUTHENTICATION, ("users", "groups", "uids", "userextras")),
    *_each(("impersonate:serviceaccount",), _AUTHENTICATION, ("serviceaccounts",)),
    *_each(("impersonate:arbitrary-node", "impersonate:associated-node"), _AUTHENTICATION, ("nodes",)),
)


@check(
    id="rbac-escalation",
    title="Somebody can take or hand out rights of others",
    severity=Severity.HIGH,
    because="It is one command away from every right that there is to be had.",
    needs=ROLES,
    population=BINDINGS,
    rationale=(
        "Nobody can grant what they do not hold, but for `escalate` (write any role) and `bind` "
        "(hand out any role). `impersonate` is acting as somebody else altogether."
    ),
    remediation=(
        "Take these verbs away. Where an operator must bind, name the roles; where support must impersonate, "
        "name the users, and never allow groups."
    ),
    snippet="""\
rules:
  - apiGroups: [rbac.authorization.k8s.io]
    resources: [clusterroles]
    resourceNames: [view]
    verbs: [bind]
""",
)
def escalation(snapshot: Snapshot) -> Iterator[Verdict]:
    """The verbs bind, escalate and impersonate, with the constrained `impersonate:<mode>` ones of 1.36, also
    where they are limited to names: the evidence shows which. `impersonate-on:` verbs alone allow nothing."""
    return of_right(snapshot, _HAND_OUT, "bind, escalate or impersonate")


_CREATE_VOLUMES = _each(("create",), "", ("persistentvolumes",))


@check(
    id="rbac-volume-creator",
    title="Somebody can create persistent volumes",
    severity=Severity.MEDIUM,
    because=("A volume can name a path of the node, but it takes a claim and a pod as well to use it."),
    needs=ROLES,
    population=BINDINGS,
    rationale=(
        "A persistent volume may be a path on the node, and a pod that claims it gets those files: "
        "Pod Security looks at pods and does not see it."
    ),
    remediation="Let a storage class provision volumes; people make claims only.",
    snippet="""\
rules:
  - apiGroups: [""]
    resources: [persistentvolumeclaims]
    verbs: [get, list, watch, create, delete]
""",
)
def volume_creator(snapshot: Snapshot) -> Iterator[Verdict]:
    """Create of persistentvolumes, which only a ClusterRoleBinding can grant."""
    return of_right(snapshot, _CREATE_VOLUMES, "create persistent volumes")


_NODE_PROXY = _each(("get", "create", "update", "patch", "delete"), "", ("nodes",), "proxy")


@check(
    id="rbac-node-proxy",
    title="Somebody can reach the kubelets through the API server",
    severity=Severity.HIGH,
    because=("It runs commands in every pod of a node without leaving a trace in the audit log."),
    needs=ROLES,
    population=BINDINGS,
    rationale=(
        "The proxy of nodes leads to the kubelet's own interface, where commands are run in any pod of the "
        "node, past admission and the audit log. `get` is enough for that."
    ),
    remediation="Grant the finer subresources instead: nodes/metrics, nodes/stats, nodes/log.",
    snippet="""\
rules:
  - apiGroups: [""]
    resources: [nodes/metrics, nodes/stats]
    verbs: [get]
""",
)
def node_proxy(snapshot: Snapshot) -> Iterator[Verdict]:
    """Any verb on nodes/proxy: the kubelet takes a websocket's GET for a command as `get`."""
    return of_right(snapshot, _NODE_PROXY, "run commands in any pod through the kubelets")


_APPROVE = _each(("update", "patch"), _CERTIFICATES, ("certificatesigningrequests",), "approval")


@check(
    id="rbac-certificate-approver",
    title="Somebody can approve certificate requests",
    severity=Severity.HIGH,
    because=("An approved certificate can be anybody's, and nothing revokes it before it runs out."),
    needs=ROLES,
    population=BINDINGS,
    rationale=(
        "An approved request becomes a client certificate with the name and groups that were asked for, "
        "valid until it expires, whatever is done to the bindings."
    ),
    remediation="Leave approval to the controllers, and name the signer where somebody must approve.",
    snippet="""\
rules:
  - apiGroups: [certificates.k8s.io]
    resources: [signers]
    resourceNames: [example.com/internal]
    verbs: [approve]
""",
)
def certificate_approver(snapshot: Snapshot) -> Iterator[Verdict]:
    """Update or patch of certificatesigningrequests/approval. Approving takes the verb approve on the signer
    as well; that may come from another binding, so it is not waited for."""
    return of_right(snapshot, _APPROVE, "approve certificate requests")


_ADMISSION = _each(
    (*_WRITE, "delete", "deletecollection"),
    _REGISTRATION,
    (
        "validatingwebhookconfigurations",
        "mutatingwebhookconfigurations",
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings",
    ),
)


@check(
    id="rbac-admission-editor",
    title="Somebody can change admission webhooks or policies",
    severity=Severity.HIGH,
    because="A webhook sees and may change every object that is written, Secrets included.",
    needs=ROLES,
    population=BINDINGS,
    rationale=(
        "A mutating webhook reads and rewrites whatever is made in the cluster, secrets too; taking a "
        "validating one away takes its protection away."
    ),
    remediation="Limit the right to the configurations of the operator that maintains them, by name.",
    snippet="""\
rules:
  - apiGroups: [admissionregistration.k8s.io]
    resources: [validatingwebhookconfigurations]
    resourceNames: [cert-manager-webhook]
    verbs: [update, patch]
""",
)
def admission_editor(snapshot: Snapshot) -> Iterator[Verdict]:
    """create, update, patch or delete of webhook configurations and admission policies with their bindings.
    A right limited to names counts too: what is named may be rewritten to catch everything."""
    return of_right(snapshot, _ADMISSION, "change admission webhooks or policies")


_MINT = _each(("create",), "", ("serviceaccounts",), "token")


@check(
    id="rbac-token-creator",
    title="Somebody can create tokens for service accounts",
    severity=Severity.HIGH,
    because=("A token for a service account is that account, and somewhere there is one with more rights."),
    needs=ROLES,
    population=BINDINGS,
    rationale=(
        "A token is the service account: whoever creates one acts with its rights, from anywhere, until it "
        "expires."
    ),
    remediation="Grant it for the one service account that is meant, by name.",
    snippet=_ROLE % ("mint-uploader-token", '""', "serviceaccounts/token", "uploader", "create"),
)
def token_creator(snapshot: Snapshot) -> Iterator[Verdict]:
    """Create of serviceaccounts/token. Such a request carries a name, so names limit it; the service account
    that is named still becomes the holder's."""
    return of_right(snapshot, _MINT, "create tokens for service accounts")
