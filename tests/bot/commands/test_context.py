"""Threads keep what they are about; names of the last run mend what is misspelt; no cluster is asked."""

from __future__ import annotations

import pytest

from bot.answer import Answer, Tone
from bot.commands.desk import Desk
from bot.commands.help import AskBack
from bot.commands.perform import perform
from bot.commands.scan import RunScan
from bot.grammar import understand
from bot.grammar.context import remember, resolved
from bot.grammar.live import live
from bot.rights.roles import Asker, Held, Rights, Role
from bot.service import DeskCommands
from reports.history.errors import HistoryError
from tests.bot.commands.desks import Clock

THREAD = "C1/17.1"
HOUSE = Asker.of_the_house("test")


def said(
    desk: Desk, text: str, thread: str = THREAD, *, tone: Tone = Tone.GOOD, run: str | None = None
) -> str:
    """Say something in a thread and have it answered; gives the canonical command."""
    command = resolved(desk, text, thread, HOUSE)
    remember(desk, thread, command, Answer(command=command.canonical, verdict="So.", tone=tone, run_id=run))
    return command.canonical


def test_a_thread_keeps_what_it_is_about(desk: Desk) -> None:
    assert said(desk, "who can read secrets") == "who-can read secrets"
    assert said(desk, "and in lost?") == "who-can read secrets cluster=lost"
    assert said(desk, "only payments") == "who-can read secrets namespace=payments cluster=lost"
    assert said(desk, "as csv").startswith("export ")
    assert said(desk, "and in lost?", "C1/17.2") == "help"


def test_slash_commands_have_no_thread(desk: Desk) -> None:
    assert said(desk, "who can read secrets", "") == "who-can read secrets"
    assert said(desk, "again", "") == "help"


def test_a_direct_message_is_one_conversation_and_its_threads_begin_with_it(desk: Desk) -> None:
    said(desk, "list privileged", "@U1")
    assert said(desk, "show all", "@U1") == "list privileged --full"
    assert said(desk, "why?", "@U1/17.3") == "explain pod-privileged"
    said(desk, "status", "C9")
    assert said(desk, "again", "C9/17.3") == "help"


def test_help_and_what_was_refused_change_nothing(desk: Desk) -> None:
    said(desk, "list privileged")
    said(desk, "help")
    said(desk, "scan lost", tone=Tone.REFUSED)
    assert said(desk, "why?") == "explain pod-privileged"


def test_yes_answers_what_was_asked_back(desk: Desk) -> None:
    said(desk, "list privileged")
    command = resolved(desk, "scan harbor", THREAD, HOUSE)
    assert isinstance(command, AskBack)
    assert command.meant == "scan harbour"
    said(desk, "scan harbor")
    assert said(desk, "yes") == "scan harbour"
    assert said(desk, "scan harbor", "C1/new") == "help"
    assert said(desk, "yes please", "C1/new") == "scan harbour"


def test_a_thread_is_forgotten_after_a_week(desk: Desk, clock: Clock) -> None:
    said(desk, "list privileged")
    clock.forward(days=6.9)
    assert said(desk, "again") == "list privileged"
    clock.forward(days=7.1)
    assert said(desk, "again") == "help"


def test_names_are_those_of_the_last_run(desk: Desk) -> None:
    assert live(desk, None, HOUSE.rights)["namespaces"] == ()
    perform(desk, RunScan("harbour"), asker=HOUSE)
    names = live(desk, None, HOUSE.rights)
    assert {"payments", "web"} <= set(names["namespaces"])
    assert "payments/ledger" in names["workloads"]
    assert "cluster-admin" in names["roles"]
    assert names["clusters"] == ("harbour", "lost")
    assert live(desk, "lost", HOUSE.rights)["namespaces"] == ()
    asked = resolved(desk, "who can read secrets in paymnets", "", HOUSE)
    assert isinstance(asked, AskBack)
    assert perform(desk, asked, asker=HOUSE).verdict == (
        "The last scan of harbour saw no namespace paymnets. "
        "Did you mean: who-can read secrets namespace=payments"
    )


def test_nobody_is_told_names_that_they_may_not_see(desk: Desk) -> None:
    perform(desk, RunScan("harbour"), asker=HOUSE)
    bound = Rights((Held(Role.VIEWER, frozenset({"harbour"}), frozenset({"web"})),))
    names = live(desk, None, bound)
    assert names["clusters"] == ("harbour",)
    assert names["namespaces"] == ("web",)
    assert {name.partition("/")[0] for name in names["workloads"]} == {"web"}
    assert names["roles"] == ("cluster-admin", "admin", "edit", "view")
    nobody = live(desk, None, Rights())
    assert (nobody["clusters"], nobody["namespaces"]) == ((), ())
    for text in ("who can read secrets in paymnets", "scan lots"):
        assert not isinstance(resolved(desk, text, "", Asker("U1", bound)), AskBack)


def test_without_the_history_a_text_is_still_understood(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise HistoryError("The database is away.", "Wait.")

    monkeypatch.setattr(desk.history, "thread", broken)
    monkeypatch.setattr(desk.history, "last_of", broken)
    monkeypatch.setattr(desk.history, "remember", broken)
    commands = DeskCommands(desk)
    assert commands.resolve("who can read secrets", THREAD, HOUSE) == understand("who can read secrets")
    commands.remember(THREAD, understand("status"), Answer(command="status", verdict="So."))
