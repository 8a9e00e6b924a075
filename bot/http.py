"""Health and metrics over HTTP. The probes never call Slack or Kubernetes: they report what is known."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.errors import CommandError

Readiness = Callable[[], dict[str, bool]]


def application(ready: Readiness, registry: CollectorRegistry, more: Sequence[BaseRoute] = ()) -> Starlette:
    """`/healthz` answers while the process lives, `/readyz` when every part of `ready()` is; `/metrics`;
    and what else is to be served here.

    `ready` may wait for the database: it is asked in a thread, so that `/healthz` never waits with it.
    """

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    def readyz(_: Request) -> Response:
        parts = ready()
        return JSONResponse(parts, status_code=200 if all(parts.values()) else 503)

    def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    ours = (Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics))
    return Starlette(routes=[*ours, *more])


class Server:
    """A Starlette application served from its own thread."""

    def __init__(self, app: Starlette, host: str, port: int) -> None:
        config = uvicorn.Config(app, host=host, port=port, log_config=None, access_log=False, lifespan="off")
        self._server = uvicorn.Server(config)
        self._socket = _listen(config)
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._socket.getsockname()[1]}"

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])

    def start(self) -> None:
        """Serve until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and wait for the thread."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        self._socket.close()


def _listen(config: uvicorn.Config) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((config.host, config.port))
        listening.listen()  # whoever asks before the thread is up waits instead of being refused
    except OSError as error:
        listening.close()
        raise CommandError(
            f"Port {config.port} on {config.host} cannot be listened on: {error.strerror}.",
            "Set another `http.port` in the settings.",
        ) from error
    return listening
