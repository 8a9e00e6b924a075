"""Each rule of Slack about what a message or a view holds, by its number, is noticed before sending."""

from typing import Any

import pytest

from bot.slack.proof import breaches, view_breaches

Block = dict[str, Any]


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def section(text: str = "x", **more: Any) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(name: str = "a", text: str = "Go", **more: Any) -> Block:
    return {"type": "button", "action_id": name, "text": plain(text), "value": "1", **more}


def actions(*elements: Block, block_id: str = "b") -> Block:
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def table(rows: int = 2, columns: int = 2, text: str = "x") -> Block:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": text}] * columns] * rows}


def menu(kind: str, count: int, text: str = "x", value: str = "v") -> Block:
    return {"type": kind, "action_id": "m", "options": [{"text": plain(text), "value": value}] * count}


def confirm(title: str = "t", text: str = "x", label: str = "y") -> Block:
    return {"title": plain(title), "text": plain(text), "confirm": plain(label), "deny": plain("n")}


CONTEXT: Block = {"type": "context", "elements": [plain("x")]}
HEADER: Block = {"type": "header", "text": plain("x")}
IMAGE: Block = {"type": "image", "image_url": "https://x/y.png", "alt_text": "a score of 87"}
VIEW: Block = {"type": "modal", "callback_id": "c", "title": plain("Scan"), "blocks": [section()]}


def test_a_message_with_everything_in_it_is_legal() -> None:
    blocks = [HEADER, section(accessory=button()), CONTEXT, actions(button()), table(100, 20), IMAGE]
    assert breaches("verdict", blocks) == ()
    assert view_breaches({**VIEW, "private_metadata": "m" * 3000}, depth=3) == ()


@pytest.mark.parametrize("text", ["", " ", "x" * 4001])
def test_rule_15_every_message_has_text_of_4000_characters_at_most(text: str) -> None:
    assert breaches(text, [section()])


@pytest.mark.parametrize(
    "view",
    [
        {**VIEW, "private_metadata": "m" * 3001},
        {**VIEW, "title": plain("t" * 25)},
        {**VIEW, "submit": plain("t" * 25)},
        {**VIEW, "close": plain("t" * 25)},
        {**VIEW, "callback_id": "c" * 256},
    ],
)
def test_rule_5_views_keep_their_limits(view: Block) -> None:
    assert view_breaches(view)


def test_rule_5_no_fourth_modal() -> None:
    assert view_breaches(VIEW, depth=4)


def test_rule_7_blocks_and_bytes() -> None:
    assert breaches("x", [section()] * 51)
    assert view_breaches({**VIEW, "blocks": [section()] * 101})
    assert view_breaches({**VIEW, "blocks": [section("x" * 2900)] * 90})
    assert view_breaches({**VIEW, "blocks": [section()] * 100}) == ()


def test_rule_8_all_text_of_a_message_together() -> None:
    assert breaches("x", [section("x" * 2600)] * 4)
    assert breaches("x", [section("x" * 2600)] * 3) == ()


@pytest.mark.parametrize(
    "block",
    [
        section("x" * 3001),
        section(""),
        {"type": "section"},
        {"type": "section", "fields": [plain("x")] * 11},
        {"type": "section", "fields": [plain("x" * 2001)]},
    ],
)
def test_rule_9_sections(block: Block) -> None:
    assert breaches("x", [block])


@pytest.mark.parametrize(
    "blocks",
    [
        [{"type": "header", "text": plain("x" * 151)}],
        [{"type": "context", "elements": [plain("x")] * 11}],
        [{"type": "context", "elements": []}],
        [actions(*(button(f"{n}") for n in range(26)))],
        [actions()],
        [actions(button(), block_id="b" * 256)],
        [actions(button("a" * 256))],
        [actions(button(), button())],
        [actions(button()), actions(button())],
    ],
)
def test_rule_10_headers_contexts_actions_and_ids(blocks: list[Block]) -> None:
    assert breaches("x", blocks)


@pytest.mark.parametrize(
    "element",
    [
        button(text="x" * 76),
        button(text=""),
        button(value="v" * 2001),
        button(url="https://" + "x" * 3000),
        menu("static_select", 101),
        menu("static_select", 0),
        menu("static_select", 1, text="x" * 76),
        menu("static_select", 1, value="v" * 151),
        menu("overflow", 6),
        menu("checkboxes", 11),
        menu("radio_buttons", 11),
    ],
)
def test_rule_11_buttons_and_options(element: Block) -> None:
    assert breaches("x", [actions(element)])
    assert breaches("x", [section(accessory=element)])


@pytest.mark.parametrize("asked", [confirm("t" * 101), confirm(text="x" * 301), confirm(label="y" * 31)])
def test_rule_12_confirmations(asked: Block) -> None:
    assert breaches("x", [actions(button(confirm=asked))])
    assert breaches("x", [actions(button(confirm=confirm()))]) == ()


@pytest.mark.parametrize(
    "blocks",
    [
        [table(), table()],
        [table(101)],
        [table(2, 21)],
        [table(2, 0)],
        [table(0)],
        [table(text=" ")],
        [{"type": "table", "rows": [*table(1, 2)["rows"], *table(1, 3)["rows"]]}],
        [{**table(), "column_settings": [{}] * 21}],
    ],
)
def test_rule_13_one_table_of_100_rows_by_20_columns(blocks: list[Block]) -> None:
    assert breaches("x", blocks)


def test_rule_13_no_table_in_a_modal() -> None:
    assert view_breaches({**VIEW, "blocks": [table()]})


@pytest.mark.parametrize("kind", ["alert", "markdown", "data_table", "something new"])
def test_rule_14_and_17_no_kind_of_block_whose_limits_are_not_known(kind: str) -> None:
    assert breaches("x", [{"type": kind, "text": plain("x"), "rows": []}])


def test_rule_18_pictures_have_words_and_buttons_labels_that_fit() -> None:
    assert breaches("x", [{**IMAGE, "alt_text": " "}])
    assert breaches("x", [{**IMAGE, "alt_text": "x" * 2001}])
    assert breaches("x", [actions(button(accessibility_label="x" * 76))])
