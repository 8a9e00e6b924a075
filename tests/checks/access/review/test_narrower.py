"""Narrower rules: what they say they keep is kept, and they are narrower. Judged by computing all anew."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
import yaml
from msgspec.structs import replace

from checks.access.asking import STANDARD
from checks.access.catalog import catalog
from checks.access.engine import decide
from checks.access.index import index
from checks.access.matching import Request
from checks.access.review.narrower import narrower, without_proposal
from checks.access.review.narrower.proposal import Proposal, manifests
from checks.cluster import objects as o
from checks.cluster.kinds import KINDS
from checks.cluster.objects import wire
from checks.cluster.snapshot import Snapshot
from checks.model import Subject
from tests.checks.access.escalation.ways_of import account, namespace, pod, secret, who
from tests.checks.access.rbac_objects import Doc, binding, cluster, role, rule

RBAC = "rbac.authorization.k8s.io"
SHOP = "sa:web/shop"
HERE = (namespace("web"), namespace("data"), account("web/shop"), pod("web/shop-0", "shop"))
SECRETS = (secret("web/tls", of="shop"), secret("web/token", of="shop"), secret("data/db", of="other"))


def with_manifests(snapshot: Snapshot) -> Snapshot:
    """The snapshot with all proposals applied, from their YAML: a role in place of the old, a RoleBinding in
    place of a ClusterRoleBinding."""
    found = narrower(snapshot)
    objects = dict(snapshot.objects)
    gone = {(each.target.kind, each.target.namespace, each.target.name) for each in found}
    for kind in ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"):
        kept = (
            each
            for each in objects.get(kind, ())
            if (kind, each.metadata.namespace, each.metadata.name) not in gone
        )
        objects[kind] = tuple(kept)
    for text in manifests(found).values():
        document = yaml.safe_load(text)
        kind = document["kind"]
        objects[kind] = (*objects[kind], wire.convert(document, KINDS[kind].type))
    return replace(snapshot, objects=objects)


def requests(snapshot: Snapshot, names: tuple[str, ...] = ("",)) -> Iterator[Request]:
    """Every standard verb on everything that is served, in each namespace and outside, with these names."""
    for each in catalog(snapshot).resources.values():
        if not each.kind:
            continue
        for subresource in ("", *each.subresources):
            for verb in STANDARD:
                for space in ("", "web", "data"):
                    for name in names:
                        yield Request(verb, each.name, each.group, subresource, name, space)


def answers(snapshot: Snapshot, subject: Subject, asked: list[Request]) -> list[bool]:
    return [decide(snapshot, subject, each).allowed for each in asked]


@pytest.mark.parametrize(
    "given",
    [
        rule("*", "apps", "deployments"),
        rule("get list", "apps batch", "*"),
        rule("get", "*", "deployments pods/log"),
        rule("*", "core", "*/status secrets"),
        rule("get watch", "*", "*"),
        rule("*", f"{RBAC} core", "*", "one"),
    ],
)
def test_an_explicit_list_keeps_every_standard_request(given: Doc) -> None:
    snapshot = cluster(*HERE, role("wide", given), binding("b", "wide", "user:alice"))
    (proposal,) = narrower(snapshot)
    asked = list(requests(snapshot, ("", "one", "two")))
    after = with_manifests(snapshot)
    before = answers(snapshot, who("user:alice"), asked)
    assert any(before)
    assert answers(after, who("user:alice"), asked) == before
    assert not any("*" in (*(each.verbs or ()), *(each.resources or ())) for each in proposal.rules)
    assert not narrower(after)


def test_an_explicit_list_takes_away_what_is_not_served_and_other_verbs() -> None:
    docs = (
        role("wide", rule("*", f"{RBAC} example.com", "*"), rule("*", "core", "serviceaccounts")),
        binding("b", "wide", "user:alice"),
    )
    snapshot = cluster(*HERE, *docs)
    lost = [
        Request("get", "boats", "example.com", "", "", "web"),
        Request("escalate", "clusterroles", RBAC, "", "", ""),
        Request("impersonate", "serviceaccounts", "", "", "shop", "web"),
    ]
    assert answers(snapshot, who("user:alice"), lost) == [True] * 3
    assert answers(with_manifests(snapshot), who("user:alice"), lost) == [False] * 3
    first, second = narrower(snapshot)
    special = [f"bind and escalate on {each}" for each in ("roles", "clusterroles")]
    assert first.drops == ", ".join(("what is installed later", *special))
    assert second.drops == "impersonate on serviceaccounts"


def test_a_custom_resource_is_in_the_list() -> None:
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "boats.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "boats", "kind": "Boat"},
            "versions": [{"name": "v1", "served": True, "storage": True, "subresources": {"status": {}}}],
        },
    }
    snapshot = cluster(
        definition, role("wide", rule("get", "example.com", "*")), binding("b", "wide", "user:alice")
    )
    (proposal,) = narrower(snapshot)
    assert proposal.rules == (o.PolicyRule(("get",), ("example.com",), ("boats", "boats/status")),)


@pytest.mark.parametrize(
    "docs",
    [
        (role("all", rule("*", "*", "*")), binding("b", "all", "user:alice")),
        (role("wide", rule("get", "example.com", "*")), binding("b", "wide", "user:alice")),
        (role("urls", rule("get", urls="*")), binding("b", "urls", "user:alice")),
        (role("wide", rule("*", "apps", "*")),),
        (role("fine", rule("get", "core", "pods")), binding("b", "fine", "user:alice")),
    ],
    ids=["everything", "nothing served", "URLs", "not bound", "no star"],
)
def test_where_nothing_narrower_follows_nothing_is_proposed(docs: tuple[Doc, ...]) -> None:
    assert narrower(cluster(*HERE, *docs)) == ()


def test_what_gives_everything_is_named_as_such() -> None:
    snapshot = cluster(role("all", rule("*", "*", "*")), binding("b", "all", "user:alice"))
    assert [(each.role.metadata.name, each.number) for each in without_proposal(snapshot)] == [("all", 0)]


def test_a_rule_of_an_aggregated_role_is_narrowed_where_it_was_written() -> None:
    gathers = role("gathers", rule("*", "apps", "deployments")) | {
        "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"to": "it"}}]}
    }
    source = role("source", rule("*", "apps", "deployments"), labels={"to": "it"})
    snapshot = cluster(gathers, source, binding("b", "gathers", "user:alice"))
    (proposal,) = narrower(snapshot)
    assert (proposal.target.name, proposal.wide) == ("source", True)
    assert yaml.safe_load(manifests((proposal,))[proposal.target])["metadata"]["labels"] == {"to": "it"}


def test_secrets_by_name_keep_each_of_those_that_are_there() -> None:
    snapshot = cluster(
        *HERE,
        *SECRETS,
        role("reader", rule("get list watch create", "core apps", "secrets pods"), namespace="web"),
        binding("b", "reader", SHOP, namespace="web"),
    )
    (proposal,) = narrower(snapshot)
    assert proposal.what == "all secrets of namespace web"
    assert "tls, token" in proposal.why
    after = with_manifests(snapshot)
    asked = [each for each in requests(snapshot, ("tls", "token")) if each.resource == "secrets"]
    asked += [each for each in requests(snapshot, ("", "x")) if each.resource != "secrets"]
    asked.append(Request("create", "secrets", "", "", "", "web"))
    before = answers(snapshot, who(SHOP), asked)
    assert any(before)
    assert answers(after, who(SHOP), asked) == before
    lost = [Request(verb, "secrets", "", "", name, "web") for verb, name in (("list", ""), ("get", "new"))]
    assert answers(snapshot, who(SHOP), lost) == [True, True]
    assert answers(after, who(SHOP), lost) == [False, False]


def test_stars_and_secrets_of_one_rule_are_narrowed_together() -> None:
    snapshot = cluster(
        *HERE,
        *SECRETS,
        role("runner", rule("*", "core", "secrets pods"), rule("get", "*", "configmaps"), namespace="web"),
        binding("b", "runner", SHOP, namespace="web"),
    )
    first, second = narrower(snapshot)
    assert (first.what, second.what) == ("every verb; all secrets of namespace web", "every API group")
    assert len(manifests((first, second))) == 1
    after = with_manifests(snapshot)
    asked = [each for each in requests(snapshot, ("tls",)) if each.verb not in ("create", "deletecollection")]
    assert answers(after, who(SHOP), asked) == answers(snapshot, who(SHOP), asked)
    assert narrower(after) == ()


@pytest.mark.parametrize(
    "docs",
    [
        (
            role("reader", rule("get", "core", "secrets"), namespace="web"),
            binding("b", "reader", SHOP, namespace="web"),
        ),
        (
            role("reader", rule("list", "core", "secrets", "tls"), namespace="web"),
            binding("b", "reader", SHOP, namespace="web"),
        ),
        (
            role("reader", rule("list", "core", "secrets")),
            binding("a", "reader", SHOP, namespace="web", kind="ClusterRole"),
            binding("b", "reader", SHOP, namespace="data", kind="ClusterRole"),
        ),
        (
            role("reader", rule("list", "core", "secrets"), namespace="empty"),
            binding("b", "reader", SHOP, namespace="empty"),
        ),
    ],
    ids=["by name only", "named already", "in two namespaces", "no secrets there"],
)
def test_secrets_are_left_as_they_are(docs: tuple[Doc, ...]) -> None:
    assert narrower(cluster(*HERE, *SECRETS, *docs)) == ()


def test_secrets_that_could_not_be_read_or_are_many_are_not_named() -> None:
    docs = (
        role("reader", rule("list", "core", "secrets"), namespace="web"),
        binding("b", "reader", SHOP, namespace="web"),
    )
    assert narrower(cluster(*HERE, *docs, missing={"Secret": "no right to list it"})) == ()
    many = [secret(f"web/s-{number}", of="shop") for number in range(11)]
    assert narrower(cluster(*HERE, *many, *docs)) == ()


def test_a_role_binding_keeps_all_in_the_one_namespace_where_its_pods_run() -> None:
    snapshot = cluster(
        *HERE, role("reader", rule("get list", "core", "secrets pods")), binding("b", "reader", SHOP)
    )
    (proposal,) = narrower(snapshot)
    assert "shop runs only in web (1 pod)" in proposal.why
    after = with_manifests(snapshot)
    inside = [each for each in requests(snapshot) if each.namespace == "web"]
    assert any(answers(snapshot, who(SHOP), inside))
    assert answers(after, who(SHOP), inside) == answers(snapshot, who(SHOP), inside)
    elsewhere = [Request("get", "secrets", "", "", "", space) for space in ("", "data")]
    assert answers(after, who(SHOP), elsewhere) == [False, False]


@pytest.mark.parametrize(
    "docs",
    [
        (role("r", rule("get", "core", "secrets nodes")), binding("b", "r", SHOP)),
        (role("r", rule("get", "core", "secrets */status")), binding("b", "r", SHOP)),
        (role("r", rule("get", "core", "secrets"), rule("get", urls="/x")), binding("b", "r", SHOP)),
        (role("r", rule("get", "core", "pods")), binding("b", "r", SHOP)),
        (role("r", rule("get", "core", "secrets")), binding("b", "r", SHOP, "user:alice")),
        (role("r", rule("get", "core", "secrets")), binding("b", "r", SHOP, "sa:data/other")),
        (role("r", rule("get", "core", "secrets")), binding("b", "r", "sa:web/idle")),
        (
            role("r", rule("get", "core", "secrets")),
            binding("b", "r", SHOP, namespace="web", kind="ClusterRole"),
        ),
    ],
    ids=[
        "nodes",
        "a star",
        "URLs",
        "harmless",
        "a user too",
        "two namespaces",
        "no pods",
        "is in one already",
    ],
)
def test_a_binding_stays_where_it_cannot_be_told(docs: tuple[Doc, ...]) -> None:
    more = (account("data/other"), pod("data/other-0", "other"), account("web/idle"))
    assert narrower(cluster(*HERE, *more, *docs)) == ()


def test_the_most_dangerous_comes_first() -> None:
    snapshot = cluster(
        *HERE,
        role("a", rule("*", "core", "pods"), namespace="web"),
        role("b", rule("*", "core", "configmaps")),
        role("c", rule("*", "core", "secrets")),
        binding("a", "a", "user:alice", namespace="web"),
        binding("b", "b", "user:alice"),
        binding("c", "c", "user:alice"),
    )
    assert [each.target.name for each in narrower(snapshot)] == ["c", "b", "a"]


VERBS = ("get", "list", "watch", "create", "delete", "*", "bind")
WHAT = ("pods", "secrets", "roles", "serviceaccounts", "nodes", "deployments", "pods/log", "*/status", "*")


def _drawn(random: Random) -> list[Doc]:
    docs: list[Doc] = [*HERE, *SECRETS]
    for number in range(6):
        rules = [
            rule(
                " ".join(random.sample(VERBS, 2)),
                random.choice(("core", "apps", f"core {RBAC}", "*")),
                " ".join(random.sample(WHAT, 2)),
                random.choice(("", "", "tls")),
            )
            for _ in range(random.randint(1, 3))
        ]
        where = random.choice((None, "web", "data"))
        docs.append(role(f"r-{number}", *rules, namespace=where))
        whom = random.choice((SHOP, "user:alice"))
        docs.append(binding(f"b-{number}", f"r-{number}", whom, namespace=where))
    return docs


@pytest.mark.parametrize("seed", range(6))
def test_in_drawn_worlds_nothing_is_gained_and_only_what_is_said_is_lost(seed: int) -> None:
    snapshot = cluster(*_drawn(Random(seed)))
    proposals = narrower(snapshot)
    assert proposals
    after = with_manifests(snapshot)
    assert not index(after).unread
    asked = list(requests(snapshot, ("", "tls", "new")))
    for subject in (who(SHOP), who("user:alice")):
        pairs = zip(asked, answers(snapshot, subject, asked), answers(after, subject, asked), strict=True)
        for request, before, now in pairs:
            assert before >= now, f"{request} was gained"
            if before and not now:
                assert _is_said_to_be_lost(request, proposals), str(request)


def _is_said_to_be_lost(request: Request, proposals: tuple[Proposal, ...]) -> bool:
    """Secrets by no name that is there, in the namespace; or outside of where a binding now holds."""
    moved = {each.binding.metadata.namespace for each in proposals if each.binding is not None}
    if moved - {request.namespace}:
        return True
    named = {each.target.namespace for each in proposals if "all secrets" in each.what}
    there = {"web": ("tls", "token"), "data": ("db",)}
    return (
        request.resource == "secrets"
        and request.namespace in named
        and request.name not in there[str(request.namespace)]
    )
