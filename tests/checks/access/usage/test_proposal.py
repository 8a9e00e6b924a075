"""What would have been enough: all that was used is still allowed, nothing new is, little else is left."""

from __future__ import annotations

import json
import shlex
from random import Random

import pytest
import yaml

from checks.access.engine import who_can
from checks.access.index import index
from checks.access.matching import Request
from checks.access.subjects import user
from checks.access.usage.applying import applied, checked
from checks.access.usage.documents import bindings, commands, documents, patch, text
from checks.access.usage.proposal import Proposal, proposal
from checks.cluster.snapshot import Snapshot
from checks.model import Subject
from tests.checks.access.rbac_objects import Doc, binding, cluster, role, rule
from tests.checks.access.usage.logs import SHOP, policy, used
from tests.checks.access.worlds import UNIVERSE, Identity, a_request, a_world, filled
from tests.harness.fixture_snapshot import snapshot_of

ACCOUNT = Subject("ServiceAccount", "shop", "web")
READER = role("reader", rule("get list watch", "core", "pods configmaps secrets"))


def proposed(*docs: Doc, subject: Subject = ACCOUNT) -> Proposal:
    """The proposal for the account, which holds what it should."""
    snapshot = cluster(*docs)
    found = proposal(snapshot, subject)
    assert found is not None
    assert found.withheld or checked(snapshot, [found]).good
    return found


def rules_of(made: Proposal) -> dict[str, list[Doc]]:
    """The new roles' rules by where they are."""
    docs = [each for each in documents(made) if "rules" in each]
    return {each["metadata"].get("namespace", "everywhere"): each["rules"] for each in docs}


def test_what_was_used_is_a_role_where_it_was_used() -> None:
    made = proposed(
        binding("b", "reader", "sa:web/shop"),
        READER,
        used("get configmaps web settings", "list pods ci", "get pods ci p1"),
    )
    assert rules_of(made) == {
        "web": [rule("get", "core", "configmaps", names="settings")],
        "ci": [rule("get list", "core", "pods")],
    }
    assert list(commands(made)) == ["kubectl delete clusterrolebinding b"]


def test_a_binding_of_which_nothing_was_used_is_dropped_and_the_others_stay() -> None:
    made = proposed(
        binding("used", "pods", "sa:web/shop", namespace="web", kind="ClusterRole"),
        role("pods", rule("get list watch", "core", "pods")),
        binding("idle", "reader", "sa:web/shop", "user:alice", namespace="ci", kind="ClusterRole"),
        READER,
        used("list pods web"),
    )
    assert [each.ref.name for each in made.drop] == ["idle"]
    assert documents(made) == ()
    (command,) = commands(made)
    assert command.startswith("kubectl patch rolebinding idle -n ci --type=json -p ")
    assert json.loads(shlex.split(command)[-1]) == [
        {"op": "test", "path": "/subjects/0/kind", "value": "ServiceAccount"},
        {"op": "test", "path": "/subjects/0/name", "value": "shop"},
        {"op": "test", "path": "/subjects/0/namespace", "value": "web"},
        {"op": "remove", "path": "/subjects/0"},
    ]


def test_who_is_in_a_binding_by_two_names_is_taken_out_of_both() -> None:
    made = proposed(
        binding("b", "reader", f"user:{SHOP}", "user:alice", "sa:web/shop"), READER, used("list pods web")
    )
    steps = patch(made, made.drop[0])
    assert [each["path"] for each in steps if each["op"] == "remove"] == ["/subjects/2", "/subjects/0"]


def test_of_a_binding_that_several_leave_no_one_comes_back() -> None:
    snapshot = cluster(
        binding("two", "reader", "sa:web/shop", "user:alice"),
        binding("three", "reader", "sa:web/shop", "user:alice", "group:sre"),
        READER,
        used("get pods web x"),
        used("get pods web x", by="bob", groups=("sre",)),
        used("get secrets web x", by="bob", groups=("sre",)),
    )
    made = [each for who in (ACCOUNT, Subject("User", "alice")) if (each := proposal(snapshot, who))]
    written = bindings(made, "for both")
    assert written.startswith("# for both\n# Then: kubectl delete clusterrolebinding two\n")
    (kept,) = yaml.safe_load_all(written)
    assert kept["metadata"]["name"] == "three"
    assert [each["name"] for each in kept["subjects"]] == ["sre"]


