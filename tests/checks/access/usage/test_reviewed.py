"""What is too much, where log and roles disagree, and what a review of both comes to."""

from __future__ import annotations

from datetime import timedelta

import pytest

from checks.access.usage import reviewed as reviewed_module
from checks.access.usage.agreement import Why, disagreements
from checks.access.usage.applying import Checked
from checks.access.usage.proposal import Proposal
from checks.access.usage.record import record
from checks.access.usage.reviewed import Reviewed, reviewed
from checks.access.usage.rights import reviewers
from checks.cluster.snapshot import Snapshot
from tests.checks.access.rbac_objects import Doc, binding, cluster, role, rule
from tests.checks.access.usage.logs import policy, used

READER = role("reader", rule("get list watch", "core", "pods secrets"))
SPACED = binding("b", "reader", "sa:web/shop", namespace="web", kind="ClusterRole")


def of(*docs: Doc) -> Reviewed:
    found = reviewed(cluster(*docs))
    assert found is not None
    return found


def too_much(*docs: Doc) -> list[str]:
    return [one.what for each in of(*docs).given for one in each.excess]


@pytest.mark.parametrize(
    ("held", "did", "said"),
    [
        (rule("get list watch", "core", "pods"), "get pods web x", []),
        (rule("get list create delete", "core", "pods"), "get pods web x", ["write pods"]),
        (rule("get", "core", "pods secrets"), "get pods web x", ["read secrets"]),
        (rule("get bind", "policy", "roles"), "get roles.policy web r", ["bind roles.policy"]),
        (rule("*", "*", "*"), "get pods web x", ["do anything to everything (used in part)"]),
        (rule("get", "core", "*"), "get pods web x", ["read * (used in part)"]),
        (rule("get", "core", "pods"), "list secrets web", ["all that RoleBinding web/b gives"]),
    ],
)
def test_what_is_too_much(held: Doc, did: str, said: list[str]) -> None:
    assert too_much(SPACED, role("reader", held), used(did)) == said


@pytest.mark.parametrize(
    ("uses", "said"),
    [
        (("get pods web x",), ["in namespaces other than web"]),
        (("list pods -", "get pods web x"), []),
        (tuple(f"get pods n{number} x" for number in range(6)), []),
        (("get namespaces web web",), []),
    ],
)
def test_rights_in_the_whole_cluster(uses: tuple[str, ...], said: list[str]) -> None:
    docs = (
        binding("b", "reader", "sa:web/shop"),
        role("reader", rule("get list", "core", "pods namespaces")),
    )
    found = [each for each in too_much(*docs, used(*uses)) if "namespaces other" in each]
    assert found == said


def test_service_accounts_come_first_and_what_kubernetes_grants_is_left_out() -> None:
    docs = (
        binding("a", "reader", "user:alice", "group:sre", "sa:web/shop"),
        READER,
        binding(
            "system:discovery",
            "system:discovery",
            "group:system:authenticated",
            labels={"kubernetes.io/bootstrapping": "rbac-defaults"},
        ),
        role("system:discovery", rule("get", urls="/api")),
    )
    found = of(*docs, used())
    assert [str(each.subject) for each in found.given] == [
        "ServiceAccount web/shop",
        "User alice",
        "Group sre",
    ]
    assert [str(each.subject) for each in found.proposals] == [str(each.subject) for each in found.given]


def test_what_members_of_a_group_did_the_group_used() -> None:
    docs = (binding("a", "reader", "group:sre"), READER)
    found = of(*docs, used("get pods web x", by="alice", groups=("sre",)), used("list secrets web", by="bob"))
    ((given),) = found.given
    assert [str(each.request) for each in given.use.done] == ["get pods"]


def test_members_of_system_masters_need_no_right() -> None:
    docs = (binding("a", "reader", "group:sre"), READER)
    found = of(*docs, used("get pods web x", by="root", groups=("sre", "system:masters")))
    assert found.given[0].use.idle


