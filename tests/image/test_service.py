"""The image's service with the chart's own settings and a real Slack: connects, answers, ends when told."""

import os
import signal
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.harness.image import Container, Image
from tests.harness.local_slack import LocalSlack
from tests.harness.processes import Server, free_ports
from tests.harness.slack_workspace import APP, ERIN, SECURITY
from tests.helm.chart import one, render

pytestmark = [pytest.mark.slack, pytest.mark.kubernetes]


def settings(container: Container, slack: LocalSlack, port: int) -> None:
    """The chart's settings file, moved to where this container has it and to a cluster that is a sample."""
    rendered = one(render(slack={"existingSecret": "slack"}), "ConfigMap")["data"]["settings.yaml"]
    values: dict[str, Any] = yaml.safe_load(rendered)
    for kind, token in (("bot", APP.bot_token), ("app", APP.app_token)):
        (container.tmp / f"{kind}-token").write_text(f"{token}\n", "utf-8")
        values["slack"][f"{kind}_token_file"] = f"/tmp/{kind}-token"
    values["slack"]["api_url"] = slack.api_url
    values["http"] = {"host": "127.0.0.1", "port": port}
    values["clusters"] = [{"name": "sample", "sample": True}]
    (container.tmp / "settings.yaml").write_text(yaml.safe_dump(values), "utf-8")


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return 0


def only_child(pid: int) -> int:
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)


def test_it_serves_slack_and_ends_when_told(built: Image, local_slack: LocalSlack, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    environment = {"QUARTERDECK_SETTINGS": "/tmp/settings.yaml"}
    with built.container("run", network=True, environment=environment) as container:
        settings(container, local_slack, port)
        server = Server(container.command, tmp_path / "service.log")
        try:
            local_slack.wait_connected(60)
            probes = {path: status(f"http://127.0.0.1:{port}/{path}") for path in ("healthz", "metrics")}
            local_slack.wait_for(lambda: status(f"http://127.0.0.1:{port}/readyz") == 200, 10, "/readyz")
            local_slack.command(ERIN, SECURITY, "scan")
            local_slack.wait_for(lambda: local_slack.messages(SECURITY), 30, "the answer")
            os.kill(only_child(server.pid), signal.SIGTERM)
            deadline = time.monotonic() + 20
            while server.running and time.monotonic() < deadline:
                time.sleep(0.05)
            ended = not server.running
        except BaseException:
            print(server.tail(100))
            raise
        finally:
            server.kill()
        kept = sorted(each.name for each in container.data.iterdir())

    log = server.log.read_text("utf-8")
    assert probes == {"healthz": 200, "metrics": 200}
    assert ended, server.tail()
    assert "history.db" in kept
    assert "Traceback" not in log
    assert APP.bot_token not in log
