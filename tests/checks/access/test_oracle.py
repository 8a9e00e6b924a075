"""The access engine against the judge: the same questions to it and to a real API server, no difference.

A seeded world of roles and bindings goes into the API server, is read back as any cluster is, and hundreds of
SubjectAccessReviews are compared with `who_can` (rule 39).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import pytest
from msgspec.structs import replace

from checks.access.engine import Grants, who_can
from checks.access.index import RBAC_KINDS
from checks.access.matching import Request
from checks.access.subjects import identities
from checks.cluster.snapshot import Snapshot
from checks.cluster.source import LiveCluster, take_snapshot
from tests.checks.access.rbac_objects import Doc, binding, role
from tests.harness.api_server import ApiServer

RBAC = "rbac.authorization.k8s.io"
NAMESPACES = ("oracle-a", "oracle-b", "oracle-c")
NAMESPACED = (
    ("", "pods"),
    ("", "secrets"),
    ("apps", "deployments"),
    ("batch", "jobs"),
    ("extensions", "deployments"),
)
CLUSTER_WIDE = (("", "nodes"), ("", "persistentvolumes"), (RBAC, "clusterroles"))
SUBRESOURCES = ("", "", "", "log", "exec", "scale", "proxy", "status")
NAMES = ("", "", "x", "y", "*")
VERBS = ("get", "list", "create", "delete", "escalate")
URLS = ("/metrics", "/healthz", "/healthz/ping", "/apis", "/apis/apps", "/logs/a")
USERS = (
    "alice",
    "bob",
    "Alice",
    *(f"system:serviceaccount:{ns}:{sa}" for ns in NAMESPACES for sa in ("x", "y")),
)
GROUPS = (
    "oracle:sre",
    "oracle:dev",
    "system:serviceaccounts",
    *(f"system:serviceaccounts:{ns}" for ns in NAMESPACES),
)
QUESTIONS = 600


def some(random: Random, values: tuple[str, ...], most: int = 3) -> list[str]:
    return random.sample(values, random.randint(1, most))


def a_rule(random: Random, *, urls: bool) -> Doc:
    verbs = some(random, (*VERBS, "*", "GET"), 4)
    if urls and random.random() < 0.3:
        return {
            "verbs": verbs,
            "nonResourceURLs": some(random, (*URLS, "/healthz/*", "/apis*", "/logs/**", "*")),
        }
    group, resource = random.choice((*NAMESPACED, *CLUSTER_WIDE))
    subresource = random.choice(SUBRESOURCES[1:])
    resources = (
        resource,
        f"{resource}/{subresource}",
        f"*/{subresource or 'scale'}",
        f"{resource}/*",
        "*/*",
        "*",
    )
    made: Doc = {
        "verbs": verbs,
        "apiGroups": [random.choice((group, group, group, "*", "policy"))],
        "resources": some(random, resources, 2),
    }
    if random.random() < 0.35:
        made["resourceNames"] = some(random, ("x", "y", "z", "*"), 2)
    return made


def a_world(random: Random) -> list[Doc]:
    """Namespaces, 32 roles and 90 bindings, some of them to roles that are not there."""
    docs: list[Doc] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ns}} for ns in NAMESPACES
    ]
    for number in range(16):
        rules = [a_rule(random, urls=True) for _ in range(random.randint(0, 4))]
        docs.append(role(f"oracle-{number}", *rules))
        rules = [a_rule(random, urls=False) for _ in range(random.randint(1, 3))]
        docs.append(role(f"oracle-{number}", *rules, namespace=random.choice(NAMESPACES)))
    for number in range(90):
        subjects = [a_subject(random) for _ in range(random.randint(1, 3))]
        to = f"oracle-{random.randrange(18)}"
        if number % 6 == 0:
            docs.append(
                binding(
                    f"oracle-{number}", to, *(each for each in subjects if "/" in each or "sa:" not in each)
                )
            )
            continue
        kind, namespace = random.choice(("Role", "ClusterRole")), random.choice(NAMESPACES)
        docs.append(binding(f"oracle-{number}", to, *subjects, namespace=namespace, kind=kind))
    return docs


def a_subject(random: Random) -> str:
    account = f"{random.choice(NAMESPACES)}/{random.choice('xy')}"
    return random.choice(
        (
            f"user:{random.choice(USERS)}",
            f"group:{random.choice((*GROUPS, 'system:authenticated'))}",
            f"sa:{account}",
            f"sa:{random.choice('xy')}",
        )
    )


def a_question(random: Random) -> tuple[str, list[str], Request]:
    """A user with groups, and something that could really be asked of an API server."""
    user, groups = random.choice(USERS), random.sample(GROUPS[:2], random.randint(0, 2))
    _, _, account = user.partition("system:serviceaccount:")
    if account:
        groups = ["system:serviceaccounts", f"system:serviceaccounts:{account.partition(':')[0]}"]
    if random.random() < 0.2:
        user, groups = "nobody-in-particular", [random.choice(GROUPS)]
    if random.random() < 0.8:
        groups = [*groups, "system:authenticated"]
    if random.random() < 0.02:
        groups = [*groups, "system:masters"]
    verb = random.choice(VERBS)
    if random.random() < 0.15:
        return user, groups, Request(verb, path=random.choice(URLS))
    group, resource = random.choice((*NAMESPACED, *NAMESPACED, *CLUSTER_WIDE))
    wide = (group, resource) in CLUSTER_WIDE
    namespace = "" if wide else random.choice(("", *NAMESPACES, *NAMESPACES))
    subresource, name = random.choice(SUBRESOURCES), random.choice(NAMES)
    return user, groups, Request(verb, resource, group, subresource, name, namespace)


@contextmanager
def loaded(server: ApiServer, docs: list[Doc]) -> Iterator[Snapshot]:
    """The world in the API server, read back as a snapshot; gone afterwards."""
    server.api.apply(*docs)
    try:
        yield take_snapshot(LiveCluster(server.kubeconfig), progress=lambda *_: None, kinds=RBAC_KINDS)
    finally:
        server.api.delete(*docs)


def reaches(grants: Grants, user: str, groups: list[str], request: Request) -> bool:
    """Whether an answer about all scopes includes that of the request."""
    who = identities(user, groups)
    return any(
        holder.scope == "cluster" or request.namespace in holder.scope
        for holder in grants.holders
        if holder.subject in who
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_who_can_agrees_with_the_api_server(api_server: ApiServer, seed: int) -> None:
    random = Random(seed)
    answers, different = [], []
    with loaded(api_server, a_world(random)) as snapshot:
        for _ in range(QUESTIONS):
            user, groups, request = a_question(random)
            grants = who_can(snapshot, request)
            said = grants.allowed(user, groups)
            truth = api_server.api.sar(
                user,
                groups,
                request.verb,
                request.resource,
                group=request.group,
                subresource=request.subresource,
                namespace=request.namespace or "",
                name=request.name or "",
                path=request.path,
            )
            answers.append(truth)
            everywhere = reaches(who_can(snapshot, replace(request, namespace=None)), user, groups, request)
            if said is not truth or everywhere is not truth or not grants.complete:
                different.append((user, groups, request, f"said {said} and {everywhere}, is {truth}"))
    assert not different
    assert QUESTIONS * 0.15 < sum(answers) < QUESTIONS * 0.85, "the world is too generous or too mean to tell"
