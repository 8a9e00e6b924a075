"""Random worlds of RBAC that a real API server takes, whom to ask about, and what to ask.

A world has roles and bindings of every kind: wildcards in each place, subresources, names, URLs, constrained
impersonation, groups of service accounts, users called like service accounts, roles that are not there, roles
that gather others, and a custom resource outside of namespaces.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from msgspec import Struct

from checks.access.matching import Request
from tests.checks.access.rbac_objects import Doc, binding, role

RBAC = "rbac.authorization.k8s.io"
AUTHENTICATION = "authentication.k8s.io"
CUSTOM = "oracle.example"
NAMESPACES = ("oracle-a", "oracle-b", "oracle-c")
NAMESPACED = (
    ("", "pods"),
    ("", "secrets"),
    ("", "serviceaccounts"),
    ("apps", "deployments"),
    ("batch", "jobs"),
    ("extensions", "deployments"),
    (RBAC, "roles"),
    (CUSTOM, "boats"),
    (AUTHENTICATION, "serviceaccounts"),
)
CLUSTER_WIDE = (
    ("", "nodes"),
    ("", "persistentvolumes"),
    ("", "users"),
    ("", "groups"),
    (RBAC, "clusterroles"),
    (CUSTOM, "tides"),
    (AUTHENTICATION, "users"),
    (AUTHENTICATION, "userextras"),
    (AUTHENTICATION, "nodes"),
    ("certificates.k8s.io", "signers"),
)
SUBRESOURCES = ("", "", "", "", "log", "exec", "scale", "proxy", "status", "token")
NAMES = ("", "", "", "x", "y", "*")
VERBS = (
    "get",
    "list",
    "watch",
    "create",
    "delete",
    "deletecollection",
    "escalate",
    "bind",
    "impersonate",
    "impersonate:user-info",
    "impersonate-on:user-info:get",
    "approve",
)
URLS = ("/metrics", "/healthz", "/healthz/ping", "/apis", "/apis/apps", "/logs/a", "/", "/*")
_PATTERNS = (*URLS[:-2], "/healthz/*", "/apis*", "/logs/**", "*", "/*")
_ON_ONE_NAMESPACE = ("get", "update", "patch", "delete", "watch")
_ACCOUNTS = tuple(f"system:serviceaccount:{ns}:{name}" for ns in NAMESPACES for name in ("x", "y"))
_GROUPS = (
    "oracle:sre",
    "oracle:dev",
    "system:authenticated",
    "system:unauthenticated",
    "system:serviceaccounts",
    *(f"system:serviceaccounts:{ns}" for ns in NAMESPACES),
)
_GATHERS = ("oracle-gather-a", "oracle-gather-b", "oracle-gather-c")


class Identity(Struct, frozen=True):
    """A user as the API server's authenticators would make it."""

    user: str
    groups: tuple[str, ...]


def _account(user: str) -> Identity:
    namespace = user.split(":")[2]
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
    return Identity(user, groups)


UNIVERSE = (
    *(Identity(user, ("system:authenticated",)) for user in ("alice", "bob", "Alice")),
    Identity("alice", ("oracle:sre", "oracle:dev", "system:authenticated")),
    Identity("system:anonymous", ("system:unauthenticated",)),
    Identity("nobody-in-particular", ()),
    *(_account(user) for user in _ACCOUNTS),
    *(Identity("nobody-in-particular", (group,)) for group in _GROUPS),
    Identity("nobody-in-particular", ("system:masters",)),
)
"""Every name that a world's bindings may use, each alone too, so that nobody is left unasked."""


def a_world(random: Random, bindings: int = 120) -> list[Doc]:
    """Namespaces, two custom resources, 35 roles and so many bindings, some to roles that are not there."""
    docs: list[Doc] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ns}} for ns in NAMESPACES
    ]
    docs += [_definition("boats", "Boat", "Namespaced"), _definition("tides", "Tide", "Cluster")]
    docs += _roles(random)
    for number in range(bindings):
        subjects = [_subject(random) for _ in range(random.randint(1, 3))]
        to = random.choice((*_GATHERS, *(f"oracle-{each}" for each in range(18))))
        if number % 6 == 0:
            placed = [each for each in subjects if "/" in each or not each.startswith("sa:")]
            docs.append(binding(f"oracle-{number}", to, *placed))
            continue
        kind, namespace = random.choice(("Role", "ClusterRole", "ClusterRole")), random.choice(NAMESPACES)
        docs.append(binding(f"oracle-{number}", to, *subjects, namespace=namespace, kind=kind))
    return docs


