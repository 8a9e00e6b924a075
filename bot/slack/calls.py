"""What a failed call to Slack means: wait, give up, nothing was sent, or nobody knows."""

from __future__ import annotations

import socket
from collections.abc import Callable
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError

from slack_sdk.errors import SlackApiError, SlackClientError

from bot.slack.errors import Ambiguous, SlackError, SlackUnreachable, from_api_error

_NOT_SENT = (ConnectionRefusedError, socket.gaierror)


def retry_after(error: SlackApiError) -> float | None:
    """Seconds to wait if this is a 429, else None."""
    response = error.response
    if getattr(response, "status_code", 200) != 429:
        return None
    headers = {str(name).casefold(): value for name, value in dict(response.headers).items()}
    value = headers.get("retry-after", "1")
    try:
        return max(0.1, float(value[0] if isinstance(value, list) else value))
    except ValueError:
        return 1.0


def from_connection_error(error: Exception) -> SlackError:
    """Whether nothing was sent (refused, no such host, TLS) or it may have been."""
    reason = error.reason if isinstance(error, URLError) and not isinstance(error, HTTPError) else error
    if isinstance(reason, _NOT_SENT) or "CERTIFICATE_VERIFY_FAILED" in str(reason):
        what = "its certificate is not trusted" if "CERTIFICATE" in str(reason) else _why(reason)
        return SlackUnreachable(f"Slack cannot be reached: {what}.")
    return Ambiguous(f"Slack did not answer ({type(reason).__name__}).")


def _why(reason: object) -> str:
    return str(getattr(reason, "strerror", None) or type(reason).__name__).casefold()


def translated(call: Callable[[], Any]) -> Any:
    """Call Slack; its errors come out as ours."""
    try:
        return call()
    except SlackApiError as error:
        raise from_api_error(error) from error
    except (SlackClientError, OSError, HTTPException) as error:
        raise from_connection_error(error) from error
