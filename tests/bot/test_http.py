"""Health and metrics, over a real socket."""

from __future__ import annotations

import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from prometheus_client import CollectorRegistry, Counter

from bot.errors import CommandError
from bot.http import Server, application


@contextmanager
def serving(ready: Callable[[], dict[str, bool]], registry: CollectorRegistry | None = None) -> Iterator[str]:
    server = Server(application(ready, registry or CollectorRegistry()), "127.0.0.1", 0)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.mark.parametrize(
    ("parts", "status"),
    [({"slack": True, "history": True}, 200), ({"slack": False, "history": True}, 503)],
)
def test_ready_when_every_part_is(parts: dict[str, bool], status: int) -> None:
    with serving(lambda: parts) as url:
        code, body = get(f"{url}/readyz")
        assert (code, json.loads(body)) == (status, parts)
        assert get(f"{url}/healthz") == (200, "ok\n")


def test_alive_while_the_database_does_not_answer() -> None:
    asked, answer = threading.Event(), threading.Event()

    def ready() -> dict[str, bool]:
        asked.set()
        return {"history": answer.wait(10)}

    with serving(ready) as url:
        waiting = threading.Thread(target=get, args=(f"{url}/readyz",))
        waiting.start()
        try:
            assert asked.wait(5)
            assert get(f"{url}/healthz") == (200, "ok\n")
            assert waiting.is_alive()
        finally:
            answer.set()
            waiting.join()


def test_metrics_are_those_of_the_registry() -> None:
    registry = CollectorRegistry()
    Counter("quarterdeck_schedule_runs", "Scheduled runs", ("outcome",), registry=registry).labels(
        "done"
    ).inc()
    with serving(dict, registry) as url:
        code, body = get(f"{url}/metrics")
    assert code == 200
    assert 'quarterdeck_schedule_runs_total{outcome="done"} 1.0' in body


def test_nothing_else_is_served() -> None:
    with serving(dict) as url:
        assert get(f"{url}/")[0] == 404


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {port} on 127.0.0.1") as caught:
            Server(application(dict, CollectorRegistry()), "127.0.0.1", port)
    assert "http.port" in caught.value.next_step


def test_stopping_frees_the_port() -> None:
    with serving(dict) as url:
        assert get(f"{url}/healthz")[0] == 200
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{url}/healthz", timeout=2)


def test_an_ipv6_address_is_in_brackets() -> None:
    server = Server(application(dict, CollectorRegistry()), "::1", 0)
    server.start()
    try:
        assert get(f"{server.url}/healthz") == (200, "ok\n")
    finally:
        server.stop()