def test_names_cannot_become_commands() -> None:
    made = proposed(binding("a; rm -rf $(x)\nb", "reader", "sa:web/shop"), READER, used())
    (command,) = commands(made)
    assert shlex.split(command) == ["kubectl", "delete", "clusterrolebinding", "a; rm -rf $(x)\nb"]
    assert all(line.startswith("# ") for line in text(made).splitlines())


def test_nothing_is_proposed_where_all_was_used() -> None:
    docs = (
        binding("b", "one", "sa:web/shop", namespace="web", kind="ClusterRole"),
        role("one", rule("get", "core", "pods")),
    )
    assert proposal(cluster(*docs, used("get pods web x")), ACCOUNT) is None
    assert proposal(cluster(*docs), ACCOUNT) is None


@pytest.mark.parametrize(
    ("uses", "where"),
    [
        (("list pods -", "get pods web x"), {"everywhere": [rule("get list", "core", "pods")]}),
        (
            tuple(f"list pods n{number}" for number in range(6)),
            {"everywhere": [rule("list", "core", "pods")]},
        ),
        (
            tuple(f"get secrets web s{number}" for number in range(6)),
            {"web": [rule("get", "core", "secrets")]},
        ),
        (("get secrets web several*",), {"web": [rule("get", "core", "secrets")]}),
        (("list secrets web", "get secrets web x"), {"web": [rule("get list", "core", "secrets")]}),
    ],
    ids=["listed everywhere", "many namespaces", "many names", "names folded", "listed with names"],
)
def test_what_makes_no_difference_is_not_kept_apart(
    uses: tuple[str, ...], where: dict[str, list[Doc]]
) -> None:
    made = proposed(binding("b", "all", "sa:web/shop"), role("all", rule("*", "*", "*")), used(*uses))
    assert rules_of(made) == where


def test_what_is_held_by_name_stays_so() -> None:
    made = proposed(
        binding("b", "some", "sa:web/shop"),
        role("some", rule("get delete", "core", "secrets", names="a b c d e f g")),
        used(*(f"get secrets web {name}" for name in "abcdef")),
    )
    assert rules_of(made) == {"web": [rule("get", "core", "secrets", names="a b c d e f")]}


def test_what_the_account_has_by_a_group_needs_no_role_of_its_own() -> None:
    made = proposed(
        binding("all", "reader", "group:system:serviceaccounts:web"),
        binding("own", "reader", "sa:web/shop"),
        READER,
        used("get secrets web s"),
    )
    assert not made.roles
    assert list(commands(made)) == ["kubectl delete clusterrolebinding own"]


def test_what_the_audit_policy_does_not_record_is_kept() -> None:
    quiet = {"level": "None", "resources": [{"group": "", "resources": ["secrets"]}], "verbs": ["get"]}
    made = proposed(binding("b", "reader", "sa:web/shop"), READER, used("list pods web"), policy(quiet))
    assert rules_of(made) == {
        "everywhere": [rule("get", "core", "secrets")],
        "web": [rule("list", "core", "pods")],
    }


def test_what_is_not_recorded_in_one_namespace_is_kept_there() -> None:
    made = proposed(
        binding("b", "reader", "sa:web/shop"),
        READER,
        used("get secrets web s", "list pods web"),
        policy({"level": "None", "namespaces": ["kube-system"]}),
    )
    kept = [rule("get list watch", "core", "configmaps pods secrets")]
    assert rules_of(made)["kube-system"] == kept


def test_of_a_star_what_is_not_recorded_is_kept() -> None:
    reads = {"level": "None", "verbs": ["get", "list", "watch"]}
    made = proposed(
        binding("b", "all", "sa:web/shop"),
        role("all", rule("*", "*", "*")),
        used("create pods web"),
        policy(reads),
    )
    assert rules_of(made) == {
        "everywhere": [rule("get list watch", "*", "*")],
        "web": [rule("create", "core", "pods")],
    }


def test_whoever_hands_out_rights_gets_no_proposal() -> None:
    made = proposed(
        binding("b", "all", "sa:web/shop"),
        role("all", rule("*", "*", "*")),
        used("create rolebindings.rbac.authorization.k8s.io web"),
    )
    assert "hands out rights" in made.withheld
    assert not documents(made)


def test_a_right_that_is_asked_for_beside_a_request_is_kept() -> None:
    made = proposed(
        binding("b", "all", "sa:web/shop"),
        role("all", rule("*", "*", "*")),
        used("update certificatesigningrequests.certificates.k8s.io/approval - csr-1"),
    )
    (found,) = rules_of(made).values()
    assert {"verbs": ["approve"], "apiGroups": ["certificates.k8s.io"], "resources": ["signers"]} in found


