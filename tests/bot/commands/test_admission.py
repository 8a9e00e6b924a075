"""Every command is decided on and written down, and what is answered stays within what its asker may see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.answer import Answer, Tone
from bot.commands.admission import withheld
from bot.commands.desk import Desk
from bot.commands.perform import perform
from bot.grammar import understand
from bot.rights.roles import EVERYWHERE, Asker, Held, Rights, Role, Standing
from checks.cluster import objects as o
from checks.cluster.source import Sample, take_snapshot
from reports.history.errors import DiskFull
from tests.bot.commands.desks import Clock, desk_in

PAYMENTS = Held(Role.VIEWER, EVERYWHERE, frozenset({"payments"}))
OF_PAYMENTS = Asker("U0ERIN", Rights((PAYMENTS,)), "C0OPS")
OPERATOR = Asker("U0OSCAR", Rights((Held(Role.OPERATOR),)))
ADMIN = Asker("U0ADMIN", Rights((Held(Role.ADMIN),)))


def say(desk: Desk, text: str, asker: Asker) -> Answer:
    return perform(desk, understand(text), asker=asker)


def everything(answer: Answer) -> str:
    cells = (cell for table in answer.tables for row in table.rows for cell in row)
    facts = (str(each) for each in answer.evidence)
    return " ".join((answer.verdict, *answer.notes, *answer.caveats, *cells, *facts))


def test_who_can_read_secrets_is_answered_for_payments_and_said_to_be(desk: Desk) -> None:
    answer = say(desk, "who can read secrets", OF_PAYMENTS)
    assert answer.command == "who-can read secrets namespace=payments"
    assert answer.verdict.endswith(
        "This is of the namespace payments alone: your role viewer in harbour is bound to that."
    )
    whole = say(desk, "who can read secrets in payments", ADMIN)
    assert answer.tables == whole.tables
    assert len(say(desk, "who can read secrets", ADMIN).tables[0].rows) > len(answer.tables[0].rows)


def test_no_binding_of_another_namespace_is_shown(desk: Desk) -> None:
    snapshot = take_snapshot(Sample(), progress=lambda *_: None)
    elsewhere = {
        f"RoleBinding {each.metadata.namespace}/{each.metadata.name}"
        for each in snapshot.all(o.RoleBinding)
        if each.metadata.namespace != "payments"
    }
    assert elsewhere
    for question in ("who can read secrets", "who has cluster-admin", "what can user:alice do"):
        said = everything(say(desk, question, OF_PAYMENTS))
        assert [name for name in elsewhere if name in said] == []


def test_two_namespaces_are_one_answer(desk: Desk) -> None:
    two = Asker("U0", Rights((Held(Role.VIEWER, EVERYWHERE, frozenset({"payments", "web"})),)))
    answer = say(desk, "who can read secrets", two)
    assert answer.command == "who-can read secrets"
    assert answer.asked == (
        "who-can read secrets namespace=payments",
        "who-can read secrets namespace=web",
    )
    assert answer.verdict.startswith("harbour: (1) ")
    assert " (2) " in answer.verdict
    assert [table.title.partition(" Who")[0] for table in answer.tables[:2]] == ["(1)", "(2)"]


def test_what_is_not_there_brings_no_names_from_elsewhere(desk: Desk) -> None:
    answer = say(desk, "blast-radius payments/nothing", OF_PAYMENTS)
    assert answer.tone is Tone.REFUSED
    assert answer.notes == ("Give its exact name; I suggest none from outside of your namespaces.",)


@pytest.mark.parametrize("text", ["escalate", "are secrets encrypted", "who gained access", "matrix web"])
def test_what_cannot_be_narrowed_is_refused(desk: Desk, text: str) -> None:
    answer = say(desk, text, OF_PAYMENTS)
    assert answer.tone is Tone.REFUSED
    assert answer.verdict.startswith("Your role viewer in harbour is bound to the namespace payments, and ")


def test_a_scan_by_an_operator_of_payments_has_results_of_payments_alone(desk: Desk) -> None:
    of_payments = Asker("U0", Rights((Held(Role.OPERATOR, EVERYWHERE, frozenset({"payments"})),)))
    answer = say(desk, "scan", of_payments)
    assert answer.run_id is not None
    results = desk.history.scan(answer.run_id).results
    whole = ("Cluster", "Namespace")
    places = {each.resource.namespace for each in results if each.resource.kind not in whole}
    assert places == {"payments"}
    assert desk.history.run(answer.run_id).requested_by == "U0"


def test_a_cluster_that_they_may_not_see_is_not_there(tmp_path: Path, clock: Clock) -> None:
    desk = desk_in(tmp_path, clock)
    only = Asker("U0", Rights((Held(Role.VIEWER, frozenset({"harbour"})),)))
    assert [row[0] for row in say(desk, "status", only).tables[0].rows] == ["harbour"]
    assert say(desk, "who has cluster-admin in lost", only).verdict == (
        "This takes the role viewer in lost; you have none."
    )
    assert say(desk, "who-can get secrets cluster=nowhere", only).notes == ("Known: harbour.",)
    desk.history.close()


def test_a_question_that_turns_out_to_be_about_a_cluster_is_decided_on_again(
    tmp_path: Path, clock: Clock
) -> None:
    """“in lost” is taken for a namespace, and only the cluster's own namespaces show that it is none."""
    samples = [{"name": name, "sample": True} for name in ("harbour", "lost")]
    desk = desk_in(tmp_path, clock, clusters=samples)
    of_web = Held(Role.VIEWER, frozenset({"lost"}), frozenset({"web"}))
    both = Asker("U0", Rights((Held(Role.VIEWER, frozenset({"harbour"})), of_web)))
    answer = say(desk, "who can read secrets in lost", both)
    assert answer.command == "who-can read secrets namespace=web cluster=lost"
    assert "bound to that" in answer.verdict
    desk.history.close()


