"""Where Slack can be reached through a proxy only, behind a certificate authority of one's own."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from bot.slack.app import SlackApp
from bot.slack.client import Connection
from tests.bot.slack.commands import FakeCommands, admins
from tests.harness.certificate import write_certificate
from tests.harness.frozen_wire import wire
from tests.harness.proxy import proxy
from tests.harness.slack_workspace import APP, ERIN, SECURITY
from tests.harness.strict_slack import Forward, Reply, StrictSlack

pytestmark = pytest.mark.slack


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for loopback that nobody trusts yet, and a server's TLS with it."""
    certificate, key = tmp_path / "ca.crt", tmp_path / "key"
    write_certificate("acme", certificate, key)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    return certificate, tls


def port_of(url: str) -> int:
    return int(url.rsplit(":", 1)[1].split("/", maxsplit=1)[0])


def test_rule_42_proxy_and_authority_reach_calls_socket_and_replies(
    strict_slack: StrictSlack, certificate: tuple[Path, ssl.SSLContext]
) -> None:
    ca_file, tls = certificate
    slack = strict_slack.slack
    commands = FakeCommands({"who": lambda order, _: admins(order.canonical)})
    with (
        proxy() as way,
        wire(port_of(strict_slack.api_url), tls) as api,
        wire(port_of(slack.url), tls) as events,
    ):

        def secure(forward: Forward) -> Reply:
            reply = forward()
            plain, ours = f"ws://127.0.0.1:{port_of(slack.url)}", f"wss://127.0.0.1:{events.port}"
            return Reply(reply.status, reply.body.replace(plain.encode(), ours.encode()), reply.headers)

        strict_slack.alter("apps.connections.open", secure)
        there = f"https://127.0.0.1:{api.port}/api/"
        app = SlackApp(Connection(APP.bot_token, APP.app_token, there, way.url, ca_file), commands)
        try:
            app.connect()
            slack.wait_connected()
            slack.command(ERIN, SECURITY, "who has cluster-admin")
            slack.wait_for(
                lambda: [m for m in slack.messages(SECURITY, ERIN) if "2 subjects" in m.text],
                what="the answer",
            )
        finally:
            app.close(grace=5)
        asked = set(way.asked)
    assert {f"CONNECT 127.0.0.1:{api.port}", f"CONNECT 127.0.0.1:{events.port}"} < asked
    assert any(line.startswith(f"POST {slack.url}") for line in asked)
