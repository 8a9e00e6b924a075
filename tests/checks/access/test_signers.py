"""Who may approve or sign certificate requests: both rights together, as the API server decides."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from random import Random

import pytest

from checks.access.asking import ask
from checks.access.engine import Grants, decide, who_can_all
from checks.access.index import RBAC_KINDS
from checks.access.signers import TwoActs
from checks.access.subjects import groups_of, identities, user
from checks.cluster.snapshot import Snapshot
from checks.cluster.source import LiveCluster, take_snapshot
from checks.model import Subject
from tests.checks.access.escalation.acting import Actor
from tests.checks.access.escalation.ways_of import account
from tests.checks.access.rbac_objects import Doc, binding, cluster, role, rule
from tests.harness.api_server import ApiServer

CERTIFICATES = "certificates.k8s.io"
ONE, OTHER, FAR = "signers-a.example/one", "signers-a.example/two", "signers-b.example/one"
NAMES = ("", ONE, OTHER, FAR, "signers-a.example/*", "*")
CHANGE = {"approve": "approval", "sign": "status"}
SPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "signers"}}
ACCOUNTS = tuple(Subject("ServiceAccount", name, "signers") for name in "abcd")
REQUEST = """\
-----BEGIN CERTIFICATE REQUEST-----
MIHNMHUCAQAwEzERMA8GA1UEAwwIc29tZWJvZHkwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATOuLurEJ83OFCr+9ExXrMtDMOAWqscHIejYVpMtBjzjXQhhUCmO6bK
1cyFxy8VAKyhiGHroDR3uP2jMfvRx4z9oAAwCgYIKoZIzj0EAwIDSAAwRQIgFU8e
HWzZNzmDpjN3L43KpvWV6XpSADaK0a7Cotrr6u4CIQDcuuLLnt15q7uW6jNJQ5QZ
mG7p2/ce8YXWZKvzkbp0Xw==
-----END CERTIFICATE REQUEST-----
"""
"""Somebody's, whose key is gone."""


def change(act: str = "approve", verbs: str = "update") -> Doc:
    return rule(verbs, CERTIFICATES, f"certificatesigningrequests/{CHANGE[act]}")


def signer(names: str = "", act: str = "approve") -> Doc:
    return rule(act, CERTIFICATES, "signers", names=names)


def holders(snapshot: Snapshot, name: str = "", act: str = "approve") -> list[str]:
    return [str(each.subject) for each in asked(snapshot, name, act).holders[1:]]


def asked(snapshot: Snapshot, name: str = "", act: str = "approve") -> Grants:
    return who_can_all(snapshot, ask(snapshot, (act,), "csr", name).needs)


@pytest.mark.parametrize("act", ["approve", "sign"])
def test_both_rights_are_needed(act: str) -> None:
    docs = (
        role("change", change(act)),
        role("signer", signer(act=act)),
        binding("both-1", "change", "user:both"),
        binding("both-2", "signer", "user:both"),
        binding("half-1", "change", "user:changes"),
        binding("half-2", "signer", "user:signs"),
    )
    snapshot = cluster(*docs)
    assert holders(snapshot, act=act) == ["User both"]
    (holder,) = asked(snapshot, act=act).holders[1:]
    assert [each.binding.name for each in holder.because] == ["both-1", "both-2"]
    other = next(each for each in CHANGE if each != act)
    assert holders(snapshot, act=other) == []


@pytest.mark.parametrize(
    ("names", "may"),
    [
        ("", {"", ONE, OTHER, FAR}),
        (ONE, {ONE}),
        ("signers-a.example/*", {ONE, OTHER}),
        ("*", set()),
        ("signers-a.example/* signers-b.example/one", {ONE, OTHER, FAR}),
    ],
)
def test_the_signer_by_its_name_or_by_its_domain(names: str, may: set[str]) -> None:
    docs = (role("both", change(), signer(names)), binding("both", "both", "user:ann"))
    snapshot = cluster(*docs)
    assert {each for each in ("", ONE, OTHER, FAR) if holders(snapshot, each)} == may


def test_a_right_of_a_group_that_somebody_is_always_in_counts() -> None:
    docs = (
        role("change", change()),
        role("signer", signer()),
        binding("everybody", "change", "group:system:authenticated"),
        binding("some", "signer", "user:ann", "group:sre", "sa:web/bot", "user:system:anonymous"),
    )
    assert holders(cluster(*docs)) == ["Group sre", "ServiceAccount web/bot", "User ann"]


def test_a_rolebinding_gives_neither() -> None:
    inside = binding("inside", "both", "user:ann", namespace="web", kind="ClusterRole")
    assert holders(cluster(role("both", change(), signer()), inside)) == []


