"""docs/slack-setup.md followed to the letter: each of its commands is run, up to the first answer."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.harness.local_slack import LocalSlack
from tests.harness.processes import Server
from tests.harness.slack_workspace import APP, ERIN, SECURITY
from tests.harness.strict_slack import StrictSlack

pytestmark = pytest.mark.slack

PAGE = (Path(__file__).parents[1] / "docs" / "slack-setup.md").read_text("utf-8")
FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
RUN = "quarterdeck --settings quarterdeck.yaml run"
DOCTOR = "quarterdeck --settings quarterdeck.yaml doctor"


def fenced(language: str) -> list[str]:
    return [content for kind, content in FENCED.findall(PAGE) if kind == language]


COMMANDS = [line for block in fenced("sh") for line in block.splitlines()]
SAID = [line for block in fenced("") for line in block.splitlines()]


@pytest.fixture
def folder(tmp_path: Path, strict_slack: StrictSlack) -> Path:
    """A newcomer's folder after the second step, whose settings name the local Slack besides."""
    strict_slack.scopes = frozenset(manifest()["oauth_config"]["scopes"]["bot"])
    settings = yaml.safe_load(fenced("yaml")[0])
    settings["slack"]["api_url"] = strict_slack.api_url
    settings["http"] = {"port": 0}
    (tmp_path / "quarterdeck.yaml").write_text(yaml.safe_dump(settings), "utf-8")
    (tmp_path / "bot-token").write_text(f"{APP.bot_token}\n")
    (tmp_path / "app-token").write_text(f"{APP.app_token}\n")
    return tmp_path


def shell(command: str, folder: Path) -> str:
    """What a command says, in a shell that finds the command as the page tells."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-euc", command],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def manifest(*options: str) -> dict[str, Any]:
    """The manifest that is pasted."""
    command = [sys.executable, "-m", "bot", "slack", "manifest", *options]
    rendered: dict[str, Any] = yaml.safe_load(subprocess.run(command, capture_output=True, check=True).stdout)
    return rendered


@pytest.fixture
def service(folder: Path, local_slack: LocalSlack) -> Iterator[Server]:
    assert RUN in COMMANDS
    command = f"cd {shlex.quote(str(folder))}; exec {shlex.quote(str(Path(sys.executable).parent))}/{RUN}"
    server = Server(["/bin/sh", "-euc", command], folder / "service.log")
    try:
        local_slack.wait_connected(30)
        yield server
    except BaseException:
        print(server.tail())
        raise
    finally:
        server.kill()


def test_each_command_does_what_the_page_says(folder: Path) -> None:
    assert DOCTOR in COMMANDS
    for command in COMMANDS:
        if command != RUN:
            shell(command, folder)
    written = yaml.safe_load((folder / "manifest.yaml").read_text("utf-8"))
    assert written["settings"]["event_subscriptions"]["request_url"].endswith("/slack/events")
    assert oct((folder / "bot-token").stat().st_mode & 0o777) == "0o600"
    assert "Everything is as it should be." in shell(DOCTOR, folder)


@pytest.mark.usefixtures("service")
def test_the_first_question_is_answered(local_slack: LocalSlack) -> None:
    asked = [line.removeprefix("/quarterdeck ") for line in SAID if line.startswith("/quarterdeck ")]
    assert len(asked) == 2
    for words in asked:
        local_slack.command(ERIN, SECURITY, words)
    for answer in ("sample", "subjects have cluster-admin"):
        local_slack.wait_for(partial(seen, local_slack, answer), 20, answer)


def seen(slack: LocalSlack, words: str) -> bool:
    return any(words in each.text for each in slack.messages(SECURITY, ERIN))


def test_the_manifest_for_signed_requests_is_the_same_but_for_the_address() -> None:
    plain, signed = manifest(), manifest("--url", "https://quarterdeck.example.com")
    assert signed["oauth_config"] == plain["oauth_config"]
    assert (
        signed["settings"]["event_subscriptions"]["bot_events"]
        == (plain["settings"]["event_subscriptions"]["bot_events"])
    )
    modes = [each["settings"]["socket_mode_enabled"] for each in (plain, signed)]
    assert modes == [True, False]
