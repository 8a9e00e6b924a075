"""Slack's own clients, made so that nothing is ever sent twice behind our back.

The SDK repeats a call on connection errors by default, `chat.postMessage` too; here nothing is repeated by
the SDK and `bot.slack.posting` decides. Proxy and certificate authorities reach every connection.
"""

from __future__ import annotations

import logging
import ssl
from functools import cache
from pathlib import Path

from msgspec import Struct
from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from bot.slack.errors import SlackUnreachable

TIMEOUT = 15
"""Seconds for one call. A connection that is refused or not there fails at once."""

library_log = logging.getLogger("quarterdeck.slack.library")
library_log.setLevel(logging.ERROR)  # below that the libraries log payloads


class Connection(Struct, frozen=True):
    """How Slack is reached. Raises nothing itself; `make_ssl` says what is wrong with `ca_file`."""

    bot_token: str
    app_token: str
    api_url: str = "https://slack.com/api/"
    proxy: str | None = None
    ca_file: Path | None = None
    signing_secret: str = ""
    """With it Slack reaches us by signed HTTP requests, without it through Socket Mode."""

    def __repr__(self) -> str:
        return f"Connection(api_url={self.api_url!r})"

    def bot(self) -> WebClient:
        """The Web API as the bot. Raises SlackUnreachable when `ca_file` cannot be used."""
        return self._client(self.bot_token)

    def app(self) -> WebClient:
        """The Web API with the app-level token, for Socket Mode. Raises as `bot` does."""
        return self._client(self.app_token)

    def reply(self, url: str) -> WebhookClient:
        """A one-way client for a response_url. Raises as `bot` does."""
        return WebhookClient(
            url,
            timeout=TIMEOUT,
            ssl=self.make_ssl(),
            proxy=self.proxy,
            logger=library_log,
            retry_handlers=[],
        )

    def _client(self, token: str) -> WebClient:
        return WebClient(
            token=token,
            base_url=self.api_url,
            timeout=TIMEOUT,
            ssl=self.make_ssl(),
            proxy=self.proxy,
            logger=library_log,
            retry_handlers=[],
        )

    def make_ssl(self) -> ssl.SSLContext:
        """TLS that trusts the system's authorities and those in `ca_file`. Raises SlackUnreachable."""
        return _trust(self.ca_file)


@cache
def _trust(ca_file: Path | None) -> ssl.SSLContext:
    trust = ssl.create_default_context()
    if ca_file:
        try:
            trust.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise SlackUnreachable(
                f"The certificate file {ca_file} cannot be used.",
                "Set `slack.ca_file` to a PEM file that can be read.",
            ) from error
    return trust
