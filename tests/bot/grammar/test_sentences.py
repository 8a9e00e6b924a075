"""Templates of sentences: what they match, what they leave alone, and that they never take long."""

from __future__ import annotations

import time

import pytest

from bot.grammar.sentences import PHRASES, Line, Said, Sentence, template
from bot.grammar.slots import KINDS


def said(text: str, line: str, **phrases: str) -> dict[str, str] | None:
    """The slots of a line that is said as a template has it."""
    sentence: Sentence[Said] = Sentence(text, lambda each: each, phrases)
    found = sentence.match(Line.of(line.split()))
    return None if found is None else found.slots


@pytest.mark.parametrize(
    ("text", "line", "slots"),
    [
        ("who are you", "who are you", {}),
        ("who are you", "WHO Are you", {}),
        ("who are you", "who are", None),
        ("who are you", "who are you then", None),
        ("pod(s) [in {namespace}]", "pods", {}),
        ("pod(s) [in {namespace}]", "pod in Web", {"namespace": "web"}),
        ("(a|b c) d", "b c d", {}),
        ("(a|b c) d", "a c d", None),
        ("[a] [a] {role}", "a a View", {"role": "View"}),
        ("{from:end} to {to:end}", "web/a to data/b", {"from": "web/a", "to": "data/b"}),
        ("do {verbs} now", "do get, list or watch now", {"verbs": "get, list or watch"}),
        ("<greeting> {name}", "good day Ann", {"name": "Ann"}),
        ("{since} <cluster>", "3 days ago in prod", {"since": "3 days ago", "cluster": "prod"}),
        ("{name} now", "the now", None),
    ],
)
def test_a_template_matches_word_by_word(text: str, line: str, slots: dict[str, str] | None) -> None:
    assert said(text, line, greeting="(hello|good day)") == slots


def test_a_template_with_a_phrase_or_a_slot_that_is_not_there_is_a_mistake() -> None:
    for text in ("<nothing>", "{nothing}"):
        with pytest.raises(KeyError, match="nothing"):
            template(text, PHRASES)


def test_every_kind_takes_its_example_and_no_word_that_sentences_go_on_with() -> None:
    assert [kind.name for kind in KINDS.values() if not kind.takes(kind.example)] == []
    assert [kind.name for kind in KINDS.values() if kind.takes("the")] == []


@pytest.mark.parametrize("word", ["a", "a,", "get or", "-", "in", "the", "3"])
def test_no_line_takes_long(word: str) -> None:
    text = "[the] [{role}] [{what}] [{what:role}] [in {namespace}] {verbs} {since} <place> end"
    began = time.perf_counter()
    assert said(text, " ".join([word] * 250)) is None
    assert time.perf_counter() - began < 0.5
