"""The local Slack really carries a Bolt app: what a person does arrives, what the app answers is seen."""

import contextlib
import json
import os
import subprocess
import sys
import textwrap
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from slack_bolt import App, BoltRequest
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot import local_slack as launcher
from bot.local_slack import LocalSlackError
from tests.harness.local_slack import LocalSlack
from tests.harness.slack_workspace import APP, ERIN, OSCAR, SECURITY

pytestmark = pytest.mark.slack

QUESTION_FORM = {
    "type": "modal",
    "callback_id": "ask",
    "title": {"type": "plain_text", "text": "Ask"},
    "blocks": [
        {
            "type": "input",
            "block_id": "question",
            "label": {"type": "plain_text", "text": "Question"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}


def bolt_app(client: WebClient) -> App:
    app = App(client=client)

    @app.command("/quarterdeck")
    def on_command(ack: Any, command: dict[str, str], respond: Any, client: WebClient) -> None:
        ack()
        if command["text"] == "ask":
            client.views_open(trigger_id=command["trigger_id"], view=QUESTION_FORM)
        else:
            respond(f"You said {command['text']}", response_type="ephemeral")

    @app.event("app_mention")
    def on_mention(event: dict[str, str], say: Any) -> None:
        say(
            text="Which one?",
            thread_ts=event["ts"],
            blocks=[
                {
                    "type": "actions",
                    "block_id": "choice",
                    "elements": [
                        {
                            "type": "button",
                            "action_id": "more",
                            "value": "42",
                            "text": {"type": "plain_text", "text": "More"},
                        }
                    ],
                }
            ],
        )

    @app.event("message")
    def on_message(event: dict[str, str], say: Any) -> None:
        if event["channel_type"] == "im":
            say(f"Privately: {event['text']}")

    @app.action("more")
    def on_more(ack: Any, action: dict[str, str], respond: Any) -> None:
        ack()
        respond(f"More about {action['value']}", replace_original=True)

    @app.view("ask")
    def on_ask(ack: Any, view: dict[str, Any]) -> None:
        asked = view["state"]["values"]["question"]["text"]["value"]
        if asked:
            ack()
        else:
            ack(response_action="errors", errors={"question": "Ask something."})

    @app.event("app_home_opened")
    def on_home(event: dict[str, str], client: WebClient) -> None:
        section = {"type": "section", "text": {"type": "mrkdwn", "text": "Two clusters"}}
        client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [section]})

    return app


@pytest.fixture
def client(local_slack: LocalSlack) -> WebClient:
    return WebClient(token=APP.bot_token, base_url=local_slack.api_url)


@pytest.fixture(scope="module")
def connected() -> Iterator[LocalSlack]:
    """A workspace with a small Bolt app connected to it; once a module, since closing a socket takes 3 s."""
    with LocalSlack() as slack:
        client, app_client = (WebClient(t, base_url=slack.api_url) for t in (APP.bot_token, APP.app_token))
        handler = SocketModeHandler(bolt_app(client), APP.app_token, web_client=app_client)
        handler.connect()  # type: ignore[no-untyped-call]
        slack.wait_connected()
        yield slack
        handler.close()  # type: ignore[no-untyped-call]


@pytest.fixture
def slack(connected: LocalSlack) -> LocalSlack:
    connected.reset()
    return connected


def test_a_slash_command_is_acknowledged_and_answered_to_its_sender_alone(slack: LocalSlack) -> None:
    assert slack.command(ERIN, SECURITY, "scan prod") < 3
    answer = slack.wait_for(lambda: slack.messages(SECURITY, ERIN), what="the answer")[0]
    assert answer.text == "You said scan prod"
    assert (answer.ephemeral_to, answer.bot_id) == (ERIN.id, APP.bot_id)
    assert slack.messages(SECURITY, OSCAR) == ()


def test_a_mention_is_answered_in_its_thread_and_a_click_edits_the_answer(slack: LocalSlack) -> None:
    question = slack.mention(ERIN, SECURITY, "who has cluster-admin")
    answer = slack.wait_for(lambda: slack.thread(SECURITY, question.ts), what="the reply")[0]
    assert answer.text == "Which one?"
    slack.click(OSCAR, answer, "more")
    edited = slack.wait_for(
        lambda: [m for m in slack.thread(SECURITY, question.ts) if m.text == "More about 42"]
    )
    assert edited[0].ts == answer.ts
    assert [m.ts for m in slack.messages(SECURITY)] == [question.ts]
    with pytest.raises(LocalSlackError, match=r"No 'less' in the message; it offers \['more'\]"):
        slack.click(OSCAR, answer, "less")


def test_a_direct_message_is_answered_there(slack: LocalSlack) -> None:
    asked = slack.dm(ERIN, "status")
    answer = slack.wait_for(lambda: slack.messages(asked.channel)[1:], what="the answer")[0]
    assert answer.text == "Privately: status"


def test_a_modal_shows_its_errors_and_closes_when_it_is_accepted(slack: LocalSlack) -> None:
    slack.command(ERIN, SECURITY, "ask")
    modal = slack.wait_for(slack.modal, what="the modal")
    assert modal["callback_id"] == "ask"
    assert slack.submit(ERIN, {}) == {"question": "Ask something."}
    assert slack.modal() is not None
    typed = {"question": {"text": {"type": "plain_text_input", "value": "who has cluster-admin"}}}
    assert slack.submit(ERIN, typed) == {}
    assert slack.modal() is None


def test_opening_app_home_shows_what_the_app_publishes(slack: LocalSlack) -> None:
    assert slack.home(ERIN) is None
    slack.open_home(ERIN)
    home = slack.wait_for(lambda: slack.home(ERIN), what="the Home tab")
    assert home["blocks"][0]["text"]["text"] == "Two clusters"
    assert slack.home(OSCAR) is None


def test_an_uploaded_file_is_read_back_byte_for_byte(local_slack: LocalSlack, client: WebClient) -> None:
    content = bytes(range(256)) * 4096 + b"%PDF-1.7"
    parent = client.chat_postMessage(channel=SECURITY.id, text="Report")["ts"]
    client.files_upload_v2(
        channel=SECURITY.id, thread_ts=parent, content=content, filename="Prüfbericht 47.pdf", title="Weekly"
    )
    (shared,) = local_slack.thread(SECURITY, parent)
    (file,) = shared.files
    assert (file.name, file.title, file.mimetype) == ("Prüfbericht 47.pdf", "Weekly", "application/pdf")
    assert file.size == len(content)
    assert local_slack.download(file) == content
    assert local_slack.files(SECURITY) == local_slack.files() == (file,)
    uploads = [call.summary for call in local_slack.api_log() if call.summary.startswith("files.")]
    assert uploads == ["files.getUploadURLExternal", "files.completeUploadExternal"]


@pytest.mark.parametrize("secret", [APP.signing_secret, "another secret"])
def test_signed_requests_reach_an_app_that_knows_the_secret(secret: str) -> None:
    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            answer = app.dispatch(BoltRequest(body=body, headers=dict(self.headers.items())))
            self.send_response(answer.status)
            self.end_headers()
            self.wfile.write(answer.body.encode())

        def log_message(self, *_: object) -> None:
            """The emulator's log is enough."""

    with (
        HTTPServer(("127.0.0.1", 0), Endpoint) as server,
        LocalSlack(request_url=f"http://127.0.0.1:{server.server_port}/slack/events") as slack,
    ):
        app = App(
            client=WebClient(token=APP.bot_token, base_url=slack.api_url),
            signing_secret=secret,
            token_verification_enabled=False,
        )
        app.command("/quarterdeck")(lambda ack, command: ack(text=command["text"], response_type="ephemeral"))
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        slack.command(ERIN, SECURITY, "scan")
        server.shutdown()
        answers = [message.text for message in slack.messages(SECURITY)]
        statuses = [entry.summary for entry in slack.log() if entry.summary.startswith("HTTP ")]
    known = secret == APP.signing_secret
    assert answers == (["scan"] if known else [])
    assert statuses == (["HTTP 200"] if known else ["HTTP 401"])


def test_commands_without_a_connected_app_fail_loudly(local_slack: LocalSlack) -> None:
    with pytest.raises(LocalSlackError, match="No app is connected"):
        local_slack.command(ERIN, SECURITY, "scan")


def test_waiting_in_vain_shows_the_traffic(local_slack: LocalSlack, client: WebClient) -> None:
    client.auth_test()
    with pytest.raises(LocalSlackError, match=r"in vain for a reply\. Log:\n.*auth\.test"):
        local_slack.wait_for(lambda: None, timeout=0.1, what="a reply")


def test_reset_empties_the_workspace(local_slack: LocalSlack, client: WebClient) -> None:
    client.chat_postMessage(channel=SECURITY.id, text="hello")
    local_slack.reset()
    assert local_slack.messages(SECURITY) == ()
    assert local_slack.api_log() == ()


def test_it_listens_on_the_loopback_interface_only(local_slack: LocalSlack) -> None:
    port = int(local_slack.url.rsplit(":", 1)[1])
    tables = [Path(f"/proc/net/{name}").read_text("ascii") for name in ("tcp", "tcp6")]
    rows = [line.split() for table in tables for line in table.splitlines()[1:]]
    listening = [row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")]
    assert listening == [f"0100007F:{port:04X}"]


def test_it_dies_with_its_starter_however_that_ends() -> None:
    starter = textwrap.dedent("""
        import os, signal
        from tests.harness.local_slack import LocalSlack
        slack = LocalSlack()
        print(slack.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    root = Path(launcher.__file__).parents[1]
    ended = subprocess.run(
        [sys.executable, "-c", starter], cwd=root, capture_output=True, text=True, timeout=30, check=False
    )
    pid = int(ended.stdout)
    deadline = time.monotonic() + 5
    while _runs(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(pid)


def test_a_missing_emulator_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(launcher, "BINARY", tmp_path / "absent")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LocalSlackError, match=r"npm ci --prefix slack/local.*install Node\.js"):
        LocalSlack()


def test_its_lock_pins_content_and_names_no_address() -> None:
    lock = (launcher.HOME / "package-lock.json").read_text("utf-8")
    packages = [found for name, found in json.loads(lock)["packages"].items() if name]
    assert packages
    assert all(found["integrity"].startswith("sha512-") for found in packages)
    assert "://" not in lock


def test_the_web_page_is_served(local_slack: LocalSlack) -> None:
    with urllib.request.urlopen(local_slack.page(SECURITY), timeout=5) as response:
        assert b"<title>local-slack</title>" in response.read()


def _runs(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text("ascii")
    return False
