"""The single rights that ways to more rights take, and which rules give them.

Evaluated once for each distinct list of rules, however many roles and bindings share it. A right to names
only is kept with its names. `create` carries no name, so names rule it out, but where the API server creates
what was to be changed: server-side apply takes `patch` and `create` with the object's name, and roles and
bindings are made by `update` as well (k8s.io/apiserver pkg/endpoints/handlers/patch.go, update.go). So a
creation limited to names counts together with another right only: see `completing`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache

from msgspec import Struct

from checks.access.matching import ALL, resource_matches
from checks.access.scopes import RBAC
from checks.cluster import objects as o

APPS, BATCH = "apps", "batch"
CERTIFICATES = "certificates.k8s.io"
REGISTRATION = "admissionregistration.k8s.io"
AUTHENTICATION = "authentication.k8s.io"


class Need(Struct, frozen=True, gc=False):
    """Any one of these verbs on a resource. `cluster`: only a ClusterRoleBinding gives it."""

    verbs: tuple[str, ...]
    resource: str
    group: str = ""
    subresource: str = ""
    cluster: bool = False

    @property
    def nameless(self) -> bool:
        """Whether the request carries no name."""
        return self.verbs == ("create",) and not self.subresource


class Given(Struct, frozen=True, gc=False):
    """That a rule (by its index) gives a need, by which verb, and to which names (None: to all)."""

    rule: int
    verb: str
    names: tuple[str, ...] | None


_CHANGE = ("update", "patch")
_READ = ("get", "list", "watch")

EVERYTHING = Need((ALL,), ALL, ALL)
ESCALATE_CLUSTER_ROLES = Need(("escalate",), "clusterroles", RBAC, cluster=True)
CREATE_CLUSTER_ROLES = Need(("create",), "clusterroles", RBAC, cluster=True)
CHANGE_CLUSTER_ROLES = Need(_CHANGE, "clusterroles", RBAC, cluster=True)
ESCALATE_ROLES = Need(("escalate",), "roles", RBAC)
CREATE_ROLES = Need(("create",), "roles", RBAC)
CHANGE_ROLES = Need(_CHANGE, "roles", RBAC)
BIND_CLUSTER_ROLES = Need(("bind",), "clusterroles", RBAC)
BIND_ROLES = Need(("bind",), "roles", RBAC)
CREATE_CLUSTER_BINDINGS = Need(("create",), "clusterrolebindings", RBAC, cluster=True)
CHANGE_CLUSTER_BINDINGS = Need(_CHANGE, "clusterrolebindings", RBAC, cluster=True)
CREATE_BINDINGS = Need(("create",), "rolebindings", RBAC)
CHANGE_BINDINGS = Need(_CHANGE, "rolebindings", RBAC)
IMPERSONATE_USERS = Need(("impersonate",), "users", cluster=True)
IMPERSONATE_GROUPS = Need(("impersonate",), "groups", cluster=True)
IMPERSONATE_ACCOUNTS = Need(("impersonate",), "serviceaccounts")
START_PODS = (
    Need(("create",), "pods"),
    *(
        Need((verb,), resource, group)
        for group, resources in (
            (APPS, ("deployments", "daemonsets", "statefulsets", "replicasets")),
            ("", ("replicationcontrollers",)),
            (BATCH, ("cronjobs",)),
        )
        for resource in resources
        for verb in ("create", *_CHANGE)
    ),
    Need(("create",), "jobs", BATCH),
)
"""Creating pods, or making or changing what makes them. A Job's template cannot be changed once it is there
(pkg/apis/batch/validation)."""
EXEC = Need(("create",), "pods", "", "exec")
ATTACH = Need(("create",), "pods", "", "attach")
DEBUG = Need(_CHANGE, "pods", "", "ephemeralcontainers")
CHANGE_PODS = Need(_CHANGE, "pods")
MINT = Need(("create",), "serviceaccounts", "", "token")
CREATE_ACCOUNTS = Need(("create",), "serviceaccounts")
CREATE_SECRETS = Need(("create",), "secrets")
READ_SECRETS = Need(_READ, "secrets")
CHANGE_SECRETS = Need(_CHANGE, "secrets")
NODE_PROXY = Need(("get", "create", "update", "patch", "delete"), "nodes", "", "proxy", cluster=True)
REQUEST_CERTIFICATE = Need(("create",), "certificatesigningrequests", CERTIFICATES, cluster=True)
APPROVE_REQUEST = Need(_CHANGE, "certificatesigningrequests", CERTIFICATES, "approval", cluster=True)
APPROVE_SIGNER = Need(("approve",), "signers", CERTIFICATES, cluster=True)
APPROVED_AS_NODE = Need(("create",), "certificatesigningrequests", CERTIFICATES, "nodeclient", cluster=True)
"""What the controller manager asks of whoever wants a kubelet's certificate before it approves it itself."""
CHANGE_ADMISSION = tuple(
    Need((verb,), resource, REGISTRATION, cluster=True)
    for resource in ("mutatingwebhookconfigurations", "mutatingadmissionpolicies")
    for verb in ("create", *_CHANGE)
)
CREATE_VOLUMES = Need(("create",), "persistentvolumes", cluster=True)
CREATE_CLAIMS = Need(("create",), "persistentvolumeclaims")
CHANGE_NAMESPACES = Need(_CHANGE, "namespaces")
CHANGE_CONFIG_MAPS = Need(_CHANGE, "configmaps")
AS_USER = Need(("impersonate:user-info",), "users", AUTHENTICATION, cluster=True)
AS_GROUP = Need(("impersonate:user-info",), "groups", AUTHENTICATION, cluster=True)
AS_ACCOUNT = Need(("impersonate:serviceaccount",), "serviceaccounts", AUTHENTICATION)
AS_NODE = Need(("impersonate:arbitrary-node",), "nodes", AUTHENTICATION, cluster=True)
AS_OWN_NODE = Need(("impersonate:associated-node",), "nodes", AUTHENTICATION, cluster=True)

