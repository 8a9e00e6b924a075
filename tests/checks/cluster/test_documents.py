"""YAML and JSON are read as Kubernetes reads them, and hostile text costs neither time nor memory."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from checks.cluster import documents
from checks.cluster.documents import parse

JSON = st.recursive(
    st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(codec="utf-8", exclude_categories=["C"])).map("word {}".format),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abcd", min_size=1), inner),
)


def only(text: str) -> Any:
    documents, unreadable = parse(text)
    assert not unreadable
    return [each.data for each in documents]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("yes", True),
        ("n", False),
        ("Off", False),
        ("true", True),
        ("'yes'", "yes"),
        ("2026-11-24", "2026-11-24"),
        ("12:30:45", "12:30:45"),
        ("0777", 511),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b11", 3),
        ("1_000", 1000),
        ("-7", -7),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("09", 9.0),
        ("!!str 12", "12"),
        ("v1", "v1"),
        ("|\n  two\n  lines\n", "two\nlines\n"),
    ],
)
def test_scalars_mean_what_kubectl_takes_them_for(written: str, meant: object) -> None:
    [document] = only(f"key: {written}")
    assert document == {"key": meant}
    assert type(document["key"]) is type(meant)


@pytest.mark.parametrize("written", ["", "~", "null"])
def test_a_key_without_a_value_is_left_out(written: str) -> None:
    assert only(f"a: {written}\nb: 1") == [{"b": 1}]


def test_documents_come_with_their_lines() -> None:
    parsed = parse("# first\n---\na: 1\n---\n\nb:\n  - c\n  - d: e\n")
    assert [each.data for each in parsed.documents] == [{"a": 1}, {"b": ["c", {"d": "e"}]}]
    assert parsed.documents[0].line == 3
    assert parsed.documents[1].line_of("$.b[1].d") == 8
    assert parsed.documents[1].line_of("$.b[7].nothing") == 7


def test_a_broken_document_does_not_hide_those_after_it() -> None:
    parsed = parse("a: 1\n---\nb: [1\n---\nc: 3\n")
    assert [each.data for each in parsed.documents] == [{"a": 1}, {"c": 3}]
    assert [each.line for each in parsed.unreadable] == [4]


def test_anchors_and_merges() -> None:
    text = "base: &base {a: 1, b: 2}\nsame: *base\nmore:\n  <<: *base\n  b: 3\nlist: {<<: [{a: 4}, *base]}\n"
    assert only(text) == [
        {
            "base": {"a": 1, "b": 2},
            "same": {"a": 1, "b": 2},
            "more": {"a": 1, "b": 3},
            "list": {"a": 4, "b": 2},
        }
    ]


def test_a_key_given_twice_is_said_and_the_last_counts() -> None:
    [document] = parse("a: 1\nb: 2\na: 3\n").documents
    assert document.data == {"a": 3, "b": 2}
    assert [line for line, _ in document.oddities] == [3]


def test_json_one_after_the_other() -> None:
    parsed = parse('{"a": "\\ud83d\\ude00"}\n{\n\t"b":\n\t\t[null, 2]}\n')
    assert [each.data for each in parsed.documents] == [{"a": "\N{GRINNING FACE}"}, {"b": [None, 2]}]
    assert parsed.documents[1].line_of("$.b") == 4


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 20)
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (BOMB, "aliases expand"),
        ("&a [*a]", "contains itself"),
        ("a: *nobody", "has no anchor"),
        ("[" * 200_000, "nested deeper"),
        ('{"a":' * 200_000, "nested deeper"),
        ("- " * 200_000, "nested deeper"),
        ("a: \x00", "characters"),
        ("? [a, b]\n: c", "a key must be text"),
        ("a: b\n\tc: d", "not YAML"),
        ("a: 'b", "not YAML"),
        ("{{ if .Values.on }}", "a key must be text"),
        ("<<: 3", "takes a mapping"),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else None,
)
def test_hostile_text_is_refused_with_its_line(text: str, reason: str) -> None:
    parsed = parse(text)
    assert not parsed.documents
    assert reason in parsed.unreadable[0].reason
    assert parsed.unreadable[0].line >= 1


def test_too_many_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_VALUES", 100)
    assert "split it" in parse(f"[{'1, ' * 200}1]").unreadable[0].reason


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    parsed = parse(text)
    assert all(each.line >= 1 for each in parsed.unreadable)


@given(JSON)
def test_what_yaml_writes_is_read_back(value: Any) -> None:
    text = yaml.safe_dump({"key": value}, allow_unicode=True)
    parsed = parse(text)
    assert not parsed.unreadable
    [document] = parsed.documents
    assert document.data == {"key": value}


@given(JSON)
def test_json_means_the_same_as_to_python(value: Any) -> None:
    assert only(json.dumps({"key": value})) == [{"key": value}]


def test_block_scalars_may_hold_separators() -> None:
    assert only("text: |\n  ---\n  a---b\n") == [{"text": "---\na---b\n"}]


def test_half_characters_are_replaced_as_go_does() -> None:
    assert only('{"\\ud800k": ["a\\ud800b", "\\ud83d\\ude00"]}') == [{"\ufffdk": ["a\ufffdb", "\U0001f600"]}]


def test_many_json_values_are_read_in_one_pass() -> None:
    parsed = parse('{"a": 1}\n' * 100_000)
    assert [each.line for each in (parsed.documents[0], parsed.documents[-1])] == [1, 100_000]


def test_a_password_taken_for_an_alias_is_not_repeated() -> None:
    [broken] = parse("stringData:\n  password: *marker\n").unreadable
    assert "marker" not in broken.reason
    assert broken.line == 2


def test_the_lines_of_a_long_json_list_are_found_in_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    passes: list[str] = []
    read = documents._Reader.read

    def counted(reader: Any, text: str) -> Any:
        passes.append(text)
        return read(reader, text)

    monkeypatch.setattr(documents._Reader, "read", counted)
    (document,) = parse('{"items": [\n' + ",\n".join(['{"a": 1}'] * 50) + "]}").documents
    assert [document.line_of(f"$.items[{index}].a") for index in range(50)] == list(range(2, 52))
    assert len(passes) == 1
