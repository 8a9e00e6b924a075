"""The way out when Slack misbehaves: 429, failing gateways, lost answers, refused blocks, wrong tokens."""

import itertools
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.slack.client import Connection
from bot.slack.delivery import Delivery
from bot.slack.errors import (
    Ambiguous,
    BadToken,
    ChannelNotFound,
    FileRefused,
    MessageGone,
    MissingScope,
    NotInChannel,
    ReplyExpired,
    SlackRefused,
    SlackUnreachable,
)
from bot.slack.message import Message, note
from bot.slack.pace import Replies
from bot.slack.place import Place
from bot.slack.posting import Posted, Posting
from bot.slack.tables import Layout, Upload, section
from tests.bot.slack.slack_app import connection
from tests.harness.slack_workspace import BOARD, ERIN, GENERAL, RANDOM, SECURITY
from tests.harness.strict_slack import StrictSlack

pytestmark = pytest.mark.slack

HELLO = note("hello")


class Sleeps:
    """Sleeping that takes no time and is remembered."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def sleeps() -> Sleeps:
    return Sleeps()


@pytest.fixture
def posting(strict_slack: StrictSlack) -> Posting:
    return Posting(connection(strict_slack.api_url))


def in_security(strict: StrictSlack) -> list[str]:
    return [message.text for message in strict.slack.messages(SECURITY)]


def test_a_message_is_posted_edited_and_answered_in_its_thread(
    strict_slack: StrictSlack, posting: Posting
) -> None:
    posted = posting.post(SECURITY.id, HELLO)
    posting.edit(posted, note("hello again"))
    posting.post(SECURITY.id, note("below"), posted.ts)
    assert in_security(strict_slack) == ["hello again"]
    assert [m.text for m in strict_slack.slack.thread(SECURITY, posted.ts)] == ["below"]


def test_rule_21_429_is_waited_out_and_the_message_arrives_once(strict_slack: StrictSlack) -> None:
    started = threading.Event()
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        started.wait(seconds)

    posting = Posting(connection(strict_slack.api_url), sleep=sleep)
    strict_slack.rate_limit("chat.postMessage", retry_after=1, times=2)
    posting.post(SECURITY.id, HELLO)
    assert in_security(strict_slack) == ["hello"]
    assert sum(waits) >= 1.9


def test_rule_21_while_one_method_rests_the_others_go_on(strict_slack: StrictSlack) -> None:
    resting, rest = threading.Event(), threading.Event()

    def sleep(seconds: float) -> None:
        if seconds > 1:
            resting.set()
            rest.wait(seconds)

    posting = Posting(connection(strict_slack.api_url), sleep=sleep)
    first = posting.post(SECURITY.id, HELLO)
    strict_slack.rate_limit("chat.postMessage", retry_after=2)
    late = threading.Thread(target=lambda: posting.post(SECURITY.id, note("late")))
    late.start()
    assert resting.wait(5)
    posting.edit(first, note("edited meanwhile"))
    posting.upload(SECURITY.id, Upload("x.txt", "x", b"x"), first.ts)
    assert in_security(strict_slack) == ["edited meanwhile"]
    late.join()
    assert in_security(strict_slack) == ["edited meanwhile", "late"]


def test_progress_is_dropped_rather_than_waited_for(strict_slack: StrictSlack, posting: Posting) -> None:
    posted = posting.post(SECURITY.id, HELLO)
    shown = [posting.edit_if_free(posted, note(f"{n}")) for n in range(25)]
    assert shown == [True] * 15 + [False] * 10
    posting.edit(posted, note("the end"))
    assert in_security(strict_slack) == ["the end"]


def test_rule_24_a_lost_answer_is_never_posted_again(strict_slack: StrictSlack, posting: Posting) -> None:
    strict_slack.lose_answer("chat.postMessage")
    with pytest.raises(Ambiguous, match="Look in the channel before you repeat it"):
        posting.post(SECURITY.id, HELLO)
    assert in_security(strict_slack) == ["hello"]


@pytest.mark.parametrize("status", [500, 503])
def test_a_failing_gateway_leaves_a_post_open(
    strict_slack: StrictSlack, posting: Posting, status: int
) -> None:
    strict_slack.break_down("chat.postMessage", status)
    with pytest.raises(Ambiguous, match=str(status)):
        posting.post(SECURITY.id, HELLO)
    assert len(strict_slack.slack.api_log("chat.postMessage")) == 0


def test_an_edit_is_repeated_since_it_may_be(strict_slack: StrictSlack, sleeps: Sleeps) -> None:
    posting = Posting(connection(strict_slack.api_url), sleep=sleeps)
    posted = posting.post(SECURITY.id, HELLO)
    strict_slack.lose_answer("chat.update")
    strict_slack.break_down("chat.update", 503)
    posting.edit(posted, note("done"))
    assert in_security(strict_slack) == ["done"]


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_blocks_too_long", "invalid_blocks_format"])
def test_rule_19_refused_blocks_become_plain_text_and_a_file(
    strict_slack: StrictSlack, posting: Posting, code: str
) -> None:
    strict_slack.fail("chat.postMessage", code)
    posted = posting.post(SECURITY.id, Message("the verdict", (section("the whole story"),)))
    (message,) = strict_slack.slack.messages(SECURITY)
    assert (message.text, message.blocks) == ("the verdict", ())
    (file,) = strict_slack.slack.files(SECURITY)
    assert "the whole story" in strict_slack.slack.download(file).decode()
    assert strict_slack.slack.thread(SECURITY, posted.ts)[0].files == (file,)


def test_refused_blocks_of_an_edit_too(strict_slack: StrictSlack, posting: Posting) -> None:
    posted = posting.post(SECURITY.id, HELLO)
    strict_slack.fail("chat.update", "invalid_blocks")
    posting.edit(posted, Message("the verdict", (section("the whole story"),)))
    assert in_security(strict_slack) == ["the verdict"]
    assert len(strict_slack.slack.files(SECURITY)) == 1


def test_blocks_that_really_are_too_long_are_seen_all_the_same(
    strict_slack: StrictSlack, posting: Posting
) -> None:
    posting.post(SECURITY.id, Message("the verdict", tuple(section("x" * 2900) for _ in range(9))))
    assert in_security(strict_slack) == ["the verdict"]
    assert strict_slack.slack.files(SECURITY)[0].size > 9 * 2900


@pytest.mark.parametrize(
    ("code", "error", "step"),
    [
        ("invalid_auth", BadToken, "restart Quarterdeck"),
        ("token_revoked", BadToken, "restart Quarterdeck"),
        ("not_in_channel", NotInChannel, "/invite @Quarterdeck"),
        ("channel_not_found", ChannelNotFound, "/invite @Quarterdeck"),
        ("restricted_action", SlackRefused, "quarterdeck doctor"),
    ],
)
def test_each_refusal_says_what_to_do(
    strict_slack: StrictSlack, posting: Posting, code: str, error: type[Exception], step: str
) -> None:
    strict_slack.fail("chat.postMessage", code)
    with pytest.raises(error, match=step):
        posting.post(SECURITY.id, HELLO)


def test_rule_37_a_missing_scope_is_named(strict_slack: StrictSlack) -> None:
    strict_slack.scopes = frozenset({"commands"})
    with pytest.raises(MissingScope, match=r"lacks the scope chat:write.*reinstall") as raised:
        Posting(connection(strict_slack.api_url)).post(SECURITY.id, HELLO)
    assert raised.value.needed == "chat:write"


def test_a_wrong_token_never_shows_in_the_message(strict_slack: StrictSlack) -> None:
    with pytest.raises(BadToken) as raised:
        Posting(connection(strict_slack.api_url, bot_token="xoxb-wrong-secret")).post(SECURITY.id, HELLO)
    assert "wrong-secret" not in f"{raised.value} {raised.value!r} {connection('')!r}"


def test_a_message_that_is_gone_is_said(strict_slack: StrictSlack, posting: Posting) -> None:
    with pytest.raises(MessageGone):
        posting.edit(Posted(SECURITY.id, "1.000001"), HELLO)


def test_channels_without_us_are_told_apart(strict_slack: StrictSlack, posting: Posting) -> None:
    with pytest.raises(NotInChannel):
        posting.post(RANDOM.id, HELLO)
    with pytest.raises(ChannelNotFound):
        posting.post(BOARD.id, HELLO)
    with pytest.raises(NotInChannel):
        posting.upload(RANDOM.id, Upload("x.txt", "x", b"x"), None)


def test_a_file_that_is_not_there_or_empty_is_not_sent(
    strict_slack: StrictSlack, posting: Posting, tmp_path: Path
) -> None:
    with pytest.raises(SlackRefused, match=r"cannot be read: No such file"):
        posting.upload(SECURITY.id, Upload("a.pdf", "x", tmp_path / "absent.pdf"), None)
    with pytest.raises(SlackRefused, match="is empty"):
        posting.upload(SECURITY.id, Upload("a.pdf", "x", b""), None)
    strict_slack.fail("files.completeUploadExternal", "blocked_file_type")
    with pytest.raises(FileRefused, match="administrator"):
        posting.upload(SECURITY.id, Upload("a.pdf", "x", b"x"), None)
    assert strict_slack.slack.files() == ()


def test_a_dead_response_url_is_an_error_of_ours(strict_slack: StrictSlack, posting: Posting) -> None:
    with pytest.raises(ReplyExpired):
        posting.respond(f"{strict_slack.slack.url}/_hooks/response/none", HELLO)


def test_rule_21_one_a_second_and_channel_after_a_burst(strict_slack: StrictSlack, sleeps: Sleeps) -> None:
    posting = Posting(connection(strict_slack.api_url), sleep=sleeps)
    for _, channel in itertools.product(range(6), (SECURITY, GENERAL)):
        posting.post(channel.id, HELLO)
    waits = [round(seconds) for seconds in sleeps.slept if seconds]
    assert sorted(waits) == [1, 1, 2, 2, 3, 3]


def test_slack_away_is_tried_again_then_said(sleeps: Sleeps) -> None:
    posting = Posting(connection("http://127.0.0.1:9/api/"), sleep=sleeps)
    with pytest.raises(SlackUnreachable, match=r"cannot be reached: connection refused.*slack\.proxy"):
        posting.post(SECURITY.id, HELLO)
    assert sleeps.slept[-2:] == [1, 2]


def test_rule_42_calls_go_through_the_proxy(sleeps: Sleeps) -> None:
    away = Connection("xoxb-x", "xapp-x", "http://slack.invalid/api/", proxy="http://127.0.0.1:9")
    with pytest.raises(SlackUnreachable, match="connection refused"):
        Posting(away, sleep=sleeps).post(SECURITY.id, HELLO)


def test_a_certificate_file_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate")
    for path in (tmp_path / "ca.pem", tmp_path / "absent.pem"):
        with pytest.raises(SlackUnreachable, match=r"slack\.ca_file"):
            Posting(Connection("xoxb-x", "xapp-x", ca_file=path))


def test_a_workspace_that_refuses_table_blocks_gets_the_list(
    strict_slack: StrictSlack, posting: Posting
) -> None:
    strict_slack.fail("chat.postMessage", "invalid_blocks")
    message = Message("verdict", (section("as a table"),), plainer=(section("as a list"),))
    posting.post(SECURITY.id, message)
    (shown,) = strict_slack.slack.messages(SECURITY)
    assert "as a list" in str(shown.blocks)
    assert strict_slack.slack.files(SECURITY) == ()


def test_rule_19_what_breaks_a_rule_is_not_sent_but_given_as_text_and_file(
    strict_slack: StrictSlack, posting: Posting
) -> None:
    posting.post(SECURITY.id, Message("verdict", (section("x" * 3001),)))
    (shown,) = strict_slack.slack.messages(SECURITY)
    assert (shown.text, shown.blocks) == ("verdict", ())
    (file,) = strict_slack.slack.files(SECURITY)
    assert strict_slack.slack.download(file).decode() == "verdict\n" + "x" * 3001
    assert len(strict_slack.slack.api_log("chat.postMessage")) == 1


def test_rule_16_an_edit_has_text_blocks_and_the_channels_id(
    strict_slack: StrictSlack, posting: Posting
) -> None:
    posting.edit(posting.post(SECURITY.id, HELLO), note("again"))
    edit = strict_slack.slack.api_log("chat.update")[-1].detail
    assert (edit["channel"], edit["text"], bool(edit["blocks"])) == (SECURITY.id, "again", True)


def test_rule_6_a_response_url_is_used_five_times_then_it_is_whispered(
    strict_slack: StrictSlack, posting: Posting
) -> None:
    place = Place(SECURITY.id, ERIN.id, response_url=f"{strict_slack.slack.url}/_hooks/response/gone")
    delivery = Delivery(posting, Layout.LIST, lambda: datetime.now(UTC), None)
    delivery.whisper(place, HELLO)
    (shown,) = strict_slack.slack.messages(SECURITY)
    assert (shown.text, shown.ephemeral_to) == ("hello", ERIN.id)
    for _ in range(7):
        delivery.whisper(place, HELLO)
    assert len(strict_slack.slack.api_log("chat.postEphemeral")) == 8


def test_rule_6_replies_are_counted_for_half_an_hour() -> None:
    now = [0.0]
    replies = Replies(lambda: now[0])
    assert [replies.take("a") for _ in range(6)] == [True] * 5 + [False]
    assert replies.take("b")
    now[0] = 1801
    assert replies.take("a")
