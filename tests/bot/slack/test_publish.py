"""A scheduled post is made once: whatever fails in between, nothing is repeated or silently lost."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.slack.posting import Posting
from bot.slack.publish import Publisher
from reports.history import History
from reports.history.records import PostRecord, PostState
from tests.bot.slack.commands import pdf, scanned
from tests.bot.slack.slack_app import connection
from tests.harness.slack_workspace import RANDOM, SECURITY
from tests.harness.strict_slack import StrictSlack

pytestmark = pytest.mark.slack

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
KEY = "weekly/2026-11-24T06:00:00+00:00"
VERDICT = "🔴 Attention: production: 1 critical, 3 high findings; 3 new, 2 fixed since Monday."


class WatchedLedger:
    """The real ledger, with every state that a part was in written down."""

    def __init__(self, history: History) -> None:
        self.lines: list[tuple[str, PostState]] = []
        self._history = history

    def look_up(self, key: str) -> PostRecord | None:
        return self._history.look_up(key)

    def record(self, key: str, channel: str, state: PostState, ts: str | None = None) -> None:
        self._history.record(key, channel, state, ts)
        self.lines.append((key.removeprefix(f"{KEY}/"), state))


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    opened = History.open(f"sqlite:///{tmp_path / 'history.db'}")
    yield opened
    opened.close()


@pytest.fixture
def ledger(history: History) -> WatchedLedger:
    return WatchedLedger(history)


@pytest.fixture
def publisher(strict_slack: StrictSlack, ledger: WatchedLedger) -> Publisher:
    return Publisher(Posting(connection(strict_slack.api_url)), ledger)


def seen(strict: StrictSlack) -> list[str]:
    return [message.text for message in strict.slack.messages(SECURITY)]


def test_summary_details_and_pdf_each_once_however_often_it_is_called(
    strict_slack: StrictSlack, publisher: Publisher, ledger: WatchedLedger, tmp_path: Path
) -> None:
    answer = scanned("report production", files=(pdf(tmp_path),))
    first = publisher.publish(answer, SECURITY.id, KEY, now=NOW)
    again = publisher.publish(answer, SECURITY.id, KEY, now=NOW)
    assert first == again
    assert first.problems == ()
    assert first.ts is not None
    assert seen(strict_slack) == [VERDICT]
    thread = strict_slack.slack.thread(SECURITY, first.ts)
    assert [m.text or m.files[0].name for m in thread] == [
        "Critical: 1",
        "High: 3",
        "Prüfbericht production.pdf",
    ]
    parts = ["summary", "detail-1", "detail-2", "file-Prüfbericht production.pdf"]
    assert ledger.lines == [
        (part, state) for part in parts for state in (PostState.POSTING, PostState.POSTED)
    ]


def test_rule_34_a_pdf_that_failed_is_made_up_for_without_a_second_summary(
    strict_slack: StrictSlack, publisher: Publisher, tmp_path: Path
) -> None:
    answer = scanned("report production", files=(pdf(tmp_path),))
    strict_slack.fail("files.completeUploadExternal", "not_in_channel")
    first = publisher.publish(answer, SECURITY.id, KEY, now=NOW)
    assert first.ts is not None
    (problem,) = first.problems
    assert "/invite @Quarterdeck" in problem
    assert strict_slack.slack.files() == ()
    assert publisher.publish(answer, SECURITY.id, KEY, now=NOW).problems == ()
    assert seen(strict_slack) == [VERDICT]
    assert len(strict_slack.slack.files()) == 1
    assert len(strict_slack.slack.thread(SECURITY, first.ts)) == 3


def test_rule_25_a_summary_of_unknown_fate_is_repeated_once_and_says_so(
    strict_slack: StrictSlack, publisher: Publisher, ledger: WatchedLedger
) -> None:
    strict_slack.lose_answer("chat.postMessage")
    first = publisher.publish(scanned("scan"), SECURITY.id, KEY, now=NOW)
    assert first.ts is None
    assert "Look in the channel" in first.problems[0]
    assert ledger.lines == [("summary", PostState.POSTING), ("summary", PostState.AMBIGUOUS)]
    assert len(seen(strict_slack)) == 1
    second = publisher.publish(scanned("scan"), SECURITY.id, KEY, now=NOW)
    third = publisher.publish(scanned("scan"), SECURITY.id, KEY, now=NOW)
    assert second.ts == third.ts
    assert seen(strict_slack) == [VERDICT, VERDICT]
    repeated = strict_slack.slack.messages(SECURITY)[1]
    assert "This may repeat r-20261124-1" in repeated.blocks[-1]["elements"][0]["text"]


def test_a_file_of_unknown_fate_is_not_sent_again(
    strict_slack: StrictSlack, publisher: Publisher, tmp_path: Path
) -> None:
    answer = scanned("report production", files=(pdf(tmp_path),))
    strict_slack.lose_answer("files.completeUploadExternal")
    publisher.publish(answer, SECURITY.id, KEY, now=NOW)
    again = publisher.publish(answer, SECURITY.id, KEY, now=NOW)
    assert "may have been posted" in again.problems[0]
    assert len(strict_slack.slack.files()) == 1


def test_a_crash_between_ledger_and_post_is_of_unknown_fate_too(
    strict_slack: StrictSlack, publisher: Publisher, ledger: WatchedLedger
) -> None:
    ledger.record(f"{KEY}/summary", SECURITY.id, PostState.POSTING)
    publisher.publish(scanned("scan"), SECURITY.id, KEY, now=NOW)
    (message,) = strict_slack.slack.messages(SECURITY)
    assert "This may repeat" in message.blocks[-1]["elements"][0]["text"]


def test_a_channel_without_us_is_a_problem_not_a_crash(publisher: Publisher, ledger: WatchedLedger) -> None:
    published = publisher.publish(scanned("scan"), RANDOM.id, KEY, now=NOW)
    assert published.ts is None
    assert "/invite @Quarterdeck" in published.problems[0]
    assert ledger.lines[-1] == ("summary", PostState.FAILED)


def test_rule_53_of_two_processes_one_posts(
    strict_slack: StrictSlack, publisher: Publisher, ledger: WatchedLedger
) -> None:
    class Late(WatchedLedger):
        """Sees nothing yet, though the other process is posting already."""

        def look_up(self, key: str) -> PostRecord | None:
            assert key
            return None

    first = publisher.publish(scanned("scan"), SECURITY.id, KEY, now=NOW)
    late = Publisher(Posting(connection(strict_slack.api_url)), Late(ledger._history))
    second = late.publish(scanned("scan"), SECURITY.id, KEY, now=NOW)
    assert first.ts is not None
    assert second.ts is None
    assert "another process" in second.problems[0]
    assert seen(strict_slack) == [VERDICT]


def test_rule_45_nothing_of_a_scheduled_post_is_ephemeral(
    strict_slack: StrictSlack, publisher: Publisher, tmp_path: Path
) -> None:
    publisher.publish(scanned("report production", files=(pdf(tmp_path),)), SECURITY.id, KEY, now=NOW)
    assert "chat.postEphemeral" not in strict_slack.calls
    (summary,) = strict_slack.slack.messages(SECURITY)
    thread = strict_slack.slack.thread(SECURITY, summary.ts)
    assert {message.ephemeral_to for message in (summary, *thread)} == {None}