def _roles(random: Random) -> list[Doc]:
    docs = []
    for number in range(16):
        labels = {f"oracle/to-{each}": "true" for each in "abc" if random.random() < 0.2}
        rules = [_rule(random, urls=True) for _ in range(random.randint(0, 4))]
        docs.append(role(f"oracle-{number}", *rules, labels=labels))
        rules = [_rule(random, urls=False) for _ in range(random.randint(1, 3))]
        docs.append(role(f"oracle-{number}", *rules, namespace=random.choice(NAMESPACES)))
    for name, letter in zip(_GATHERS, "abc", strict=True):
        labels = {f"oracle/to-{each}": "true" for each in "abc" if each > letter}
        made = role(name, _rule(random, urls=False), labels=labels)
        selector = {"matchExpressions": [{"key": f"oracle/to-{letter}", "operator": "Exists"}]}
        docs.append(made | {"aggregationRule": {"clusterRoleSelectors": [selector]}})
    return docs


def filled(docs: list[Doc]) -> list[Doc]:
    """The world as the controller that gathers roles would leave it: the tests' server has none.

    Written for these worlds alone, so that it shares nothing with what it is to be compared with.
    """

    def rules_of(doc: Doc, above: tuple[str, ...]) -> list[Doc]:
        if "aggregationRule" not in doc:
            return list(doc["rules"])
        name = doc["metadata"]["name"]
        key = doc["aggregationRule"]["clusterRoleSelectors"][0]["matchExpressions"][0]["key"]
        picked = (each for each in roles if key in each["metadata"].get("labels", {}))
        return [
            rule
            for each in picked
            if each["metadata"]["name"] not in (*above, name)
            for rule in rules_of(each, (*above, name))
        ]

    roles = [doc for doc in docs if doc["kind"] == "ClusterRole"]
    return [doc | {"rules": rules_of(doc, ())} if doc["kind"] == "ClusterRole" else doc for doc in docs]


def a_request(random: Random) -> Request:
    """Something that could really be asked of an API server."""
    verb = random.choice((*VERBS, *VERBS[:4]))
    if random.random() < 0.12:
        return Request(verb, path=random.choice(URLS))
    if random.random() < 0.08:
        name = random.choice(NAMESPACES)
        subresource = random.choice(("", "", "status", "finalize"))
        return Request(random.choice(_ON_ONE_NAMESPACE), "namespaces", "", subresource, name, name)
    group, resource = random.choice((*NAMESPACED, *CLUSTER_WIDE))
    namespace = random.choice(("", *NAMESPACES, *NAMESPACES))
    if (group, resource) in CLUSTER_WIDE and not (verb == "bind" and group == RBAC):
        namespace = ""
    return Request(verb, resource, group, random.choice(SUBRESOURCES), random.choice(NAMES), namespace)


def shrunk(docs: list[Doc], still_wrong: Callable[[list[Doc]], bool]) -> list[Doc]:
    """Leave out what a disagreement does not need: halves first, then single objects."""
    size = max(1, len(docs) // 2)
    while True:
        start = 0
        while start < len(docs):
            fewer = docs[:start] + docs[start + size :]
            if still_wrong(fewer):
                docs = fewer
            else:
                start += size
        if size == 1:
            return docs
        size //= 2


def _some(random: Random, values: tuple[str, ...], most: int = 3) -> list[str]:
    return random.sample(values, random.randint(1, most))


def _rule(random: Random, *, urls: bool) -> Doc:
    verbs = ["*"] if random.random() < 0.25 else _some(random, (*VERBS, *VERBS[:4], "*", "GET"), 6)
    if urls and random.random() < 0.3:
        return {"verbs": verbs, "nonResourceURLs": _some(random, _PATTERNS)}
    group, resource = random.choice((*NAMESPACED, *CLUSTER_WIDE, ("", "namespaces")))
    subresource = random.choice(SUBRESOURCES[4:])
    resources = (
        resource,
        resource,
        f"{resource}/{subresource}",
        f"*/{subresource}",
        f"{resource}/*",
        "*/*",
        "*",
    )
    made: Doc = {
        "verbs": verbs,
        "apiGroups": [random.choice((group, group, "*", "*", "policy"))],
        "resources": list(dict.fromkeys(_some(random, resources, 2))),
    }
    if random.random() < 0.35:
        made["resourceNames"] = _some(random, ("x", "y", "z", "*", *NAMESPACES), 2)
    return made


def _subject(random: Random) -> str:
    account = f"{random.choice(NAMESPACES)}/{random.choice('xy')}"
    return random.choice(
        (
            f"user:{random.choice(('alice', 'bob', 'Alice', *_ACCOUNTS))}",
            f"group:{random.choice(_GROUPS)}",
            f"sa:{account}",
            f"sa:{random.choice('xy')}",
        )
    )


def _definition(plural: str, kind: str, scope: str) -> Doc:
    schema = {"openAPIV3Schema": {"type": "object"}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{CUSTOM}"},
        "spec": {
            "group": CUSTOM,
            "scope": scope,
            "names": {"plural": plural, "kind": kind, "singular": kind.lower()},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }
