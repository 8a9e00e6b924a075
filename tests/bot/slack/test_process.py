"""The whole service as a process: Slack away when it starts, a cluster that hangs, and being told to end."""

from __future__ import annotations

import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.harness.local_slack import LocalSlack
from tests.harness.processes import Server, free_ports
from tests.harness.slack_workspace import APP, ERIN, GENERAL, SECURITY

pytestmark = pytest.mark.slack

GRACE = 30.0
"""Seconds from SIGTERM to the end: half of what the chart gives the pod."""


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return 0


@contextmanager
def service(
    folder: Path, api_url: str, clusters: list[dict[str, Any]], **slack: Any
) -> Iterator[tuple[Server, str]]:
    """`quarterdeck run` as a process, and where its probes answer."""
    (port,) = free_ports(1)
    values = {
        "data_dir": str(folder / "data"),
        "http": {"port": port},
        "slack": {"bot_token": APP.bot_token, "app_token": APP.app_token, "api_url": api_url, **slack},
        "clusters": clusters,
    }
    (folder / "settings.yaml").write_text(yaml.safe_dump(values), "utf-8")
    command: list[str | Path] = [sys.executable, "-m", "bot", "--settings", folder / "settings.yaml", "run"]
    server = Server(command, folder / "service.log")
    try:
        yield server, f"http://127.0.0.1:{port}"
    except BaseException:
        print(server.tail(100))
        raise
    finally:
        server.kill()


def until_ended(server: Server) -> float:
    begun = time.monotonic()
    while server.running and time.monotonic() - begun < 2 * GRACE:
        time.sleep(0.05)
    return time.monotonic() - begun


@pytest.fixture
def hanging(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A cluster whose API server takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        kubeconfig = tmp_path / "kubeconfig"
        server = f"http://127.0.0.1:{silent.getsockname()[1]}"
        named = [{"name": "it", "cluster": {"server": server}}]
        context = [{"name": "it", "context": {"cluster": "it", "user": "it"}}]
        user = [{"name": "it", "user": {"token": "t"}}]
        document = {"clusters": named, "contexts": context, "users": user, "current-context": "it"}
        kubeconfig.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config", **document}), "utf-8")
        yield {"name": "silent", "kubeconfig": str(kubeconfig)}


def test_rule_39_with_slack_away_the_process_is_alive_and_not_ready(tmp_path: Path) -> None:
    sample = [{"name": "sample", "sample": True}]
    with service(tmp_path, "http://127.0.0.1:9/api/", sample) as (server, url):
        deadline = time.monotonic() + 20
        while status(f"{url}/healthz") != 200 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert status(f"{url}/readyz") == 503
        assert server.running
        server.terminate()
        assert until_ended(server) < GRACE
        assert server.status == 0
    assert "Traceback" not in (tmp_path / "service.log").read_text("utf-8")


def test_rule_41_told_to_end_it_says_so_to_whoever_waits_and_ends(
    local_slack: LocalSlack, tmp_path: Path, hanging: dict[str, Any]
) -> None:
    with service(tmp_path, local_slack.api_url, [hanging]) as (server, url):
        local_slack.wait_connected(30)
        local_slack.command(ERIN, SECURITY, "scan")
        local_slack.wait_for(lambda: local_slack.messages(SECURITY), 10, "the run's message")
        assert status(f"{url}/healthz") == 200
        server.terminate()
        assert until_ended(server) < GRACE
        assert server.status == 0
    (message,) = local_slack.messages(SECURITY)
    assert message.text == "Stopped: Quarterdeck is shutting down. Ask again: scan"


def test_rule_3_twenty_scans_half_of_them_of_clusters_that_hang_and_all_is_acknowledged_in_time(
    local_slack: LocalSlack, tmp_path: Path, hanging: dict[str, Any]
) -> None:
    working = [{"name": f"works-{number}", "sample": True} for number in range(10)]
    silent = [{**hanging, "name": f"hangs-{number}"} for number in range(10)]
    with service(tmp_path, local_slack.api_url, [*working, *silent], workers=20):
        local_slack.wait_connected(30)
        local_slack.command(ERIN, SECURITY, "help")
        for pair in zip(working, silent, strict=True):
            for cluster in pair:
                local_slack.command(ERIN, GENERAL, f"scan {cluster['name']}")
        words = ("help", "status", "who has cluster-admin cluster=works-1", "who has cluster-admin hangs-1")
        taken = sorted(local_slack.command(ERIN, SECURITY, words[number % 4]) for number in range(100))
        local_slack.wait_for(
            lambda: sum(" critical, " in each.text for each in local_slack.messages(GENERAL)) == 10,
            60,
            "ten verdicts",
        )
    assert taken[98] < 1, f"the 99th percentile is {taken[98]:.2f} s"
