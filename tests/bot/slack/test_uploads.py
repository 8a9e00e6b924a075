"""Files on their way to Slack: the three steps, their arguments, and names of any letters."""

import pytest

from bot.slack.message import note
from bot.slack.posting import Posting
from bot.slack.tables import Upload
from tests.bot.slack.slack_app import connection
from tests.harness.slack_workspace import SECURITY
from tests.harness.strict_slack import StrictSlack

pytestmark = pytest.mark.slack

NAME = "Prüfbericht 日本 “prod”.csv"
CONTENT = "Größe,€\n".encode() * 100


def test_rule_32_a_file_takes_three_steps_to_a_thread_of_a_channel_by_id(strict_slack: StrictSlack) -> None:
    posting = Posting(connection(strict_slack.api_url))
    posted = posting.post(SECURITY.id, note("the verdict"))
    posting.upload(posted.channel, Upload("a.csv", "All findings", CONTENT), posted.ts)
    assert strict_slack.calls == [
        "chat.postMessage",
        "files.getUploadURLExternal",
        "files.completeUploadExternal",
    ]
    (last,) = strict_slack.slack.api_log("files.completeUploadExternal")
    assert last.detail["channel_id"] == SECURITY.id
    assert last.detail["thread_ts"] == posted.ts
    (shared,) = strict_slack.slack.thread(SECURITY, posted.ts)
    assert [file.title for file in shared.files] == ["All findings"]


def test_rule_33_the_length_is_told_in_bytes_and_a_name_keeps_its_letters(strict_slack: StrictSlack) -> None:
    Posting(connection(strict_slack.api_url)).upload(SECURITY.id, Upload(NAME, "T", CONTENT), None)
    (asked,) = strict_slack.slack.api_log("files.getUploadURLExternal")
    assert asked.detail["filename"] == NAME
    assert int(asked.detail["length"]) == len(CONTENT)
    (file,) = strict_slack.slack.files(SECURITY)
    assert (file.name, strict_slack.slack.download(file)) == (NAME, CONTENT)
