"""What becomes of each command for whoever asks: allowed, narrowed or refused, as the table has it."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from msgspec.structs import replace

from bot.commands.access_changes import AccessChanges
from bot.commands.audit import ShowAudit
from bot.commands.blast_radius import BlastRadius
from bot.commands.can import CanDo
from bot.commands.drift import ShowDrift
from bot.commands.encrypted import IsEncrypted
from bot.commands.escalate import Escalate
from bot.commands.explain import Explain, Fix
from bot.commands.export import Export
from bot.commands.exposed import IsExposed
from bot.commands.help import ShowHelp
from bot.commands.lists import ListFailing
from bot.commands.matrix import ShowMatrix
from bot.commands.reach import CanReach
from bot.commands.report import MakeReport
from bot.commands.review import Review
from bot.commands.scan import RunScan
from bot.commands.schedule import ShowSchedule
from bot.commands.schedule_made import AddSchedule, RemoveSchedule
from bot.commands.status import ShowStatus
from bot.commands.what_if import WhatIf
from bot.commands.who_can import WhoCan
from bot.commands.who_has import WhoHas
from bot.grammar import WORDS, Command
from bot.rights.decide import Decision, Kept, Outcome, decide
from bot.rights.narrowing import RULES, sensitive
from bot.rights.roles import ANY, Asker, Held, Rights, Role, Standing
from bot.rights.words import may, role_of
from tests.bot.rights.rights import CLUSTERS, asker, bound, commands, held, rights

VIEWER = bound(Role.VIEWER, "payments")
OPERATOR = bound(Role.OPERATOR, "payments")
BOUND = "Your role viewer in production is bound to the namespace payments"
EVERYWHERE = asker(Held(Role.ADMIN))


def of(decision: Decision) -> tuple[str, ...]:
    """The commands that are carried out, as they are written."""
    return tuple(each.canonical for each in decision.commands)


def test_no_command_is_forgotten() -> None:
    assert set(RULES) == set(get_args(Command))


class Forgotten(ShowStatus, frozen=True, tag=True):
    """A command that the table does not have."""


def test_a_forgotten_command_takes_all_rights_and_is_sensitive() -> None:
    assert decide(asker(Held(Role.OPERATOR)), Forgotten(), CLUSTERS).outcome is Outcome.REFUSED
    assert decide(EVERYWHERE, Forgotten(), CLUSTERS).outcome is Outcome.ALLOWED
    assert sensitive(Forgotten())


@pytest.mark.parametrize(
    ("command", "carried_out"),
    [
        (WhoCan(("get",), "secrets"), ("who-can get secrets namespace=payments",)),
        (WhoCan(("get",), "secrets", "", "payments"), ("who-can get secrets namespace=payments",)),
        (WhoCan(("get",), "secrets", "", "kube-system"), ()),
        (WhoCan(("get",), "/metrics"), ()),
        (WhoCan(("delete",), "nodes"), ()),
        (WhoCan(("get",), "secrets,clusterroles.rbac.authorization.k8s.io"), ()),
        (WhoHas(), ("who-has cluster-admin namespace=payments",)),
        (WhoHas(role="payments/deployer"), ("who-has payments/deployer namespace=payments",)),
        (WhoHas(role="web/deployer"), ()),
        (Review(), ("review namespace=payments",)),
        (Review("web"), ()),
        (CanDo("sa:payments/api"), ("can sa:payments/api",)),
        (CanDo("sa:payments/api", namespace="web"), ()),
        (CanDo("user:alice"), ("can user:alice namespace=payments",)),
        (CanDo("user:alice", ("get",), "pods", why=True), ("why user:alice get pods namespace=payments",)),
        (CanDo("user:alice", ("get",), "/metrics"), ()),
        (Escalate(), ()),
        (Escalate("user:alice"), ()),
        (Escalate("sa:ci/deployer"), ()),
        (Escalate("sa:payments/api"), ("escalate sa:payments/api",)),
        (BlastRadius("payments/api-0"), ("blast-radius payments/api-0",)),
        (BlastRadius("web/api-0"), ()),
        (CanReach(), ()),
        (CanReach("any", "payments/api"), ("reach any payments/api",)),
        (CanReach("web/front", "payments/api"), ("reach web/front payments/api",)),
        (CanReach("web/front", "internet"), ()),
        (CanReach("any", "api"), ()),
        (ShowMatrix(), ("matrix payments",)),
        (ShowMatrix("payments"), ("matrix payments",)),
        (ShowMatrix("web"), ()),
        (WhatIf("payments"), ("what-if payments restricted",)),
        (WhatIf("web"), ()),
        (IsEncrypted("secrets"), ()),
        (AccessChanges(), ()),
        (IsExposed("payments/api"), ("exposed payments/api",)),
        (IsExposed("api"), ()),
        (ListFailing("privileged"), ("list privileged namespace=payments",)),
        (ListFailing("privileged", "web"), ()),
        (Explain("pod-privileged"), ("explain pod-privileged namespace=payments",)),
        (Fix("pod-privileged", "payments/api"), ("fix pod-privileged payments/api namespace=payments",)),
        (ShowDrift(), ()),
        (Export(), ()),
        (Export(question="list privileged"), ("export 'of=list privileged namespace=payments' as=csv",)),
        (Export(question="escalate"), ()),
        (Export(question="export production"), ()),
        (ShowSchedule(), ("schedule",)),
        (AddSchedule("weekly", "@daily"), ()),
        (RemoveSchedule("weekly"), ()),
        (RunScan(), ()),
        (MakeReport(), ()),
        (ShowStatus(), ("status",)),
        (ShowAudit(), ()),
        (ShowHelp(), ("help",)),
    ],
    ids=lambda each: each.canonical if hasattr(each, "canonical") else "",
)
def test_a_viewer_of_one_namespace(command: Any, carried_out: tuple[str, ...]) -> None:
    decision = decide(VIEWER, command, CLUSTERS)
    assert of(decision) == carried_out
    unchanged = decision.commands == (command,)
    wanted = Outcome.REFUSED if not carried_out else Outcome.ALLOWED if unchanged else Outcome.NARROWED
    assert decision.outcome is wanted
    assert bool(decision.why) == (decision.outcome is not Outcome.ALLOWED)
    assert decide(EVERYWHERE, command, CLUSTERS).commands == (command,)


def test_what_is_left_out_is_said() -> None:
    decision = decide(VIEWER, WhoCan(("get",), "secrets"), CLUSTERS)
    assert decision.why == (
        "This is of the namespace payments alone: your role viewer in production is bound to that."
    )


@pytest.mark.parametrize(
    ("who", "command", "why"),
    [
        (asker(), WhoHas("production"), "This takes the role viewer in production; you have none."),
        (asker(), ShowStatus(), "This takes the role viewer; you have none."),
        (VIEWER, RunScan("staging"), "This takes the role operator in staging; yours is viewer."),
        (VIEWER, ShowAudit(), "This takes the role admin; yours is viewer."),
        (
            bound(Role.ADMIN, "payments"),
            ShowAudit(),
            "Your role admin is bound to some clusters or namespaces.",
        ),
        (
            VIEWER,
            WhoCan(("get",), "/metrics"),
            f"{BOUND}, and /metrics is outside of namespaces.",
        ),
        (
            VIEWER,
            ShowMatrix("web"),
            f"{BOUND}, and web is not among them.",
        ),
        (
            Asker("U0", Rights((Held(Role.ADMIN),)), standing=Standing.GUEST),
            ShowHelp(),
            "I answer full members of this workspace only; you are a guest.",
        ),
    ],
)
def test_a_refusal_says_what_is_missing(who: Asker, command: Any, why: str) -> None:
    decision = decide(who, command, CLUSTERS)
    assert (decision.outcome, decision.why) == (Outcome.REFUSED, why)
    assert decision.missing is RULES[type(command)].role


@pytest.mark.parametrize("standing", [each for each in Standing if each is not Standing.MEMBER])
def test_rule_44_nobody_but_full_members_is_answered(standing: Standing) -> None:
    everything = Asker("U0", Rights((Held(Role.ADMIN),)), standing=standing)
    assert all(
        decide(everything, command, CLUSTERS).outcome is Outcome.REFUSED
        for command in (ShowHelp(), ShowStatus(), WhoHas(), RunScan())
    )


def test_several_namespaces_are_asked_one_by_one_and_too_many_not_at_all() -> None:
    two = decide(bound(Role.VIEWER, "web", "payments"), WhoHas(role="view"), CLUSTERS)
    assert of(two) == ("who-has view namespace=payments", "who-has view namespace=web")
    many = decide(bound(Role.VIEWER, *(f"n{number}" for number in range(6))), WhoHas(), CLUSTERS)
    assert many.outcome is Outcome.REFUSED
    assert "it would be put to 6 namespaces: name one of them" in many.why


def test_a_scan_is_of_the_namespaces_they_have() -> None:
    assert of(decide(OPERATOR, RunScan(), CLUSTERS)) == ("scan namespace=payments",)
    both = RunScan(namespaces=("payments", "web"))
    assert of(decide(OPERATOR, both, CLUSTERS)) == ("scan namespace=payments",)
    assert decide(OPERATOR, RunScan(namespaces=("web",)), CLUSTERS).outcome is Outcome.REFUSED
    assert of(decide(OPERATOR, MakeReport(), CLUSTERS)) == ("report namespace=payments",)


@pytest.mark.parametrize(
    ("kept", "outcome"),
    [
        (Kept("production", ("payments",)), Outcome.ALLOWED),
        (Kept("production", ("payments", "web")), Outcome.REFUSED),
        (Kept("production"), Outcome.REFUSED),
        (Kept("elsewhere", ("payments",)), Outcome.REFUSED),
        (None, Outcome.REFUSED),
    ],
)
def test_the_report_of_a_kept_run_shows_what_the_run_is_of(kept: Kept | None, outcome: Outcome) -> None:
    of_production = bound(Role.OPERATOR, "payments", clusters=frozenset({"production"}))
    assert decide(of_production, MakeReport(run="r-1"), CLUSTERS, kept).outcome is outcome
    assert decide(EVERYWHERE, MakeReport(run="r-1"), CLUSTERS, kept).outcome is Outcome.ALLOWED


def test_where_no_cluster_is_named_it_is_the_first_that_they_may_see() -> None:
    of_staging = bound(Role.VIEWER, ANY, clusters=frozenset({"staging"}))
    decision = decide(of_staging, WhoHas(), CLUSTERS)
    assert of(decision) == ("who-has cluster-admin staging",)
    assert decision.clusters == ("staging",)
    assert decide(of_staging, ShowStatus(), CLUSTERS).clusters == ("staging",)
    assert decide(of_staging, WhoHas("production"), CLUSTERS).outcome is Outcome.REFUSED


def test_a_namespace_that_is_a_cluster_is_decided_on_as_that_cluster() -> None:
    """“who has cluster-admin in staging” is understood as of a namespace first."""
    of_both = Asker(
        "U0",
        Rights(
            (
                Held(Role.VIEWER, frozenset({"production"}), frozenset({"payments"})),
                Held(Role.VIEWER, frozenset({"staging"}), frozenset({"web"})),
            )
        ),
    )
    decision = decide(of_both, WhoHas(namespace="staging"), CLUSTERS)
    assert of(decision) == ("who-has cluster-admin staging namespace=web",)
    only = bound(Role.VIEWER, "payments", clusters=frozenset({"production"}))
    assert decide(only, WhoHas(namespace="staging"), CLUSTERS).why == (
        "This takes the role viewer in staging; you have none."
    )


def test_no_cluster_at_all_is_for_the_command_to_say() -> None:
    assert decide(VIEWER, WhoHas(), ()).outcome is Outcome.ALLOWED
    assert decide(asker(), WhoHas(), ()).outcome is Outcome.REFUSED


@given(rights, commands)
def test_narrowing_never_widens(granted: Rights, command: Any) -> None:
    """What is carried out, each by itself, is allowed as it stands, on the cluster that was asked about."""
    decision = decide(Asker("U0", granted), command, CLUSTERS)
    assert bool(decision.commands) == (decision.outcome is not Outcome.REFUSED)
    for each in decision.commands:
        again = decide(Asker("U0", granted), each, CLUSTERS)
        assert (again.outcome, again.commands) == (Outcome.ALLOWED, (each,))
        if RULES[type(command)].of_cluster and (cluster := each.cluster or CLUSTERS[0]) in CLUSTERS:
            assert cluster in decision.clusters
            role = RULES[type(command)].role
            assert role is not None
            spaces = granted.namespaces(role, cluster)
            assert spaces == decision.namespaces
            named = {getattr(each, "namespace", ""), *getattr(each, "namespaces", ())} - {""}
            assert ANY in spaces or named <= spaces


@given(rights, held, commands)
def test_another_grant_never_takes_anything_away(granted: Rights, more: Held, command: Any) -> None:
    before = decide(Asker("U0", granted), command, CLUSTERS)
    after = decide(Asker("U0", Rights((*granted.held, more))), command, CLUSTERS)
    names_no_cluster = getattr(command, "cluster", "") is None  # then another may become the first they see
    if before.outcome is Outcome.ALLOWED and not names_no_cluster:
        assert after.commands == (command,)


@given(rights, commands)
def test_a_higher_role_may_do_all_that_a_lower_one_may(granted: Rights, command: Any) -> None:
    raised = Rights(tuple(replace(each, role=Role.ADMIN) for each in granted.held))
    before = decide(Asker("U0", granted), command, CLUSTERS)
    after = decide(Asker("U0", raised), command, CLUSTERS)
    if before.outcome is not Outcome.REFUSED:
        assert after.outcome is not Outcome.REFUSED


def test_the_roles_are_in_order() -> None:
    order = [Role.VIEWER, Role.OPERATOR, Role.APPROVER, Role.ADMIN]
    assert [[each.reaches(other) for other in order].count(True) for each in order] == [1, 2, 3, 4]


def test_every_word_is_offered_to_whoever_may_say_it() -> None:
    def said(role: Role | None) -> set[str]:
        granted = Rights((Held(role, frozenset({"staging"})),) if role else ())
        return {word.name for word in WORDS if may(granted, word)}

    everything = {word.name for word in WORDS}
    assert said(None) == {"help"}
    assert everything - said(Role.VIEWER) == {*("scan", "report", "audit", "schedule-add", "schedule-remove")}
    assert everything - said(Role.OPERATOR) == everything - said(Role.APPROVER) == {"audit"}
    assert said(Role.ADMIN) == everything


def test_the_examples_of_a_word_take_one_role() -> None:
    assert [word.name for word in WORDS if len({role_of(each) for each in word.examples}) > 1] == []
