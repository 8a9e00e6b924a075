"""Whatever happens behind the door, an Answer comes out, and it says what to do next."""

from __future__ import annotations

import pytest

from bot.answer import Tone
from bot.commands.desk import Desk
from bot.commands.help import AskBack, ShowHelp
from bot.commands.perform import perform
from bot.commands.report import MakeReport
from bot.commands.scan import RunScan
from bot.commands.status import ShowStatus
from bot.commands.who_has import WhoHas
from bot.grammar import WORDS, Command
from bot.rights.roles import Asker
from tests.bot.commands.desks import Steps


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (RunScan("harbor"), ("no cluster called harbor", "Did you mean harbour?", "Known: harbour, lost.")),
        (RunScan("lost"), ("none.yaml",)),
        (RunScan(frameworks=("cis-9",)), ("cis-9", "cis-kubernetes-2.0.1")),
        (RunScan(namespaces=("paymnets",)), ("no namespace paymnets", "Did you mean payments?")),
        (WhoHas("lost"), ("none.yaml",)),
        (MakeReport(run="r-none"), ("r-none",)),
        (MakeReport(run="r-1", frameworks=("cis-kubernetes-1.12.0",)), ("Name the run alone",)),
        (MakeReport("harbour", run="r-1"), ("Name the run alone",)),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_next_step(
    desk: Desk, steps: Steps, command: Command, words: tuple[str, ...]
) -> None:
    answer = perform(desk, command, asker=Asker.of_the_house("U1"), progress=steps)
    said = " ".join((answer.verdict, *answer.notes))
    assert answer.tone is Tone.REFUSED
    assert answer.command == command.canonical
    assert answer.notes
    assert [word for word in words if word not in said] == [], said
    assert steps.stages[-1] == "done"
    assert desk.history.runs() == ()


def test_without_a_cluster_it_says_where_to_add_one(desk: Desk) -> None:
    empty = Desk(desk.settings, desk.history, {})
    answer = perform(empty, RunScan(), asker=Asker.of_the_house("U1"))
    assert (answer.verdict, answer.tone) == ("No cluster is set up.", Tone.REFUSED)


def test_a_defect_gets_an_id_that_is_in_the_log_and_keeps_its_text_there(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("the text of the defect")

    monkeypatch.setattr("bot.commands.perform.ask", broken)
    answer = perform(desk, WhoHas(), asker=Asker.of_the_house("U1"))
    error_id = answer.extra["error_id"]
    logged = "".join(capfd.readouterr())
    assert answer.tone is Tone.REFUSED
    assert error_id in answer.verdict
    assert "the text of the defect" not in " ".join((answer.verdict, *answer.notes))
    assert error_id in logged
    assert "the text of the defect" in logged


def test_help_lists_every_word_and_repeats_what_was_not_understood(desk: Desk) -> None:
    me = Asker.of_the_house("U1")
    lost = perform(desk, ShowHelp(about="which pods love root"), asker=me)
    assert lost.verdict.startswith("I did not understand “which pods love root”.")
    assert lost.tables[0].rows[0] == ("which pods run as root",)
    assert len(lost.tables[0].rows) == 6
    answer = perform(desk, ShowHelp(), asker=me)
    assert answer.tables[0].rows == tuple((word.usage, word.summary) for word in WORDS)
    assert perform(desk, ShowHelp(), asker=me).verdict.startswith("Ask me")
    assert "Did you mean scan?" in perform(desk, ShowHelp("scna"), asker=me).verdict
    assert perform(desk, AskBack("scna", "scan"), asker=me).verdict.endswith("Did you mean: scan")


def test_status_before_anything_was_scanned(desk: Desk) -> None:
    answer = perform(desk, ShowStatus(), asker=Asker.of_the_house("U1"))
    assert answer.tone is Tone.BAD
    assert answer.tables[0].rows == tuple((name, "-", "-", "never", "-", "-") for name in ("harbour", "lost"))
