"""Whatever an Answer holds, what is sent is legal by three readings of the rules, nothing silently cut."""

import csv
import io
import re
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.answer import Answer, Table
from bot.slack import limits, proof
from bot.slack.blocks import SIGNS, Frame, Page
from bot.slack.buttons import Handle, Signer
from bot.slack.message import Message, transcript
from bot.slack.mrkdwn import visible
from bot.slack.payload import WITHOUT_BLOCKS, compiled
from bot.slack.tables import Layout, Upload
from tests.bot.slack.commands import scanned
from tests.bot.slack.generated import answers
from tests.bot.slack.limits import breaches
from tests.harness.slack_rules import refusal
from tests.harness.slack_workspace import APP, SECURITY

NOW = datetime(2026, 11, 24, 1, 2, tzinfo=UTC)
HANDLE = Handle("a" * 16, Signer("xoxb-test"))
PRIVATE = Handle("a" * 16, Signer("xoxb-test"), shareable=True)

frames = st.builds(
    Frame,
    layout=st.sampled_from(Layout),
    now=st.just(NOW),
    by=st.sampled_from(["", "U0ERIN"]),
    run=st.booleans(),
    handle=st.sampled_from([None, HANDLE, PRIVATE]),
    page=st.builds(Page, st.integers(0, 3), st.integers(0, 400)),
    status=st.sampled_from(["", "⏳ Reading the cluster now"]),
)
generously = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None, max_examples=50
)


@generously
@given(answers, frames)
@example(Answer(command="c", verdict="v" * 40_000), Frame(Layout.TABLE, NOW))
@example(
    Answer(command="c", verdict="v", tables=(Table("T", ("a",) * 60, (("x",) * 60,) * 5000),)),
    Frame(Layout.TABLE, NOW),
)
def test_every_answer_compiles_to_legal_messages(answer: Answer, frame: Frame) -> None:
    drawing = compiled(answer, frame)
    for message in drawing.messages:
        for blocks in filter(None, (message.blocks, message.plainer)):
            assert breaches(message.text, blocks) == []
            assert proof.breaches(message.text, blocks) == ()
            call = {"channel": SECURITY.id, "text": message.text, "blocks": list(blocks)}
            for method in ("chat.postMessage", "chat.update"):
                assert refusal(method, APP.bot_token, call, frozenset({"chat:write"})) is None
    sign, word = SIGNS[answer.tone]
    assert drawing.first.text.startswith(f"{sign} {word}:")
    assert drawing.first.blocks[0]["text"]["text"].startswith(f"{sign} *{word}:*")
    names = [file.name for file in drawing.files]
    assert len(names) == len(set(names))


@generously
@given(answers, st.sampled_from(Layout), st.booleans())
def test_what_has_no_room_is_said_and_is_in_a_file(answer: Answer, layout: Layout, run: bool) -> None:
    drawing = compiled(answer, Frame(layout, NOW, run=run))
    seen = "\n".join(map(transcript, drawing.messages))
    files = {file.name: file.content for file in drawing.files if isinstance(file.content, bytes)}
    for number, table in enumerate(answer.tables):
        (shown,) = [rows for message in drawing.messages for at, rows in message.shows if at == number]
        total = max(table.total or 0, len(table.rows))
        if len(shown) < total:
            assert f"{len(shown)} of {total} shown" in seen
        if len(shown) < len(table.rows) or any(len(visible(c)) > 240 for row in table.rows for c in row):
            assert any(len(rows_of(content)) == len(table.rows) + 1 for content in files.values())
    if any(len(visible(line)) > 180 for line in (*answer.notes, *answer.caveats)):
        whole = files["answer.txt"].decode()
        assert all(visible(line).encode("utf-8", "replace").decode() in whole for line in answer.notes)


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode())))


def pages(answer: Answer, frame: Frame, table: int = 0) -> list[Message]:
    """Every page, by pressing Next until there is none."""
    found: list[Message] = []
    while True:
        drawing = compiled(
            answer, Frame(frame.layout, NOW, handle=HANDLE, run=frame.run, page=Page(table, len(found)))
        )
        (message,) = [m for m in drawing.messages if table in (number for number, _ in m.shows)]
        found.append(message)
        if "Next" not in transcript(message):
            return found


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("run", [False, True])
def test_340_rows_are_all_there_page_by_page(layout: Layout, run: bool) -> None:
    rows = tuple((f"ServiceAccount team-{n % 7}/robot-{n}", "x" * (n * 7 % 230)) for n in range(340))
    answer = Answer(command="who-can get secrets", verdict="v", tables=(Table("Who", ("Who", "Why"), rows),))
    shown = pages(answer, Frame(layout, NOW, run=run))
    reached = [rows for message in shown for _, rows in message.shows]
    assert [n for part in reached for n in part] == list(range(340))
    said = "\n".join(map(transcript, shown))
    assert all(f"robot-{n}" in said for n in range(340))
    assert f"{reached[0].stop} of 340 shown" in transcript(shown[0])
    assert f"{reached[1].start + 1} to {reached[1].stop} of 340 shown" in transcript(shown[1])
    ids = [block["block_id"] for message in shown for block in message.blocks if block["type"] == "actions"]
    assert len(ids) == len(set(ids)) == len(shown)


