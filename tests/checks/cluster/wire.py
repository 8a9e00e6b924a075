"""A small HTTP server on loopback that answers as a test plans it, mostly badly."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import yaml

from checks.cluster.connect import Api, Limits, open_api
from checks.cluster.targets import LiveCluster

QUICK = Limits(connect=1, read=0.5, total=3, pause=0.01)
Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wire: "Wire"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.query = dict(parse_qsl(parts.query))
        self.sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.wire.asked.append(self.path)
        self.wire.headers.append({name.lower(): value for name, value in self.headers.items()})
        plan = self.wire.plan.get(parts.path, self.wire.otherwise)
        answer = next(plan) if isinstance(plan, Iterator) else plan
        answer(self)

    do_POST = do_GET  # noqa: N815 - http.server's name

    def log_message(self, *_: Any) -> None:
        """Quiet."""


class Wire:
    """The server, for as long as a `with` block.

    plan: path -> what answers it: one Answer for ever, or an iterator of Answers, one a request.
    otherwise: what answers every other path.
    """

    def __init__(
        self, plan: Mapping[str, Answer | Iterator[Answer]] | None = None, otherwise: Answer | None = None
    ) -> None:
        self.plan = dict(plan or {})
        self.otherwise = otherwise or status(404)
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        handler = type("Planned", (Handler,), {"wire": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def write_kubeconfig(path: Path, server: str, **user: Any) -> Path:
    """A kubeconfig with one context, `test`."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "clusters": [{"name": "test", "cluster": {"server": server}}],
        "users": [{"name": "test", "user": user or {"token": "t0ken-of-the-test"}}],
    }
    path.write_text(yaml.safe_dump(content))
    return path


def api_of(folder: Path, server: str, limits: Limits = QUICK) -> Api:
    """The code under test, pointed at a server."""
    return open_api(LiveCluster(write_kubeconfig(folder / "kubeconfig", server)), limits)


def body(content: bytes, code: int = 200, **headers: str) -> Answer:
    def answer(handler: Handler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def reply(content: Any, code: int = 200, **headers: str) -> Answer:
    """JSON."""
    return body(json.dumps(content).encode(), code, **headers)


def status(code: int, message: str = "", **headers: str) -> Answer:
    """A Status object, as the API server refuses."""
    return reply({"kind": "Status", "apiVersion": "v1", "code": code, "message": message}, code, **headers)


def items(*objects: Any, token: str = "", kind: str = "List", version: str = "1") -> Answer:
    """A list of objects as of a resource version, with a continue token when there is more."""
    metadata = {"resourceVersion": version} | ({"continue": token} if token else {})
    return reply({"kind": kind, "apiVersion": "v1", "metadata": metadata, "items": list(objects)})


def named(name: str, **more: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "uid": f"uid-of-{name}"}, **more}


def reset(handler: Handler) -> None:
    """Break the connection as a crashed peer does."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RD)
    handler.connection.close()


def cut_short(handler: Handler) -> None:
    """Promise more than is sent."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"kind": "PodList", "items": [')
    handler.close_connection = True


def endless(handler: Handler) -> None:
    """Send for ever, fast."""
    _chunked(handler, b" " * (1 << 20), 0)


def dripping(handler: Handler) -> None:
    """Send for ever, a byte at a time."""
    _chunked(handler, b" ", 0.05)


def dripping_with_a_length(handler: Handler) -> None:
    """Promise much and send it a byte at a time."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.close_connection = True
    for _ in range(400):
        handler.wfile.write(b" ")
        time.sleep(0.05)


def dripping_head(handler: Handler) -> None:
    """Send a header for ever, a byte at a time: no wait for bytes is ever long."""
    _raw(handler, b"HTTP/1.1 200 OK\r\nX: ", b"x", 0.05)


def soon(handler: Handler) -> None:
    """Say for ever that the answer is about to come."""
    _raw(handler, b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05)


def raw(content: bytes) -> Answer:
    """These bytes and the end of the connection, whatever they are."""

    def answer(handler: Handler) -> None:
        handler.wfile.write(content)
        handler.close_connection = True

    return answer


def _raw(handler: Handler, first: bytes, piece: bytes, pause: float) -> None:
    handler.close_connection = True
    end = time.monotonic() + 20
    with suppress(OSError):
        handler.wfile.write(first)
        while time.monotonic() < end:
            handler.wfile.write(piece)
            time.sleep(pause)


def silent(handler: Handler) -> None:
    """Take the request and say nothing."""
    handler.connection.settimeout(20)
    try:
        handler.rfile.read(1)
    except OSError:
        handler.close_connection = True


def _chunked(handler: Handler, piece: bytes, pause: float) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    end = time.monotonic() + 20
    try:
        while time.monotonic() < end:
            handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            time.sleep(pause)
    except OSError:
        handler.close_connection = True