def test_a_proposal_that_does_not_hold_is_withheld(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(snapshot: Snapshot, proposals: list[Proposal]) -> Checked:
        return Checked((), tuple(each.subject for each in proposals))

    monkeypatch.setattr(reviewed_module, "checked", refused)
    (made,) = of(SPACED, READER, used("get pods web x")).proposals
    assert made.withheld.startswith("With it something")
    assert not made.roles


def test_whether_the_policy_is_known_is_told() -> None:
    assert not of(SPACED, READER, used()).policy
    assert of(SPACED, READER, used(), policy()).policy


REASON = 'RBAC: allowed by RoleBinding "{}/web" of ClusterRole "reader" to ServiceAccount "shop/web"'


def _with_reason(did: str, reason: str) -> Doc:
    log = used(did)
    log["uses"][0]["reason"] = reason
    return log


@pytest.mark.parametrize(
    ("did", "reason", "why"),
    [
        ("get pods web x", REASON.format("b"), None),
        ("get pods web x", "", None),
        ("delete pods web x", REASON.format("b"), Why.CHANGED),
        ("get pods web x", REASON.format("idle"), Why.CHANGED),
        ("delete pods web x", REASON.format("gone"), Why.GONE),
        ("delete pods web x", "allowed by the webhook", Why.OTHER),
        ("delete pods web x", 'RBAC: allowed by RoleBinding "' + "a" * 300, Why.GONE),
    ],
)
def test_where_log_and_roles_do_not_agree(did: str, reason: str, why: Why | None) -> None:
    idle = binding("idle", "none", "sa:web/shop", namespace="web", kind="ClusterRole")
    found = disagreements(cluster(SPACED, READER, idle, role("none"), _with_reason(did, reason)))
    assert [each.why for each in found] == ([why] if why else [])


def test_what_was_only_implied_or_done_by_masters_is_no_disagreement() -> None:
    log = used("delete pods web x")
    log["uses"][0]["implied"] = True
    masters = used("delete pods web x", by="root", groups=("system:masters",))
    assert not disagreements(cluster(READER, SPACED, log, masters))


def test_who_asks_about_others_is_named_but_for_kubelets() -> None:
    asks = "create subjectaccessreviews.authorization.k8s.io"
    known = record(cluster(used(asks), used(asks, by="system:node:n", groups=("system:nodes",))))
    assert known is not None
    assert reviewers(known) == ("system:serviceaccount:web:shop",)


@pytest.mark.parametrize(
    ("hours", "long_enough", "said"),
    [(168, True, "7 days of the audit log"), (167, False, "6 days"), (3, False, "3 h of the audit log")],
)
def test_how_long_a_log_is(hours: int, long_enough: bool, said: str) -> None:
    known = record(cluster(used(hours=hours)))
    assert known is not None
    assert known.long_enough is long_enough
    assert known.period.startswith(said)
    assert known.covered == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("made", "young"),
    [
        (None, False),
        ("2020-01-01T00:00:00Z", False),
        ("2026-10-10T00:00:00Z", False),
        ("2026-10-28T00:00:00Z", True),
        ("2027-01-01T00:00:00Z", True),
        ("whenever", False),
    ],
)
def test_what_was_granted_shortly_before_the_end_is_not_judged(made: str | None, young: bool) -> None:
    known = record(cluster(used()))
    assert known is not None
    assert known.young(made) is young


@pytest.mark.parametrize("wrong", [{"hours": 10**18}, {"hours": -5}, {"begins": "?", "ends": ""}])
def test_a_summary_that_makes_no_sense_ends_in_an_answer(wrong: Doc) -> None:
    assert of(SPACED, READER, used("get pods web x", **wrong)).record.period


def test_logs_of_several_files_are_one() -> None:
    known = record(cluster(used("get pods web x"), used("get pods web x", by="alice", hours=24)))
    assert known is not None
    assert len(known.actors) == 2
    assert known.covered == timedelta(hours=721)


def test_a_use_of_nobody_is_left_out() -> None:
    log = used("get pods web x")
    log["uses"][0]["actor"] = 7
    known = record(cluster(log))
    assert known is not None
    assert known.done == ((),)
