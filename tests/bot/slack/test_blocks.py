"""How an Answer is drawn: the verdict first, what is short beside it, what is long in messages of its own."""

import csv
import io
from datetime import UTC, datetime

import pytest

from bot.answer import Answer, Table
from bot.commands.progress import Stage, Step
from bot.slack.blocks import Frame, draw
from bot.slack.facts import seen
from bot.slack.message import proceeding, transcript
from bot.slack.tables import Layout
from checks.model import Evidence
from tests.bot.slack.commands import admins, scanned
from tests.bot.slack.limits import breaches, strings

NOW = datetime(2026, 11, 24, 1, 2, tzinfo=UTC)


def test_the_first_line_and_the_notification_say_the_same() -> None:
    drawing = draw(scanned("scan production"), Frame(Layout.TABLE, NOW, by="U0ERIN", run=True))
    verdict = "production: 1 critical, 3 high findings; 3 new, 2 fixed since Monday."
    assert drawing.first.text == f"🔴 Attention: {verdict}"
    assert drawing.first.blocks[0]["text"]["text"] == f"🔴 *Attention:* {verdict}"


def test_a_run_puts_its_details_by_severity_into_the_thread() -> None:
    drawing = draw(scanned("scan production"), Frame(Layout.TABLE, NOW, by="U0ERIN", run=True))
    assert [message.text for message in drawing.more] == ["Critical: 1", "High: 3"]
    kinds = [block["type"] for block in drawing.first.blocks]
    assert kinds == ["section", "section", "table", "section", "context"]


def test_the_last_line_says_cluster_age_run_command_and_who_asked() -> None:
    *_, context = draw(
        scanned("scan production"), Frame(Layout.TABLE, NOW, by="U0ERIN", run=True)
    ).first.blocks
    assert context["elements"][0]["text"] == (
        "`production` (v1.37.2 kind) · "
        "data of <!date^1795482116^{date_short_pretty} {time}|2026-11-24 01:01 UTC> · "
        "run `r-20261124-1` · `scan production` · requested by <@U0ERIN>"
    )


def test_names_are_code_and_words_are_plain() -> None:
    blocks = draw(admins("who-has cluster-admin"), Frame(Layout.TABLE, NOW)).first.blocks
    (table,) = [block for block in blocks if block["type"] == "table"]
    assert [cell["type"] for cell in table["rows"][1]] == ["rich_text", "raw_text", "rich_text", "rich_text"]


def test_340_findings_say_how_many_are_shown_and_come_whole_as_a_file() -> None:
    drawing = draw(scanned("scan production", findings=340), Frame(Layout.TABLE, NOW, run=True))
    high = drawing.more[1]
    shown = next(len(block["rows"]) - 1 for block in high.blocks if block["type"] == "table")
    assert 50 < shown < 100
    assert high.blocks[-1]["elements"][0]["text"] == f"{shown} of 340 shown"
    (sheet,) = drawing.files
    assert isinstance(sheet.content, bytes)
    assert sheet.name == "high-340.csv"
    rows = list(csv.reader(io.StringIO(sheet.content.decode())))
    assert rows[0] == ["Check", "Resource", "Where", "What was found"]
    assert len(rows) == 341


def test_a_spreadsheet_runs_nothing() -> None:
    table = Table("T", ("a",), (("=HYPERLINK(1)",), ("-",), ("-1+1",)) * 60)
    (sheet,) = draw(Answer(command="c", verdict="v", tables=(table,)), Frame(Layout.TABLE, NOW)).files
    assert isinstance(sheet.content, bytes)
    assert sheet.content.decode().splitlines()[1:4] == ["'=HYPERLINK(1)", "-", "'-1+1"]


def test_a_second_short_table_joins_the_first_message_as_a_list() -> None:
    tables = (Table("A", ("x",), (("1",),)), Table("B", ("y", "n"), (("z", "7"), ("-", "8"))))
    drawing = draw(Answer(command="help", verdict="v", tables=tables), Frame(Layout.TABLE, NOW))
    assert drawing.more == ()
    said = list(strings(drawing.first.blocks))
    assert "• *z* · n 7\n• *8*" in said
    assert sum(block["type"] == "table" for block in drawing.first.blocks) == 1


def test_the_list_layout_has_neither_tables_nor_slack_dates() -> None:
    drawing = draw(scanned("scan", findings=20), Frame(Layout.LIST, NOW, run=True))
    for message in (drawing.first, *drawing.more):
        assert all(block["type"] in {"section", "context"} for block in message.blocks)
        assert "<!date" not in transcript(message)
    assert "data of 2026-11-24 01:01 UTC" in transcript(drawing.first)


def test_many_caveats_are_counted_and_listed_in_full_below() -> None:
    answer = Answer(command="scan", verdict="v", caveats=tuple(f"caveat {n}" for n in range(20)))
    drawing = draw(answer, Frame(Layout.LIST, NOW, run=True))
    assert "• and 12 more" in transcript(drawing.first)
    assert "caveat 19" in transcript(drawing.more[0])


def test_progress_says_how_far_it_is() -> None:
    message = proceeding("scan production", Step(Stage.READING, 7, 19, "kinds (Pod)"), "U0ERIN")
    assert message.text == "⏳ reading 7 of 19 kinds (Pod): scan production"
    assert message.blocks[0]["text"]["text"] == "⏳ *Reading 7 of 19 kinds (Pod)*"
    assert breaches(message.text, message.blocks) == []


def test_a_blank_cell_is_a_dash() -> None:
    table = Table("T", ("a", "b", " "), (("", " ", "\n"), ("x",)))
    blocks = draw(Answer(command="c", verdict="v", tables=(table,)), Frame(Layout.TABLE, NOW)).first.blocks
    (rows,) = [block["rows"] for block in blocks if block["type"] == "table"]
    assert [["".join(strings(cell)) for cell in row] for row in rows] == [
        ["a", "b", "-"],
        ["-"] * 3,
        ["x", "-", "-"],
    ]


def test_in_a_list_what_was_expected_is_not_taken_for_what_was_seen() -> None:
    fact = Evidence(
        path="rules[0]", observed={"verbs": ["*"]}, expected="an approved holder", source="User x"
    )
    drawing = draw(Answer(command="ask", verdict="v", evidence=(fact,)), Frame(Layout.LIST, NOW))
    (line,) = (string for string in strings(drawing.more[0].blocks) if "rules[0]" in string)
    assert line == "• `User x` · `rules[0]` · `verbs: *` · Expected: an approved holder"


def test_what_was_expected_of_all_is_said_once() -> None:
    facts = tuple(
        Evidence(path=f"rules[{n}]", observed={"verbs": ["get", "list"], "apiGroups": [""]}, expected="less")
        for n in range(2)
    )
    drawing = draw(Answer(command="ask", verdict="v", evidence=facts), Frame(Layout.LIST, NOW))
    title, *lines = strings(drawing.more[0].blocks)
    assert title == "*Evidence (expected: less)*"
    assert lines == [
        "\n".join(f'• `rules[{n}]` · `verbs: get, list; apiGroups: ""`' for n in range(2)),
    ]


@pytest.mark.parametrize(
    ("observed", "shown"),
    [
        ("a word", "a word"),
        (None, "null"),
        ([], "[]"),
        ({}, "{}"),
        ({"verbs": []}, '{"verbs":[]}'),
        ({"verbs": ["*"], "most": 3}, '{"verbs":["*"],"most":3}'),
    ],
)
def test_what_was_observed_is_shown_without_losing_any_of_it(observed: object, shown: str) -> None:
    assert seen(observed) == shown
