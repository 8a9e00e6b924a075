"""The connections of one Api, so that what still waits on one of them can be ended from outside.

A server that never ends an answer would hold a thread and a connection for as long as it likes, in a service
that lives for months.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

import urllib3


class Connections:
    """Knows every connection that a pool makes from now on."""

    def __init__(self, pool: urllib3.PoolManager) -> None:
        self._made: list[Any] = []
        pool.pool_classes_by_scheme = {
            scheme: self._noting(kind) for scheme, kind in pool.pool_classes_by_scheme.items()
        }

    def _noting(self, pool: Any) -> Any:
        made = self._made

        class Connection(pool.ConnectionCls):  # type: ignore[misc]
            def connect(self) -> None:
                made.append(self)
                super().connect()

        class Pool(pool):  # type: ignore[misc]
            ConnectionCls = Connection

        return Pool

    def end(self) -> None:
        """End them all; whoever waits on one is told that it broke."""
        for connection in tuple(self._made):
            with suppress(OSError, AttributeError):  # closed already, or not open yet
                connection.sock.shutdown(socket.SHUT_RDWR)
