"""A Slack, or something on the way to it, whose answers are no answers: on the wire, without an HTTP library.

It reads a request whole, then does what it was told to do. Its socket can say anything, too.
"""

import base64
import hashlib
import json
import queue
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

Mishap = Callable[[socket.socket], None]

RESET = struct.pack("ii", 1, 0)
"""SO_LINGER that closes with a reset (socket(7))."""
ACCEPT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""What a WebSocket key is hashed with (RFC 6455, 1.3)."""
SOCKET = "/socket"
"""Where a WebSocket can be opened."""
TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9


def reset(near: socket.socket) -> None:
    """The connection is torn down."""
    near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def closed(near: socket.socket) -> None:
    """An end without a word, as of a proxy that gave up."""
    near.shutdown(socket.SHUT_RDWR)


def silent(near: socket.socket) -> None:
    """Half open: the connection stays, and nothing comes."""
    with suppress(OSError):
        near.recv(1)


def cut(near: socket.socket) -> None:
    """Fewer bytes than were promised."""
    near.sendall(_head(200, 1000) + b'{"ok": true, "channel"')


def no_http(near: socket.socket) -> None:
    """Something else listens there."""
    near.sendall(b"SSH-2.0-OpenSSH_9.9\r\n")


def endless_head(near: socket.socket) -> None:
    """More headers than anybody reads."""
    with suppress(OSError):
        near.sendall(b"HTTP/1.1 200 OK\r\n" + b"X-Filler: 1\r\n" * 1000)


def says(status: int, body: bytes, *headers: str) -> Mishap:
    """A whole HTTP answer."""
    return partial(_say, status, body, headers)


def _say(status: int, body: bytes, headers: tuple[str, ...], near: socket.socket) -> None:
    near.sendall(_head(status, len(body), *headers) + body)


def _head(status: int, length: int, *headers: str) -> bytes:
    lines = (f"HTTP/1.1 {status} Said", f"Content-Length: {length}", *headers, "Connection: close", "", "")
    return "\r\n".join(lines).encode("latin-1")


@dataclass
class BrokenSlack:
    """Where it is, what it was asked for so far, and what it does."""

    mishap: Mishap
    instead: dict[str, Mishap] = field(default_factory=dict)
    """What it does for some methods."""
    asked: list[str] = field(default_factory=list)
    """The methods that were called."""
    heard: "queue.Queue[Any]" = field(default_factory=queue.Queue)
    """What was sent through its sockets."""
    sockets: "queue.Queue[socket.socket]" = field(default_factory=queue.Queue)
    """The WebSockets that were opened, to `send` through."""
    listening: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def port(self) -> int:
        port: int = self.listening.getsockname()[1]
        return port

    def serve(self) -> None:
        """Accept until the listening socket is closed."""
        with suppress(OSError):
            while True:
                near, _ = self.listening.accept()
                threading.Thread(target=self._treat, args=(near,), daemon=True).start()

    def _treat(self, near: socket.socket) -> None:
        with near, suppress(OSError):
            path, headers = _request(near)
            if path == SOCKET:
                self._listen(near, headers["sec-websocket-key"])
                return
            method = path.rpartition("/")[2]
            self.asked.append(method)
            self.instead.get(method, self.mishap)(near)

    def _listen(self, near: socket.socket, key: str) -> None:
        accepted = base64.b64encode(hashlib.sha1(f"{key}{ACCEPT}".encode()).digest()).decode()
        lines = ("HTTP/1.1 101 Switching", "Upgrade: websocket", "Connection: Upgrade")
        near.sendall("\r\n".join((*lines, f"Sec-WebSocket-Accept: {accepted}", "", "")).encode())
        self.sockets.put(near)
        while frame := _read_frame(near):
            kind, content = frame
            if kind == TEXT:
                self.heard.put(json.loads(content))
            if kind == PING:
                send(near, content, 10)


def send(near: socket.socket, content: bytes, kind: int = TEXT, *, last: bool = True) -> None:
    """Send one frame (RFC 6455, 5.2)."""
    size = len(content)
    long = struct.pack("!BH", 126, size) if size < 1 << 16 else struct.pack("!BQ", 127, size)
    near.sendall(bytes([kind | (0x80 if last else 0)]) + (bytes([size]) if size < 126 else long) + content)


def _read_frame(near: socket.socket) -> tuple[int, bytes] | None:
    head = _exactly(near, 2)
    size = head[1] & 0x7F
    if size > 125:
        width = 2 if size == 126 else 8
        size = int.from_bytes(_exactly(near, width))
    mask = _exactly(near, 4)
    content = bytes(each ^ mask[place % 4] for place, each in enumerate(_exactly(near, size)))
    return None if head[0] & 0x0F == CLOSE else (head[0] & 0x0F, content)


def _exactly(near: socket.socket, count: int) -> bytes:
    read = bytearray()
    while len(read) < count:
        if not (more := near.recv(count - len(read))):
            raise ConnectionError("closed")
        read += more
    return bytes(read)


def _request(near: socket.socket) -> tuple[str, dict[str, str]]:
    """Read a request with its body; gives its path and headers."""
    read = b""
    while b"\r\n\r\n" not in read:
        if not (more := near.recv(1 << 16)):
            raise ConnectionError("closed")
        read += more
    head, _, body = read.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    named = {name.casefold(): value.strip() for name, _, value in (each.partition(":") for each in lines[1:])}
    left = int(named.get("content-length", 0)) - len(body)
    while left > 0 and (more := near.recv(1 << 16)):
        left -= len(more)
    return lines[0].split()[1].partition("?")[0], named


@contextmanager
def broken_slack(mishap: Mishap) -> Iterator[BrokenSlack]:
    """One for the length of a `with` block."""
    there = BrokenSlack(mishap)
    thread = threading.Thread(target=there.serve, daemon=True)
    thread.start()
    try:
        yield there
    finally:
        with suppress(OSError):
            there.listening.shutdown(socket.SHUT_RDWR)
        there.listening.close()
        thread.join(5)
