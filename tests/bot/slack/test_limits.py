"""The checker itself notices what it is there to notice."""

from typing import Any

import pytest

from tests.bot.slack.limits import breaches


def section(text: str, *, verbatim: bool = True) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": verbatim}}


def table(rows: int, columns: int, text: str = "x") -> dict[str, Any]:
    return {
        "type": "table",
        "rows": [[{"type": "raw_text", "text": text}] * columns] * rows,
        "column_settings": [],
    }


def test_a_legal_message_breaks_nothing() -> None:
    assert breaches("✅ OK: all is well", [section("✅ *OK:* all is well"), table(100, 20)]) == []


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("", [section("x")]),
        ("x" * 4001, [section("x")]),
        ("<!channel>", [section("x")]),
        ("x", []),
        ("x", [section("x")] * 51),
        ("x", [section("x" * 3001)]),
        ("x", [section("x" * 2600)] * 4),
        ("x", [section("x", verbatim=False)]),
        ("x", [section("see <http://evil|this>")]),
        ("x", [section("a & b")]),
        ("x", [section("it is *bold* here")]),
        ("x", [section("it is :fire: here")]),
        ("x", [section("mail @here")]),
        ("x", [section("an `open span")]),
        ("x", [section("zero\u200bwidth")]),
        ("x", [section("fine\n&gt; quoted")]),
        ("x", [table(2, 2), table(2, 2)]),
        ("x", [table(101, 1)]),
        ("x", [table(2, 21)]),
        ("x", [table(2, 2, " ")]),
        ("x", [{"type": "header", "text": {"type": "plain_text", "text": "x"}}]),
    ],
)
def test_each_rule_is_noticed(text: str, blocks: list[dict[str, Any]]) -> None:
    assert breaches(text, blocks)
