"""An HTTP proxy on loopback that notes where it was asked to go: CONNECT tunnels and plain requests."""

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

MOST_BODY = 1 << 20


class Proxy(ThreadingHTTPServer):
    """`asked` holds a line for every request: `CONNECT host:port`, or the method and the address."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Proxy

    def do_CONNECT(self) -> None:
        self.server.asked.append(f"CONNECT {self.path}")
        host, _, port = self.path.rpartition(":")
        with closing(socket.create_connection((host, int(port)))) as far:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=_carry, args=(far, self.connection), daemon=True)
            back.start()
            _carry(self.connection, far)
            back.join(5)
        self.close_connection = True

    def do_POST(self) -> None:
        self.server.asked.append(f"POST {self.path}")
        address = urlsplit(self.path)
        body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), MOST_BODY))
        with closing(http.client.HTTPConnection(address.netloc, timeout=10)) as far:
            far.request("POST", address.path, body, {"Content-Type": self.headers.get("Content-Type", "")})
            answer = far.getresponse()
            content = answer.read()
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep the test's output clean; `asked` keeps what matters."""


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def proxy() -> Iterator[Proxy]:
    """A proxy, for the length of a `with` block."""
    with Proxy() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield made
        finally:
            made.shutdown()
            thread.join(5)