def test_help_lists_what_they_may_say(desk: Desk) -> None:
    def words(asker: Asker) -> set[str]:
        return {row[0].split()[0] for row in say(desk, "help", asker).tables[0].rows}

    assert words(ADMIN) - words(OPERATOR) == {"audit"}
    assert words(OPERATOR) - words(OF_PAYMENTS) == {"scan", "report", "schedule-add", "schedule-remove"}
    assert words(Asker("U0")) == {"help"}


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ((), "You have no role."),
        ((Held(Role.OPERATOR), Held(Role.OPERATOR)), "You are operator everywhere."),
        ((PAYMENTS,), "You are viewer in every cluster, the namespace payments alone."),
        (
            (Held(Role.VIEWER), Held(Role.ADMIN, frozenset({"harbour"}), frozenset({"web", "shop"}))),
            "You are viewer everywhere; admin in harbour, the namespaces shop, web alone.",
        ),
    ],
)
def test_help_says_what_its_asker_is(desk: Desk, held: tuple[Held, ...], said: str) -> None:
    assert say(desk, "help", Asker("U0", Rights(held))).notes == (said,)


def test_each_command_is_written_down_with_what_was_decided_and_what_came_of_it(desk: Desk) -> None:
    say(desk, "scan", OPERATOR)
    say(desk, "who can read secrets", OF_PAYMENTS)
    say(desk, "scan", OF_PAYMENTS)
    say(desk, "what is the meaning of life, xoxb-1234", OF_PAYMENTS)
    say(desk, "who has cluster-admin in lost", OPERATOR)
    log = desk.history.audit()
    assert [(each.asker, each.command, each.decision, each.role, each.result) for each in log] == [
        ("U0OSCAR", "who-has cluster-admin lost", "allowed", "operator", "failed"),
        ("U0ERIN", "help", "allowed", "viewer", "neutral"),
        ("U0ERIN", "scan", "refused", "viewer", "refused"),
        ("U0ERIN", "who-can read secrets", "narrowed", "viewer", "neutral"),
        ("U0OSCAR", "scan", "allowed", "operator", "bad"),
    ]
    assert log[-1].run == desk.history.runs()[0].id
    assert log[3].channel == "C0OPS"
    assert log[2].reason == "This takes the role operator; yours is viewer."
    assert all(each.milliseconds is not None for each in log)


def test_a_token_in_a_command_is_not_kept(desk: Desk) -> None:
    say(desk, "what can user:xoxb-1234-abcd do", ADMIN)
    (entry,) = desk.history.audit()
    assert entry.command == "can user:[redacted]"


def test_a_refusal_names_the_admins_and_a_stranger_is_told_of_nobody(tmp_path: Path, clock: Clock) -> None:
    grants = [{"role": "admin", "users": ["U0ADMIN"], "groups": ["S0ADMINS"]}]
    desk = desk_in(tmp_path, clock, rights={"grants": grants})
    assert say(desk, "scan", Asker("U0")).contacts == ("U0ADMIN", "S0ADMINS")
    assert say(desk, "scan", Asker("U0", standing=Standing.STRANGER)).contacts == ()
    assert [each.decision for each in desk.history.audit()] == ["refused", "refused"]
    desk.history.close()


def test_without_admins_it_says_where_roles_are_granted(desk: Desk) -> None:
    doubt = "Slack did not say who is in the user group S0: what it grants does not count just now."
    answer = say(desk, "scan", Asker("U0", doubts=(doubt,)))
    assert answer.notes == (doubt, "Roles are granted under `rights:` in Quarterdeck's settings.")


