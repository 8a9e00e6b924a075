"""What a failed call to Slack means: wait, give up, nothing was sent, or nobody knows."""

from __future__ import annotations

import socket
from collections.abc import Callable
from http.client import HTTPException
from typing import Any, TypeVar
from urllib.error import HTTPError, URLError

from slack_sdk.errors import SlackApiError, SlackClientError

from bot.slack.errors import Ambiguous, RateLimited, SlackError, SlackUnreachable, from_answer

T = TypeVar("T")

LEAST_WAIT, MOST_WAIT = 1.0, 600.0
"""Seconds that a 429 can ask for. Slack asks for half a minute; what is not a number asks for a second."""
_NOT_SENT = (ConnectionRefusedError, socket.gaierror)
_UNREADABLE = (ValueError, AttributeError, TypeError)
"""What the SDK raises on bytes that are no UTF-8, and on JSON that is no object."""


def translated(call: Callable[[], Any]) -> Any:
    """Call Slack by the SDK; whatever goes wrong comes out as a SlackError."""
    try:
        return call()
    except SlackApiError as error:
        raise _from_api_error(error) from error
    except (SlackClientError, OSError, HTTPException) as error:
        raise _from_connection_error(error) from error
    except _UNREADABLE as error:
        raise Ambiguous(f"Slack's answer cannot be read ({type(error).__name__}).") from error


def part(answer: Any, name: str, kind: type[T]) -> T:
    """A part that an answer must have. Raises Ambiguous for one without it: it is not Slack's."""
    found = answer.get(name)
    if not isinstance(found, kind):
        raise Ambiguous(f"Slack's answer lacks “{name}”.")
    return found


def slow_down(headers: Any) -> RateLimited:
    """What a 429 asks for."""
    named = {str(name).casefold(): value for name, value in dict(headers).items()}
    value = named.get("retry-after", "1")
    try:
        seconds = float(value[0] if isinstance(value, list) else value)
    except ValueError:
        seconds = 1.0
    return RateLimited(min(max(LEAST_WAIT, seconds), MOST_WAIT))


def _from_api_error(error: SlackApiError) -> SlackError:
    response: Any = error.response
    status = getattr(response, "status_code", 200)
    if status == 429:
        return slow_down(response.headers)
    said = response if hasattr(response, "get") else {}
    return from_answer(str(said.get("error", "")), status, needed=str(said.get("needed", "")))


def _from_connection_error(error: Exception) -> SlackError:
    """Whether nothing was sent (refused, no such host, TLS) or it may have been."""
    reason = error.reason if isinstance(error, URLError) and not isinstance(error, HTTPError) else error
    if isinstance(reason, _NOT_SENT) or "CERTIFICATE_VERIFY_FAILED" in str(reason):
        what = "its certificate is not trusted" if "CERTIFICATE" in str(reason) else _why(reason)
        return SlackUnreachable(f"Slack cannot be reached: {what}.")
    return Ambiguous(f"Slack did not answer ({type(reason).__name__}).")


def _why(reason: object) -> str:
    return str(getattr(reason, "strerror", None) or type(reason).__name__).casefold()
