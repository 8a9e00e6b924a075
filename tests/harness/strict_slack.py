"""Stands in front of the local Slack where it is kinder than Slack, and misbehaves when a test asks it to.

Every call goes to the real emulator unless Slack would refuse it (`slack_rules`) or the test planned a
mishap: an error, a rate limit, a broken gateway, an answer lost after the call took effect.
"""

import json
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from tests.harness.local_slack import LocalSlack
from tests.harness.slack_rules import SCOPES, is_member, refusal
from tests.harness.slack_workspace import CHANNELS

ALL_SCOPES = frozenset(SCOPES.values()) - {"connections:write"}
MAX_BODY = 1 << 24
UPSTREAM_TIMEOUT = 30.0


@dataclass(frozen=True)
class Reply:
    """One HTTP answer; a status of 0 closes the connection without one."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


Forward = Callable[[], Reply]
Mishap = Callable[[Forward], Reply]


class StrictSlack:
    """A Web API with Slack's own strictness, inside a `with` block: give clients its `api_url`."""

    def __init__(self, slack: LocalSlack, scopes: frozenset[str] = ALL_SCOPES) -> None:
        self.slack = slack
        self.scopes = scopes
        self.people: dict[str, dict[str, Any]] = {}
        """What users.info says of a user by id, besides what the emulator knows."""
        self.groups: dict[str, tuple[str, ...]] = {}
        """The members of the user groups, which the emulator has not."""
        self.calls: list[str] = []
        """The methods that were called, in order, also those that were refused."""
        self._mishaps: dict[str, deque[Mishap]] = {}
        self._altered: dict[str, Mishap] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def api_url(self) -> str:
        """What `WebClient(base_url=…)` takes."""
        return f"http://127.0.0.1:{self._server.server_port}/api/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def fail(self, method: str, error: str, times: int = 1) -> None:
        """Refuse the next calls of a method with a Slack error code; they take no effect."""
        self.answer_with(method, {"ok": False, "error": error}, times)

    def answer_with(self, method: str, body: dict[str, Any], times: int = 1) -> None:
        """Answer the next calls of a method with this; they take no effect."""
        self._plan(method, lambda _: _json(body), times)

    def rate_limit(self, method: str, retry_after: int = 1, times: int = 1) -> None:
        """Answer the next calls of a method with 429 and Retry-After; they take no effect."""
        headers = {"Retry-After": str(retry_after)}
        self._plan(method, lambda _: _json({"ok": False, "error": "ratelimited"}, 429, headers), times)

    def break_down(self, method: str, status: int = 503, times: int = 1) -> None:
        """Answer the next calls of a method as a failing gateway does; they take no effect."""
        self._plan(method, lambda _: Reply(status, b"<html>upstream failure</html>"), times)

    def lose_answer(self, method: str, times: int = 1) -> None:
        """Let the next calls of a method take effect, then close the connection without an answer."""

        def lost(forward: Forward) -> Reply:
            forward()
            return Reply(0)

        self._plan(method, lost, times)

    def alter(self, method: str, by: Mishap) -> None:
        """Have every call of a method, where nothing else is planned for it, answered by `by`."""
        self._altered[method] = by

    def delay(self, method: str, seconds: float, times: int = 1) -> None:
        """Answer the next calls of a method late."""

        def late(forward: Forward) -> Reply:
            time.sleep(seconds)
            return forward()

        self._plan(method, late, times)

    def answer(self, method: str, token: str, arguments: dict[str, Any], forward: Forward) -> Reply:
        """Answer one call: a planned mishap first, then Slack's rules, then the emulator."""
        with self._lock:
            self.calls.append(method)
            planned = self._mishaps.get(method)
            mishap = planned.popleft() if planned else self._altered.get(method)
        genuine = partial(self._genuine, method, token, arguments, forward)
        return genuine() if mishap is None else mishap(genuine)

    def _genuine(self, method: str, token: str, arguments: dict[str, Any], forward: Forward) -> Reply:
        headers = {"X-OAuth-Scopes": ",".join(sorted(self.scopes))}
        if refused := refusal(method, token, arguments, self.scopes):
            return _json(refused, 200, headers)
        if method == "usergroups.users.list":
            return _json(self._members(str(arguments.get("usergroup"))), 200, headers)
        reply = forward()
        if method == "users.info":
            return _json(self._person(json.loads(reply.body)), 200, headers)
        if method == "conversations.info":
            return _json(_with_membership(json.loads(reply.body)), 200, headers)
        return Reply(reply.status, reply.body, headers)

    def _members(self, group: str) -> dict[str, Any]:
        if group not in self.groups:
            return {"ok": False, "error": "no_such_subteam"}
        return {"ok": True, "users": list(self.groups[group])}

    def _person(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Slack leaves the address out without its scope, and says more than the emulator."""
        if not answer.get("ok"):
            return answer
        user: dict[str, Any] = answer["user"] | self.people.get(answer["user"]["id"], {})
        if "users:read.email" not in self.scopes:
            user["profile"] = {name: each for name, each in user["profile"].items() if name != "email"}
        return answer | {"user": user}

    def _plan(self, method: str, mishap: Mishap, times: int) -> None:
        with self._lock:
            self._mishaps.setdefault(method, deque()).extend([mishap] * times)


def _json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    return Reply(status, json.dumps(value).encode(), headers or {})


def _with_membership(answer: dict[str, Any]) -> dict[str, Any]:
    found = answer.get("channel", {})
    channel = next((channel for channel in CHANNELS if channel.id == found.get("id")), None)
    return answer | {"channel": found | {"is_member": is_member(channel)}} if channel else answer


def _arguments(query: str, body: bytes, content_type: str) -> dict[str, Any]:
    """A call's arguments from the query and a form or JSON body; JSON inside a form is decoded."""
    arguments: dict[str, Any] = dict(parse_qsl(query))
    if "json" in content_type:
        sent: dict[str, Any] = json.loads(body or b"{}")
        return arguments | sent
    arguments |= dict(parse_qsl(body.decode("utf-8", "replace")))
    for name in ("blocks", "attachments", "view", "files", "metadata"):
        if isinstance(arguments.get(name), str):
            arguments[name] = json.loads(arguments[name])
    return arguments


def _handler(strict: StrictSlack) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = UPSTREAM_TIMEOUT

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            self._answer(self.rfile.read(min(int(self.headers.get("Content-Length", 0)), MAX_BODY)))

        def _answer(self, body: bytes | None) -> None:
            address = urlsplit(self.path)
            arguments = _arguments(address.query, body or b"", self.headers.get("Content-Type", ""))
            token = self.headers.get("Authorization", "").removeprefix("Bearer ") or arguments.get(
                "token", ""
            )

            def forward() -> Reply:
                kept = {k: v for k, v in self.headers.items() if k in {"Authorization", "Content-Type"}}
                request = urllib.request.Request(f"{strict.slack.url}{self.path}", body, kept)
                with urllib.request.urlopen(request, timeout=UPSTREAM_TIMEOUT) as response:
                    return Reply(response.status, response.read())

            reply = strict.answer(address.path.removeprefix("/api/"), token, arguments, forward)
            if not reply.status:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Keep the test's output clean; the emulator keeps the log."""

    return Handler
