"""What the audit policy keeps out of the log is never called unused: nothing of it goes unnoticed."""

from __future__ import annotations

from random import Random

import pytest

from checks.access.matching import Request, allows
from checks.access.subjects import groups_of, user
from checks.access.usage.excess import excess
from checks.access.usage.rights import NOT_RECORDED, usage
from checks.access.usage.unlogged import Asker, policies
from checks.audit.policy import Request as Audited
from checks.audit.policy import decide, stages
from checks.cluster import objects as o
from checks.model import Subject
from tests.checks.access.rbac_objects import Doc, binding, cluster, role, rule
from tests.checks.access.usage.logs import SHOP, policy, used
from tests.checks.audit.test_oracle import CLUSTER_WIDE, NAMES, NAMESPACES, PATHS, RESOURCES, a_policy

ACCOUNT = Subject("ServiceAccount", "shop", "web")
VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
USERS = ("jane", "system:node:n1", "system:serviceaccount:default:builder")


def _request(random: Random) -> Request:
    verb = random.choice(VERBS)
    if random.random() < 0.15:
        return Request("get", path=random.choice(PATHS), namespace="")
    group, resource = random.choice((*RESOURCES, *CLUSTER_WIDE))
    wide = (group, resource) in CLUSTER_WIDE
    name = random.choice(NAMES) if verb in {"get", "update", "patch", "delete"} else ""
    subresources = {"pods": ("", "status", "log"), "deployments": ("", "status")}.get(resource, ("",))
    sub = random.choice(subresources) if name else ""
    return Request(verb, resource, group, sub, name, "" if wide else random.choice(NAMESPACES))


def _right(random: Random, request: Request) -> o.PolicyRule:
    """A right that allows a request, more or less exactly."""

    def some(word: str) -> tuple[str, ...]:
        return (random.choice((word, word, "*")),)

    if request.path:
        return o.PolicyRule(some(request.verb), non_resource_urls=(random.choice((request.path, "*", "/*")),))
    said = f"{request.resource}/{request.subresource}" if request.subresource else request.resource
    names = (request.name,) if request.name and random.random() < 0.3 else None
    return o.PolicyRule(some(request.verb), some(request.group), some(said), names)


def _recorded(given: o.AuditPolicy, asker: Asker, request: Request) -> bool:
    """Whether the log has an event that says that it was allowed."""
    asked = Audited(
        request.verb,
        asker.user,
        asker.groups,
        request.group,
        request.resource,
        request.subresource,
        request.namespace or "",
        request.name or "",
        request.path,
    )
    long = request.verb == "watch" or request.subresource == "log"
    return bool(
        {"ResponseStarted", "ResponseComplete"} & set(stages(decide(given, asked), long_running=long))
    )


@pytest.mark.parametrize("seed", range(40))
def test_every_request_that_leaves_no_event_lies_in_what_is_not_known(seed: int) -> None:
    random = Random(seed)
    made = a_policy(random)
    made["rules"].insert(0, {"level": "None", "resources": [{"group": "", "resources": ["events"]}]})
    snapshot = cluster({"metadata": {"name": "p"}, **made})
    (given,) = snapshot.all(o.AuditPolicy)
    simulated, unrecorded = policies(snapshot), 0
    assert simulated is not None
    for _ in range(150):
        name = random.choice(USERS)
        asker = Asker(name, tuple(each.name for each in groups_of(user(name))))
        request = _request(random)
        part = _right(random, request)
        place = random.choice((None, request.namespace or None))
        if _recorded(given, asker, request):
            continue
        unrecorded += 1
        found = simulated.unlogged(asker, part, place)
        assert any(
            allows(each.part, request) and each.namespace in (None, request.namespace) for each in found
        ), (asker, request, part, place)
    assert unrecorded


def _states(*docs: Doc) -> tuple[list[str], list[str]]:
    """Which rights are unused, and which are not known, in words."""
    found = usage(cluster(*docs), ACCOUNT)
    assert found is not None
    (bound,) = found.bounds
    unused = [f"{(each.part.verbs or ('',))[0]} {each.what}" for each in bound.unused]
    return unused, [f"{(each.right.part.verbs or ('',))[0]} {each.right.what}" for each in bound.unknown]


HOLDS = (
    binding("b", "some", "sa:web/shop"),
    role("some", rule("get list create", "core", "secrets"), rule("get", "core", "pods")),
)


def test_a_right_that_is_not_recorded_is_not_unused() -> None:
    reads = {
        "level": "None",
        "verbs": ["get", "list"],
        "resources": [{"group": "", "resources": ["secrets"]}],
    }
    unused, unknown = _states(*HOLDS, used("get pods web x"), policy(reads))
    assert unused == ["create secrets"]
    assert unknown == ["get secrets", "list secrets"]


@pytest.mark.parametrize(
    "quiet",
    [
        {"level": "None", "users": [SHOP]},
        {"level": "None", "userGroups": ["system:serviceaccounts:web"]},
        {"level": "Metadata", "omitStages": ["ResponseComplete", "ResponseStarted"]},
    ],
    ids=["user", "group", "only received"],
)
def test_of_whom_nothing_is_recorded_nothing_is_unused(quiet: Doc) -> None:
    unused, unknown = _states(*HOLDS, used(), policy(quiet))
    assert unused == []
    assert len(unknown) == 4


def test_another_users_silence_is_not_this_ones() -> None:
    unused, unknown = _states(
        *HOLDS, used(), policy({"level": "None", "users": ["system:serviceaccount:web:x"]})
    )
    assert (len(unused), unknown) == (4, [])


def test_of_a_right_that_is_recorded_but_in_one_namespace_no_word_is_said() -> None:
    found = usage(cluster(*HOLDS, used(), policy({"level": "None", "namespaces": ["kube-system"]})), ACCOUNT)
    assert found is not None
    (bound,) = found.bounds
    assert not excess(bound)
    assert {each.why for each in bound.unknown} == {NOT_RECORDED}
    assert {each.what.namespace for each in bound.unknown} == {"kube-system"}


@pytest.mark.parametrize(
    ("held", "did", "unknown"),
    [
        (rule("approve", "certificates.k8s.io", "signers"), "list pods web", []),
        (
            rule("approve", "certificates.k8s.io", "signers"),
            "update certificatesigningrequests.certificates.k8s.io/approval - c",
            ["approve signers.certificates.k8s.io"],
        ),
        (rule("update", "apps", "deployments/finalizers"), "list pods web", []),
        (
            rule("update", "apps", "deployments/finalizers"),
            "create pods web",
            ["update deployments/finalizers.apps"],
        ),
        (rule("get", "core", "nodes/metrics"), "list pods web", ["get nodes/metrics"]),
        (
            rule("use", "security.openshift.io", "securitycontextconstraints"),
            "list pods web",
            ["use securitycontextconstraints.security.openshift.io"],
        ),
        (rule("get", urls="/metrics"), "list pods web", []),
        (
            rule("get", urls="/metrics"),
            "create subjectaccessreviews.authorization.k8s.io",
            ["get /metrics"],
        ),
    ],
    ids=[
        "signer",
        "signer asked",
        "finalizers",
        "finalizers asked",
        "kubelet",
        "use",
        "path",
        "path reviewed",
    ],
)
def test_what_is_asked_for_without_a_request(held: Doc, did: str, unknown: list[str]) -> None:
    docs = (binding("b", "some", "sa:web/shop"), role("some", held), used(did), policy())
    assert _states(*docs)[1] == unknown