@pytest.mark.parametrize(("verbs", "what"), [(("approve", "get"), "csr"), (("approve",), "csr,pods")])
def test_it_is_asked_about_alone(verbs: tuple[str, ...], what: str) -> None:
    with pytest.raises(TwoActs):
        ask(cluster(), verbs, what)


def a_world(random: Random) -> list[Doc]:
    """Roles of one or two of the rights, limited to names or not, bound to accounts and to their groups."""
    docs: list[Doc] = [SPACE, *(account(f"signers/{each.name}") for each in ACCOUNTS)]
    for number in range(10):
        act = random.choice((*CHANGE, "approve"))
        rules = [change(act, random.choice(("update", "patch", "get"))), signer(random.choice(NAMES), act)]
        docs.append(role(f"signers-{number}", *random.sample(rules, random.choice((1, 1, 2)))))
    everybody = (*(f"sa:signers/{each.name}" for each in ACCOUNTS), "group:system:serviceaccounts:signers")
    for number in range(12):
        who = random.choice(everybody) if number else everybody[-1]
        where = "signers" if number % 6 == 5 else None
        to = f"signers-{random.randrange(10)}"
        docs.append(binding(f"signers-{number}", to, who, namespace=where, kind="ClusterRole"))
    return docs


def read(server: ApiServer) -> Snapshot:
    return take_snapshot(LiveCluster(server.kubeconfig), progress=lambda *_: None, kinds=RBAC_KINDS)


@pytest.fixture
def worlds(api_server: ApiServer, request: pytest.FixtureRequest) -> Iterator[Snapshot]:
    docs = a_world(Random(request.param))
    api_server.api.apply(*docs)
    yield read(api_server)
    api_server.api.delete(*docs)


def allows(server: ApiServer, subject: Subject, act: str, name: str) -> bool:
    """The same by SubjectAccessReviews, as the admission plugins ask."""
    who = f"system:serviceaccount:{subject.namespace}:{subject.name}"
    groups = [each.name for each in groups_of(subject)]
    at = {"group": CERTIFICATES}
    what = {"subresource": CHANGE[act], **at}
    changes = (
        server.api.sar(who, groups, verb, "certificatesigningrequests", **what)
        for verb in ("update", "patch")
    )
    signers = {name, f"{name.partition('/')[0]}/*"} if name else {""}
    signs = (server.api.sar(who, groups, act, "signers", name=each, **at) for each in signers)
    return any(changes) and any(signs)


@pytest.mark.parametrize("worlds", range(4), indirect=True)
def test_the_same_is_decided_by_the_api_server(api_server: ApiServer, worlds: Snapshot) -> None:
    """For both questions, of everybody, for every signer; whole sets of holders both ways."""
    truths: list[bool] = []
    for act in CHANGE:
        for name in ("", ONE, OTHER, FAR):
            grants = asked(worlds, name, act)
            for subject in ACCOUNTS:
                truth = allows(api_server, subject, act, name)
                truths.append(truth)
                user_name = f"system:serviceaccount:signers:{subject.name}"
                names = identities(user_name, [each.name for each in groups_of(subject)])
                assert any(each.subject in names for each in grants.holders) is truth, (act, name, subject)
                one_by_one = all(
                    any(decide(worlds, user(user_name), each).allowed for each in need)
                    for need in ask(worlds, (act,), "csr", name).needs
                )
                assert one_by_one is truth
    assert True in truths
    assert False in truths


def test_approving_for_real_is_let_through_only_for_who_is_named(api_server: ApiServer) -> None:
    """The admission plugin itself, on a request that is there, as dry runs."""
    csr: Doc = {
        "apiVersion": f"{CERTIFICATES}/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"name": "signers-request"},
        "spec": {
            "request": b64encode(REQUEST.encode()).decode(),
            "signerName": ONE,
            "usages": ["client auth"],
        },
    }
    docs: list[Doc] = [SPACE, csr]
    wanted = {"a": ONE, "b": OTHER, "c": "signers-a.example/*", "d": None}
    for who, name in wanted.items():
        docs += [
            account(f"signers/{who}"),
            role(f"signers-{who}", change(), *((signer(name),) if name else ())),
            binding(f"signers-{who}", f"signers-{who}", f"sa:signers/{who}"),
        ]
    api_server.api.apply(*docs)
    try:
        snapshot = read(api_server)
        named = {each.subject for each in asked(snapshot, ONE).holders}
        path = f"/apis/{CERTIFICATES}/v1/certificatesigningrequests/signers-request"
        approved = api_server.api.get(path)
        approved["status"] = {
            "conditions": [{"type": "Approved", "status": "True", "reason": "Tests", "message": "tests"}]
        }
        for subject in ACCOUNTS:
            with Actor(api_server, subject) as actor:
                assert actor.may("PUT", f"{path}/approval", approved) is (subject in named), subject
        assert {each.name for each in named} == {"a", "c", "system:masters"}
    finally:
        api_server.api.delete(*docs)
