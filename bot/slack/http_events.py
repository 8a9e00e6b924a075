"""Slack's signed HTTP requests: the other way in, where Socket Mode is not wanted.

Whoever can reach the port can send anything here: a body is read up to a bound, and nothing looks into it
before its signature shows that it is Slack's. Rules: docs.slack.dev, Verifying requests from Slack.
"""

from __future__ import annotations

from urllib.parse import parse_qs

from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response
from slack_sdk.signature import SignatureVerifier
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.slack.app import SlackApp
from bot.slack.manifest import EVENTS_PATH

MOST_BYTES = 1 << 20
"""More than any payload of Slack's: a view holds at most 250 kB."""


def routes(app: SlackApp, signing_secret: str) -> tuple[Route, ...]:
    """The one address for events, commands and interactions, for `bot.http.application`."""
    verifier = SignatureVerifier(signing_secret)

    async def receive(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return PlainTextResponse("too large\n", status_code=413)
        if _asks_for_certificate(body):
            return Response()
        if not _is_slacks(verifier, request, body):
            return PlainTextResponse("not signed by Slack, or too old\n", status_code=401)
        answer = await run_in_threadpool(lambda: app.dispatch(to_bolt_request(request, body)))
        return to_starlette_response(answer)

    return (Route(EVENTS_PATH, receive, methods=["POST"]),)


async def _body(request: Request) -> bytes | None:
    """The request's body; None for one that is too large, whatever its headers claim."""
    read = bytearray()
    async for part in request.stream():
        read += part
        if len(read) > MOST_BYTES:
            return None
    return bytes(read)


def _asks_for_certificate(body: bytes) -> bool:
    """Slack looks at the certificate now and then by a request that is not signed and asks for nothing."""
    return len(body) < 1000 and parse_qs(body.decode("latin-1")).get("ssl_check") == ["1"]


def _is_slacks(verifier: SignatureVerifier, request: Request, body: bytes) -> bool:
    stamp = request.headers.get("x-slack-request-timestamp")
    signature = request.headers.get("x-slack-signature", "")
    try:
        return signature.isascii() and verifier.is_valid(body, stamp, signature)
    except ValueError:  # a time that is no number, a body that is no UTF-8
        return False