def test_uses_beyond_what_is_kept_end_in_no_proposal() -> None:
    log = used("list pods web")
    log["actors"][0]["beyond"] = 12
    made = proposed(binding("b", "reader", "sa:web/shop"), READER, log)
    assert made.withheld.startswith("12 of its requests")


def test_a_name_that_is_taken_is_not_overwritten() -> None:
    made = proposed(
        binding("b", "reader", "sa:web/shop", namespace="web", kind="ClusterRole"),
        READER,
        role("sa:web:shop:used", namespace="web"),
        used("get pods web x"),
    )
    assert [each.metadata.name for each in made.roles] == ["sa:web:shop:used-2"]


def test_subjects_with_odd_names_get_names_of_their_own() -> None:
    names = []
    for name in ("a/b", "a%b", "a-b"):
        docs = (binding("b", "reader", f"user:{name}"), READER, used("get pods web x", by=name))
        made = proposed(*docs, subject=Subject("User", name))
        names += [each.metadata.name for each in made.roles]
    assert len(set(names)) == 3
    assert not any("/" in each or "%" in each for each in names)


def test_as_a_file() -> None:
    made = proposed(binding("b", "reader", "sa:web/shop"), READER, used("get pods web x"))
    written = text(made, "used in 30 days")
    assert written.startswith("# used in 30 days\n# Then: kubectl delete clusterrolebinding b\n")
    assert list(yaml.safe_load_all(written)) == list(documents(made))


def _log_of(identity: Identity, requests: list[Request]) -> Doc:
    doc = used(by=identity.user, metadata={"name": f"{identity.user} {identity.groups}"})
    doc["actors"] = [{"user": identity.user, "groups": list(identity.groups)}]
    doc["uses"] = [
        {
            "verb": each.verb,
            "group": each.group,
            "resource": each.resource,
            "subresource": each.subresource,
            "namespace": each.namespace or "",
            "name": each.name or "",
            "path": each.path,
            "count": 1,
        }
        for each in requests
    ]
    return doc


def _world(seed: int) -> tuple[Snapshot, list[tuple[Identity, Request]]]:
    """A world of roles and bindings in which everybody did some of what they may."""
    random = Random(seed)
    docs = [each for each in filled(a_world(random)) if each["kind"] != "Namespace"]
    before = snapshot_of(*docs)
    questions = [a_request(random) for _ in range(60)]
    did = [
        (who, each)
        for who in UNIVERSE
        for each in questions
        if random.random() < 0.3 and who_can(before, each).allowed(who.user, who.groups)
    ]
    logs = [
        _log_of(who, [request for doer, request in did if doer == who])
        for who in dict.fromkeys(doer for doer, _ in did)
    ]
    quiet = {"level": "None", "verbs": ["watch"], "resources": [{"group": "", "resources": ["pods"]}]}
    return snapshot_of(*docs, *logs, *([policy(quiet)] if seed % 2 else [])), did


@pytest.mark.parametrize("seed", range(25))
def test_all_proposals_together_refuse_nothing_that_was_used_and_give_nothing_new(seed: int) -> None:
    snapshot, did = _world(seed)
    found = [each for subject in index(snapshot).by_subject if (each := proposal(snapshot, subject))]
    made = [each for each in found if not each.withheld]
    assert made
    assert checked(snapshot, made).good
    after = applied(snapshot, made)
    for who, request in did:
        assert who_can(after, request).allowed(who.user, who.groups), (who, request)
    for each in made:
        assert checked(snapshot, [each]).good, each.subject


def test_with_proposals_most_of_what_was_not_used_is_refused() -> None:
    """Measured by questions that the worlds were not made for, over all who have a proposal."""
    before = after = 0
    for seed in range(0, 12, 2):
        snapshot, _ = _world(seed)
        found = [each for subject in index(snapshot).by_subject if (each := proposal(snapshot, subject))]
        changed = applied(snapshot, [each for each in found if not each.withheld])
        for request in (a_request(Random(number)) for number in range(200)):
            was, now = (who_can(each, request).holders for each in (snapshot, changed))
            held = {each.subject for each in found if not each.withheld}
            before += sum(each.subject in held for each in was)
            after += sum(each.subject in held for each in now)
    assert after < before / 3, (before, after)


def test_the_account_of_the_log_is_the_one_that_bindings_name() -> None:
    assert user(SHOP) == ACCOUNT
