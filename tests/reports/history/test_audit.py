"""The audit log on both databases: what is noted stays, whatever anybody tries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, create_engine, exc, text

from reports.history import Asked, History
from reports.history.errors import HistoryError
from reports.history.url import connect_arguments, parse

BEGUN = datetime(2026, 11, 25, 9, tzinfo=UTC)


class Clock:
    """Goes on by a minute at each look."""

    def __init__(self) -> None:
        self.now = BEGUN

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


def asked(command: str, asker: str = "U0ERIN", decision: str = "allowed") -> Asked:
    why = "" if decision == "allowed" else "This takes the role operator; yours is viewer."
    return Asked(asker, "C0OPS", command, decision, "viewer", why)


def engine_of(url: str) -> Engine:
    parsed = parse(url)
    return create_engine(parsed if parsed.drivername == "sqlite" else connect_arguments(parsed)[0])


def test_an_entry_has_its_end_once_there_is_one(history: History) -> None:
    first = history.note_asked(asked("who-has cluster-admin"))
    second = history.note_asked(asked("scan", decision="refused"))
    history.note_ended(first, "neutral", run="r-1", milliseconds=1200)
    newest, oldest = history.audit()
    assert (newest.number, newest.decision, newest.result, newest.run) == (second, "refused", None, None)
    assert newest.reason == "This takes the role operator; yours is viewer."
    assert (oldest.number, oldest.command, oldest.asker) == (first, "who-has cluster-admin", "U0ERIN")
    assert (oldest.result, oldest.run, oldest.milliseconds) == ("neutral", "r-1", 1200)
    assert oldest.at.tzinfo is not None


def test_it_can_be_asked_for_a_time_a_person_and_refusals(url: str) -> None:
    history = History.open(url, clock=Clock())
    history.note_asked(asked("status"))
    history.note_asked(asked("scan", decision="refused"))
    history.note_asked(asked("help", asker="U0OSCAR"))
    assert [each.command for each in history.audit()] == ["help", "scan", "status"]
    assert [each.command for each in history.audit(limit=1)] == ["help"]
    assert [each.command for each in history.audit(denied=True)] == ["scan"]
    assert [each.command for each in history.audit(asker="U0ERIN")] == ["scan", "status"]
    assert [each.command for each in history.audit(since=BEGUN + timedelta(minutes=2))] == ["help", "scan"]
    history.close()


def test_whatever_is_typed_can_be_kept_and_is_cut(history: History) -> None:
    history.note_asked(asked("can \0\ud800 " + "x" * 5000))
    (entry,) = history.audit()
    assert len(entry.command) == 1000
    assert entry.command.startswith("can \ufffd")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET asker = 'U0OTHER'",
        "DELETE FROM audit",
        "UPDATE audit_ends SET result = 'good'",
        "DELETE FROM audit_ends",
    ],
)
def test_the_database_itself_lets_nothing_be_changed(url: str, history: History, statement: str) -> None:
    entry = history.note_asked(asked("scan"))
    history.note_ended(entry, "bad", run="r-1", milliseconds=1)
    before = history.audit()
    engine = engine_of(url)
    with engine.connect() as connection, pytest.raises(exc.DatabaseError, match="only ever added to"):
        connection.execute(text(statement))
    engine.dispose()
    assert history.audit() == before


def test_no_row_takes_the_place_of_another(url: str, history: History) -> None:
    entry = history.note_asked(asked("scan"))
    history.note_ended(entry, "bad", run=None, milliseconds=1)
    with pytest.raises(HistoryError):
        history.note_ended(entry, "good", run=None, milliseconds=1)
    engine = engine_of(url)
    again = (
        "INSERT OR REPLACE INTO audit_ends VALUES (1, '2026-11-25', 'good', NULL, 1)"
        if url.startswith("sqlite")
        else "TRUNCATE audit_ends"
    )
    with engine.connect() as connection, pytest.raises(exc.DatabaseError, match="only ever added to"):
        connection.execute(text(again))
    engine.dispose()
    assert [each.result for each in history.audit()] == ["bad"]
