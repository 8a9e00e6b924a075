"""Whatever answers in Slack's place, or breaks on the way: an error of ours, in time, nothing sent twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.rights.roles import Standing
from bot.rights.settings import RightsSettings
from bot.slack.client import Connection
from bot.slack.errors import Ambiguous, RateLimited, SlackError, SlackUnreachable
from bot.slack.inspection import inspect
from bot.slack.message import note
from bot.slack.people import People
from bot.slack.posting import PATIENCE, Posted, Posting
from bot.slack.tables import Upload
from tests.harness import broken_slack as wire
from tests.harness.broken_slack import BrokenSlack, Mishap, broken_slack, says

TIMEOUT = 0.3
HELLO = note("hello")
POSTED = Posted("C1", "1.000001")
GROUPED = RightsSettings.model_validate(
    {"grants": [{"role": "viewer", "groups": ["S0PAY"], "users": ["U0ERIN"]}]}
)

OPEN = {
    "torn down": wire.reset,
    "closed": wire.closed,
    "half open": wire.silent,
    "cut short": wire.cut,
    "not HTTP": wire.no_http,
    "endless headers": wire.endless_head,
    "HTML": says(200, b"<html>hello</html>"),
    "a list": says(200, b"[1]"),
    "null": says(200, b"null"),
    "a word": says(200, b'"okay"'),
    "no UTF-8": says(200, b"\xff\xfe\x00"),
    "neither yes nor no": says(200, b'{"ok": false}'),
    "without a word": says(204, b""),
    "500": says(500, b"oops"),
    "502 in JSON": says(502, b'{"ok": false, "error": "bad_gateway"}'),
}
"""Nobody knows whether Slack did what it was asked to."""
NOT_DONE = {
    "a page that is not there": says(404, b"<html>no such page</html>"),
    "a proxy that wants a password": says(407, b"<html>log in</html>"),
    "round in circles": says(302, b"", "Location: /again"),
}
"""It never got to Slack."""
SLOWER = {
    "soon": says(429, b"", "Retry-After: soon"),
    "never": says(429, b""),
    "before": says(429, b"", "Retry-After: -5"),
    "forever": says(429, b"", "Retry-After: inf"),
    "not a number": says(429, b"", "Retry-After: nan"),
}
"""429, with something else than a number of seconds."""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.slack.client.TIMEOUT", TIMEOUT)


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def connection(there: BrokenSlack) -> Connection:
    return Connection("xoxb-1", "xapp-1", f"{there.url}api/")


CHANGES: dict[str, Callable[[Posting, str], object]] = {
    "post": lambda posting, _: posting.post("C1", HELLO),
    "respond": lambda posting, url: posting.respond(f"{url}reply", HELLO),
    "whisper": lambda posting, _: posting.whisper("C1", "U1", HELLO),
    "upload": lambda posting, _: posting.upload("C1", Upload("a.txt", "A", b"x"), "1.000001"),
}
"""What must not be done twice."""


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("mishap", OPEN.values(), ids=OPEN)
def test_rule_25_what_may_have_happened_is_not_repeated(mishap: Mishap, change: str) -> None:
    with broken_slack(mishap) as there:
        posting = Posting(connection(there), sleep=lambda _: None)
        with pytest.raises(SlackError) as raised:
            CHANGES[change](posting, there.url)
        assert len(there.asked) == 1
    if change == "post":
        assert type(raised.value) is Ambiguous


@pytest.mark.parametrize("mishap", OPEN.values(), ids=OPEN)
def test_what_may_be_done_twice_is_tried_three_times(mishap: Mishap) -> None:
    with broken_slack(mishap) as there:
        with pytest.raises(Ambiguous):
            Posting(connection(there), sleep=lambda _: None).edit(POSTED, HELLO)
        assert there.asked == ["chat.update"] * 3


@pytest.mark.parametrize("mishap", NOT_DONE.values(), ids=NOT_DONE)
def test_what_never_got_to_slack_is_tried_again_and_names_what_answered(mishap: Mishap) -> None:
    with broken_slack(mishap) as there:
        posting = Posting(connection(there), sleep=lambda _: None)
        with pytest.raises(SlackUnreachable, match=r"answered in its place \(HTTP \d+\).*slack\.proxy"):
            posting.post("C1", HELLO)
        assert len(there.asked) >= 3


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("mishap", SLOWER.values(), ids=SLOWER)
def test_rule_21_a_429_without_a_time_has_an_end(mishap: Mishap, change: str) -> None:
    with broken_slack(mishap) as there:
        clock = Clock()
        begun = clock.now
        posting = Posting(connection(there), sleep=clock.sleep, clock=clock)
        with pytest.raises(RateLimited):
            CHANGES[change](posting, there.url)
        assert clock.now - begun <= PATIENCE + 1
        assert 1 <= len(there.asked) <= PATIENCE + 1


def test_rule_21_a_method_that_is_to_rest_forever_is_asked_again_some_time() -> None:
    clock = Clock()
    with broken_slack(SLOWER["forever"]) as there:
        posting = Posting(connection(there), sleep=clock.sleep, clock=clock)
        with pytest.raises(RateLimited):
            posting.post("C1", HELLO)
        there.mishap = says(200, b'{"ok": true, "channel": "C1", "ts": "1.000001"}')
        clock.sleep(600)
        assert posting.post("C1", HELLO) == POSTED


@pytest.mark.parametrize("answer", [b'{"ok": true}', b'{"ok": true, "channel": [], "ts": {}, "file": 5}'])
@pytest.mark.parametrize("change", ["post", "upload"])
def test_an_answer_without_its_parts_is_none(answer: bytes, change: str) -> None:
    with broken_slack(says(200, answer)) as there, pytest.raises(Ambiguous):
        CHANGES[change](Posting(connection(there), sleep=lambda _: None), there.url)


@pytest.mark.parametrize("mishap", [*OPEN.values(), *NOT_DONE.values()], ids=[*OPEN, *NOT_DONE])
def test_whoever_cannot_be_looked_up_has_no_rights_and_doctor_says_why(mishap: Mishap) -> None:
    with broken_slack(mishap) as there:
        people = People(connection(there), GROUPED, lambda: "T1")
        assert people.asker("U1", "C1").standing is Standing.UNKNOWN
        problems = [each for each in inspect(connection(there), ("C1",), GROUPED) if not each.ok]
    assert problems
    assert all(each.next_step for each in problems)


def test_rule_21_while_looking_people_up_rests_nobody_is_asked_about() -> None:
    clock = Clock()
    with broken_slack(says(429, b"", "Retry-After: 30")) as there:
        people = People(connection(there), RightsSettings(), lambda: "T1", clock)
        for user in ("U1", "U2", "U1"):
            assert people.asker(user, "C1").standing is Standing.UNKNOWN
        assert there.asked == ["users.info"]
        there.mishap = says(200, b'{"ok": true, "user": {"id": "U2", "team_id": "T1"}}')
        clock.sleep(30)
        assert people.asker("U2", "C1").standing is Standing.MEMBER
