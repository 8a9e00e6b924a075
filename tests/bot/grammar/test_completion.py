"""What a text may go on as: words, places, options, sentences and the names that are there."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.grammar import WORDS
from bot.grammar.completion import MOST, complete
from bot.grammar.live import Live, built_in

LIVE = Live(
    {
        **built_in().names,
        "clusters": ("production", "staging"),
        "namespaces": ("payments", "web"),
        "workloads": ("payments/ledger", "web/shop"),
        "roles": ("view", "edit"),
    }
)


@pytest.mark.parametrize(
    ("prefix", "lines"),
    [
        ("sca", ["scan"]),
        ("scan pr", ["scan production"]),
        (
            "scan production namespace=",
            ["scan production namespace=payments", "scan production namespace=web"],
        ),
        ("scan cluster=st", ["scan cluster=staging"]),
        ("list priv", ["list privileged", "list privilege-escalation", "list privilege"]),
        ("explain pod-privileg", ["explain pod-privilege-escalation", "explain pod-privileged"]),
        ("who-has v", ["who-has view"]),
        ("who-can ge", ["who-can get"]),
        ("exposed w", ["exposed web/shop"]),
        ("what-if payments r", ["what-if payments restricted"]),
        ("help scan", ["help scan"]),
        ("Which namespaces la", ["Which namespaces lack", "Which namespaces lacks"]),
        ("is web/shop expo", ["is web/shop exposed"]),
        ("who has cluster-admin in st", ["who has cluster-admin in staging"]),
        ("export production as=sa", ["export production as=sarif"]),
        ("love i", []),
    ],
)
def test_a_text_goes_on_as_the_grammar_has_it(prefix: str, lines: list[str]) -> None:
    found = complete(prefix, LIVE)
    assert found[: len(lines)] == lines
    assert lines or not found


def test_whole_questions_are_offered_too_but_not_where_an_argument_is_completed() -> None:
    assert "which pods run as root" in complete("which p", LIVE)
    in_short = ["list privileged", "list privilege-escalation"]
    assert complete("list privilege", LIVE) == [*in_short, "list privilege"]
    assert complete("list privilege", LIVE, sentences=False) == in_short


def test_an_empty_text_offers_every_word_first() -> None:
    assert complete("", LIVE)[: len(WORDS)] == [word.name for word in WORDS]


def test_a_select_takes_so_many() -> None:
    assert len(complete("explain ", LIVE)) == MOST
    assert len(complete("explain ", LIVE, most=5)) == 5


@given(st.text(max_size=400))
def test_anything_is_completed_at_once_or_not_at_all(prefix: str) -> None:
    began = time.thread_time()
    assert all(line.startswith(prefix.rpartition(" ")[0]) for line in complete(prefix, LIVE))
    assert time.thread_time() - began < 0.25