TWO = Asker("U0TWO", Rights((Held(Role.VIEWER, EVERYWHERE, frozenset({"payments", "web"})),)))


@pytest.mark.parametrize(
    ("asked_by", "said", "seen_by", "verdict"),
    [
        (ADMIN, "who can read secrets", ADMIN, None),
        (ADMIN, "who can read secrets", OF_PAYMENTS, "That answer says more than you may see"),
        (ADMIN, "who can read secrets in payments", OF_PAYMENTS, None),
        (ADMIN, "who can read secrets in web", OF_PAYMENTS, "Your role viewer in harbour is bound"),
        (OF_PAYMENTS, "who can read secrets", OF_PAYMENTS, None),
        (OF_PAYMENTS, "who can read secrets", TWO, None),
        (TWO, "who can read secrets", TWO, None),
        (TWO, "who can read secrets", OF_PAYMENTS, "Your role viewer in harbour is bound"),
        (ADMIN, "scan", Asker("U0", Rights((Held(Role.VIEWER),))), None),
        (ADMIN, "scan", OF_PAYMENTS, "That answer says more than you may see"),
        (ADMIN, "scan namespace=payments", OF_PAYMENTS, None),
        (ADMIN, "audit", OPERATOR, "This takes the role admin"),
        (ADMIN, "help", Asker("U0"), None),
    ],
)
def test_a_kept_answer_is_shown_to_whoever_may_see_all_of_it(
    desk: Desk, asked_by: Asker, said: str, seen_by: Asker, verdict: str | None
) -> None:
    kept = say(desk, said, asked_by)
    entries = len(desk.history.audit())
    refused = withheld(desk, kept, seen_by)
    assert (refused is None) == (verdict is None)
    if refused is not None and verdict is not None:
        assert refused.verdict.startswith(verdict)
        assert desk.history.audit()[0].decision == "refused"
    assert len(desk.history.audit()) == entries + (verdict is not None)


def test_a_kept_answer_to_what_is_not_understood_any_more_is_shown_to_nobody(desk: Desk) -> None:
    refused = withheld(desk, Answer(command="who-might read secrets", verdict="harbour: many."), ADMIN)
    assert refused is not None
    assert refused.verdict == "I do not understand any more what that answered; ask anew."


def test_no_subject_from_elsewhere_is_suggested(desk: Desk) -> None:
    said = "can sa:payments/ledgre"
    assert "Did you mean" in everything(say(desk, said, ADMIN))
    assert "Did you mean" not in everything(say(desk, said, OF_PAYMENTS))


def fails(*_args: Any, **_values: Any) -> Any:
    raise DiskFull("The database cannot grow: the disk is full.")


def test_what_cannot_be_written_down_is_not_done(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.history, "note_asked", fails)
    answer = say(desk, "scan", ADMIN)
    assert answer.tone is Tone.REFUSED
    assert answer.verdict == (
        "I write every command down before I carry it out, and could not: "
        "The database cannot grow: the disk is full."
    )
    assert answer.notes == (DiskFull.next_step,)
    assert desk.history.runs() == ()


def test_an_end_that_cannot_be_written_down_takes_no_answer_away(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(desk.history, "note_ended", fails)
    assert say(desk, "who has cluster-admin", ADMIN).tone is Tone.NEUTRAL
    assert "end not noted" in "".join(capfd.readouterr())
    assert [each.result for each in desk.history.audit()] == [None]


def test_the_audit_log_in_slack(desk: Desk) -> None:
    for asker in (OPERATOR, OF_PAYMENTS):
        say(desk, "scan", asker)
    assert say(desk, "audit", OPERATOR).verdict == "This takes the role admin; yours is operator."
    answer = say(desk, "audit since=today user=U0ERIN denied=yes", ADMIN)
    assert answer.command == "audit since=today user=U0ERIN denied=yes"
    assert answer.verdict == "1 command of U0ERIN since today, 1 of them refused."
    ((_, who, channel, command, decision, role, result, run, _),) = answer.tables[0].rows
    assert (who, channel, command, decision, role) == ("U0ERIN", "C0OPS", "scan", "refused", "viewer")
    assert (result, run) == ("refused", "-")
    assert say(desk, "audit since=whenever", ADMIN).tone is Tone.REFUSED


def test_a_kept_run_is_rendered_for_whoever_may_see_all_of_it(desk: Desk) -> None:
    run = say(desk, "scan", ADMIN).run_id
    other = Asker("U0", Rights((Held(Role.OPERATOR, EVERYWHERE, frozenset({"payments"})),)))
    refused = say(desk, f"report run={run}", other)
    assert refused.verdict == "That run is not limited to the namespace payments."
    unknown = say(desk, "report run=r-none", other)
    assert unknown.verdict == "It names no run of a cluster that you may see."