NEEDS: tuple[Need, ...] = (
    EVERYTHING,
    ESCALATE_CLUSTER_ROLES,
    CREATE_CLUSTER_ROLES,
    CHANGE_CLUSTER_ROLES,
    ESCALATE_ROLES,
    CREATE_ROLES,
    CHANGE_ROLES,
    BIND_CLUSTER_ROLES,
    BIND_ROLES,
    CREATE_CLUSTER_BINDINGS,
    CHANGE_CLUSTER_BINDINGS,
    CREATE_BINDINGS,
    CHANGE_BINDINGS,
    IMPERSONATE_USERS,
    IMPERSONATE_GROUPS,
    IMPERSONATE_ACCOUNTS,
    *START_PODS,
    EXEC,
    ATTACH,
    DEBUG,
    CHANGE_PODS,
    MINT,
    CREATE_ACCOUNTS,
    CREATE_SECRETS,
    READ_SECRETS,
    CHANGE_SECRETS,
    NODE_PROXY,
    REQUEST_CERTIFICATE,
    APPROVE_REQUEST,
    APPROVE_SIGNER,
    APPROVED_AS_NODE,
    *CHANGE_ADMISSION,
    CREATE_VOLUMES,
    CREATE_CLAIMS,
    CHANGE_NAMESPACES,
    CHANGE_CONFIG_MAPS,
    AS_USER,
    AS_GROUP,
    AS_ACCOUNT,
    AS_NODE,
    AS_OWN_NODE,
)


@lru_cache(maxsize=16384)
def given(rules: tuple[o.PolicyRule, ...]) -> dict[Need, tuple[Given, ...]]:
    """What these rules give of all needs of ways to more rights."""
    return given_of(rules, NEEDS)


def given_of(rules: tuple[o.PolicyRule, ...], needs: Iterable[Need]) -> dict[Need, tuple[Given, ...]]:
    """What these rules give, by need. Needs that they do not give are left out."""
    found: dict[Need, tuple[Given, ...]] = {}
    held = {verb for rule in rules for verb in rule.verbs or ()}
    for need in needs:
        if ALL not in held and held.isdisjoint(need.verbs):
            continue
        ways = tuple(way for number, rule in enumerate(rules) if (way := given_by(number, rule, need)))
        if ways:
            found[need] = ways
    return found


@cache
def completing(need: Need) -> Need:
    """What a creation of this kind takes too where it is limited to names: changing what is not there."""
    verbs = ("patch", "update") if need.group == RBAC else ("patch",)
    return Need(verbs, need.resource, need.group, cluster=need.cluster)


def given_by(number: int, rule: o.PolicyRule, need: Need) -> Given | None:
    """How one rule gives a need, if it does."""
    verbs, groups = rule.verbs or (), rule.api_groups or ()
    if not (ALL in groups or need.group in groups):
        return None
    verb = next((each for each in need.verbs if ALL in verbs or each in verbs), None)
    if verb is None or not any(
        resource_matches(pattern, need.resource, need.subresource) for pattern in rule.resources or ()
    ):
        return None
    names = rule.resource_names or None
    if need is EVERYTHING and names:
        return None
    return Given(number, verb, names)