def test_5000_rows_are_paged_quickly_and_a_page_beyond_the_last_is_the_last() -> None:
    rows = tuple((f"row {n}", "some words about it") for n in range(5000))
    answer = Answer(command="c", verdict="v", tables=(Table("T", ("a", "b"), rows),))
    drawing = compiled(answer, Frame(Layout.TABLE, NOW, handle=HANDLE, page=Page(0, 10_000)))
    assert drawing.first.shows == ((0, range(4980, 5000)),)
    assert "Next" not in transcript(drawing.first)


def test_rows_that_the_answer_itself_left_out_are_said_on_the_last_page() -> None:
    rows = tuple((f"row {n}",) for n in range(25))
    answer = Answer(command="c", verdict="v", tables=(Table("T", ("a",), rows, total=340),))
    *_, last = pages(answer, Frame(Layout.TABLE, NOW))
    assert "16 to 25 of 340 shown; this answer holds the first 25" in transcript(last)


def test_a_message_with_a_table_carries_the_same_rows_as_a_list() -> None:
    message = compiled(scanned("scan production"), Frame(Layout.TABLE, NOW)).first
    assert "table" in {block["type"] for block in message.blocks}
    assert {block["type"] for block in message.plainer} == {"section", "context"}


def test_it_degrades_from_table_to_list_to_files(monkeypatch: pytest.MonkeyPatch) -> None:
    answer, frame = scanned("scan production", findings=30), Frame(Layout.TABLE, NOW)
    monkeypatch.setattr(limits, "TABLE_COLUMNS", limits.TABLE_COLUMNS._replace(most=1))
    listed = compiled(answer, frame)
    assert {block["type"] for m in listed.messages for block in m.blocks} == {"section", "context"}
    assert listed.more
    monkeypatch.setattr(limits, "BLOCKS", limits.BLOCKS._replace(most=3))
    filed = compiled(answer, frame)
    assert filed.more == ()
    assert filed.first.text == listed.first.text
    assert WITHOUT_BLOCKS in transcript(filed.first)
    whole = {file.name: file.content for file in filed.files}
    assert b"pod-privileged" in _bytes(whole["answer.txt"])
    assert _bytes(whole["high-30.csv"]).count(b"pod-privileged") == 30


def _bytes(content: object) -> bytes:
    assert isinstance(content, bytes)
    return content


def test_the_limits_each_name_their_source() -> None:
    found = [each for each in vars(limits).values() if isinstance(each, limits.Limit)]
    assert len(found) > 30
    assert all(each.most > 0 and each.of and re.search(r"slack\.dev|issues", each.source) for each in found)


def test_two_files_of_one_answer_never_have_the_same_name() -> None:
    twins = tuple(Table("Who", ("a",), tuple((f"{n}",) for n in range(120))) for _ in range(3))
    files: tuple[Upload, ...] = compiled(
        Answer(command="c", verdict="v", tables=twins), Frame(Layout.LIST, NOW)
    ).files
    assert [file.name for file in files] == ["who.csv", "who-2.csv", "who-3.csv"]


def test_a_snippet_is_one_piece_to_copy_with_its_indentation() -> None:
    lines = (("spec:",), ("  securityContext:",), ("    runAsNonRoot: true  # `x` <b>",))
    answer = Answer(
        command="fix x", verdict="v", tables=(Table("For example", ("Snippet",), lines, code=("Snippet",)),)
    )
    for layout in Layout:
        blocks = compiled(answer, Frame(layout, NOW)).first.blocks
        assert blocks[2]["text"]["text"] == (
            "```\nspec:\n  securityContext:\n    runAsNonRoot: true  # 'x' &lt;b&gt;\n```"
        )


def test_a_table_without_a_title_has_no_title_and_without_headings_is_a_list() -> None:
    answer = Answer(command="explain x", verdict="v", tables=(Table("", ("", " "), (("Severity", "high"),)),))
    blocks = compiled(answer, Frame(Layout.TABLE, NOW)).first.blocks
    assert [block["text"]["text"] for block in blocks[:-1]] == ["💬 *Answer:* v", "• *Severity* · high"]
