"""Answers are kept for a day, what was asked for a month, and never too many or too much."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from reports.history import AnswerRow, History, answers


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kept(url: str, clock: Clock) -> Iterator[History]:
    opened = History.open(url, clock=clock)
    yield opened
    opened.close()


def row(name: str, clock: Clock, content: bytes = b"content") -> AnswerRow:
    return AnswerRow(name, "who-has cluster-admin", "U0ERIN", "C0SECURITY/1.2", clock(), False, content)


def test_an_answer_is_found_as_it_was_kept(kept: History, clock: Clock) -> None:
    given = replace(row("a", clock, b"\0\xff"), run=True)
    kept.keep_answer(given)
    assert kept.kept_answer("a") == given
    assert kept.kept_answer("b") is None


def test_another_process_finds_it(kept: History, clock: Clock, url: str) -> None:
    kept.keep_answer(row("a", clock))
    other = History.open(url)
    assert other.kept_answer("a") == row("a", clock)
    other.close()


def test_after_a_day_its_content_goes_and_after_a_month_all_of_it(kept: History, clock: Clock) -> None:
    first = row("a", clock)
    kept.keep_answer(first)
    clock.now += timedelta(hours=25)
    kept.keep_answer(row("b", clock))
    assert kept.kept_answer("a") == replace(first, content=None)
    clock.now += timedelta(days=31)
    kept.keep_answer(row("c", clock))
    assert kept.kept_answer("a") is None
    later = first.made + timedelta(hours=25)
    assert kept.kept_answer("b") == replace(first, id="b", made=later, content=None)


def test_the_oldest_contents_go_when_they_are_too_much(
    kept: History, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "MOST_BYTES", 100)
    for number in range(6):
        kept.keep_answer(row(f"{number}", clock, b"x" * 30))
    held = [name for name in map(str, range(6)) if (found := kept.kept_answer(name)) and found.content]
    assert held == ["3", "4", "5"]


def test_the_oldest_go_when_they_are_too_many(
    kept: History, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "MOST_ROWS", 3)
    for number in range(6):
        kept.keep_answer(row(f"{number}", clock))
    assert [name for name in map(str, range(6)) if kept.kept_answer(name)] == ["3", "4", "5"]


def test_hostile_commands_are_kept(kept: History, clock: Clock) -> None:
    kept.keep_answer(replace(row("a", clock), command="who-has \0 \ud800"))
    found = kept.kept_answer("a")
    assert found is not None
    assert found.command == "who-has \ufffd ?"
