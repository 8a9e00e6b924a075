"""A wire that can go deaf while its connections stay open; with TLS where a test needs that."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Wire:
    """Forwards TCP connections to a loopback port until `freeze()`, which holds those open there are.

    Connections made later pass. With `tls` it is the server's end of TLS, before a target without.
    """

    def __init__(self, target: int, tls: ssl.SSLContext | None = None) -> None:
        self._target = target
        self._tls = tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._ends: list[socket.socket] = []
        self._flowing = threading.Event()
        self._flowing.set()

    def freeze(self) -> None:
        """From now on nothing of the open connections comes through, in either direction."""
        self._flowing.clear()
        self._flowing = threading.Event()
        self._flowing.set()

    def serve(self) -> None:
        """Accept until `close`."""
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                if self._tls:
                    near = self._tls.wrap_socket(near, server_side=True)
                far = socket.create_connection(("127.0.0.1", self._target))
                self._ends += (near, far)
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=_carry, args=(source, sink, self._flowing), daemon=True).start()

    def close(self) -> None:
        """End every connection and accept no more."""
        for end in (self._listening, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def _carry(source: socket.socket, sink: socket.socket, flowing: threading.Event) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            if flowing.is_set():
                sink.sendall(data)
        if flowing.is_set():
            sink.shutdown(socket.SHUT_WR)


@contextmanager
def wire(target: int, tls: ssl.SSLContext | None = None) -> Iterator[Wire]:
    """A wire to a loopback port, for the length of a `with` block."""
    made = Wire(target, tls)
    thread = threading.Thread(target=made.serve, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.close()
        thread.join(5)
