"""The thin transport to an API server: bytes in, bytes out, bounded in size, time and number of tries.

Configuration and authentication are the official client's; its models are not used (they cost seven times the
time and five times the memory). Nothing here logs, so no token can end up in a log.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self, assert_never
from urllib.parse import urlencode, urlsplit

import msgspec
import urllib3
from kubernetes.client.rest import RESTClientObject
from msgspec import Struct, field

from checks.cluster.connections import Connections
from checks.cluster.errors import (
    Absent,
    BadAnswer,
    ClusterError,
    Expired,
    Forbidden,
    Refused,
    Unreachable,
)
from checks.cluster.kinds import Kind
from checks.cluster.kubeconfig import from_kubeconfig, in_cluster
from checks.cluster.targets import InCluster, LiveCluster
from checks.cluster.trouble import connection_error, is_tls, not_an_address, rejected, shown

JSON = "application/json"
CONNECTIONS = 4
MAX_BYTES = 128 << 20
"""The largest answer taken. A page of 500 pods is about 3 MiB."""

_ATTEMPTS = 4
_MAX_PAUSE_SECONDS = 20.0
_UNWELL = 500
_AGAIN = frozenset((429, 500, 502, 503, 504))
_CHUNK = 1 << 16
_MAX_STATUS_BYTES = 1 << 16
_MAX_TEXT = 300
_TOO_LARGE = "ResourceVersionTooLarge"


class Limits(Struct, frozen=True):
    """Seconds: to connect, to wait for the next bytes, for everything together, and before the second try."""

    connect: float = 10
    read: float = 30
    total: float = 300
    pause: float = 0.5


class _ListMeta(Struct, frozen=True, rename="camel"):
    continue_: str = field(default="", name="continue")


class _Cause(Struct, frozen=True):
    reason: str = ""


class _Details(Struct, frozen=True):
    causes: tuple[_Cause, ...] | None = None


class _Status(Struct, frozen=True):
    message: str = ""
    metadata: _ListMeta = field(default_factory=_ListMeta)
    details: _Details | None = None

    @property
    def yet_to_come(self) -> bool:
        """Whether it is about a resource version that the API server has not come to."""
        causes = self.details.causes if self.details else None
        return any(cause.reason == _TOO_LARGE for cause in causes or ())


class Review(Struct, frozen=True):
    """Whether one may do something, in the API server's own judgement."""

    allowed: bool
    reason: str = ""


class _ReviewAnswer(Struct, frozen=True):
    status: Review


_STATUS, _REVIEW = msgspec.json.Decoder(_Status), msgspec.json.Decoder(_ReviewAnswer)


class _Again(Exception):
    """A try that may go better next time: what to raise if it does not, and when the server wants it."""

    def __init__(self, error: ClusterError, after: float | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.after = after


def open_api(target: LiveCluster | InCluster, limits: Limits | None = None) -> Api:
    """The API server of a target; nothing is sent yet. Raises BadKubeconfig."""
    match target:
        case LiveCluster(kubeconfig, context):
            return Api(*from_kubeconfig(kubeconfig, context), limits)
        case InCluster():
            return Api(*in_cluster(), limits)
        case _:
            assert_never(target)


class Api:
    """One API server, for as long as a `with` block, with whose end every question ends. Safe for threads.

    `name` is the context's, `server` the address, `authority` the bytes of its certificate authority.
    """

    def __init__(self, configuration: Any, name: str, limits: Limits | None = None) -> None:
        self.name = name
        self.server: str = configuration.host
        self.limits = limits or Limits()
        self._certificate: str | None = configuration.cert_file
        self._ca: str | None = configuration.ssl_ca_cert
        self._deadline = time.monotonic() + self.limits.total
        address = urlsplit(self.server)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise not_an_address()
        try:
            configuration.connection_pool_maxsize = CONNECTIONS
            self._pool: urllib3.PoolManager = RESTClientObject(configuration).pool_manager
            self._connections = Connections(self._pool)
            credentials: dict[str, str] = {
                each["key"]: each["value"]
                for each in configuration.auth_settings().values()
                if each["in"] == "header" and each["value"]
            }
            self._headers = {"Accept-Encoding": "gzip"} | credentials
            self._secrets = tuple(value.rpartition(" ")[2] for value in credentials.values() if value.strip())
        except Exception as error:
            raise connection_error(error, self.server, self._certificate) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._deadline = 0.0
        self._connections.end()
        self._pool.clear()

    @property
    def authority(self) -> bytes:
        try:
            return Path(self._ca).read_bytes() if self._ca else b""
        except OSError:
            return b""

    @property
    def seconds_left(self) -> float:
        """Until the deadline of everything this Api does."""
        return self._deadline - time.monotonic()

    def get(self, path: str, query: Mapping[str, str | int] | None = None, accept: str = JSON) -> bytearray:
        """The body at `path`. Raises the ClusterError of its status, Unreachable or BadAnswer."""
        target = f"{path}?{urlencode(query)}" if query else path
        return self._request("GET", target, {"Accept": accept})

    def health(self, path: str) -> str:
        """What a health endpoint says. That something is not well (500) is an answer too, and no failure.

        Raises the ClusterError of any other status, Unreachable or BadAnswer.
        """
        answer = self._request("GET", f"{path}?verbose=true", {"Accept": "text/plain"}, unwell=_UNWELL)
        return answer.decode("utf-8", "replace")

    def review(self, verb: str, kind: Kind, namespace: str = "", name: str = "") -> Review:
        """Whether we may `verb` this kind (or the one object), by a SelfSubjectAccessReview.

        Raises ClusterError.
        """
        place = {"namespace": namespace, "name": name}
        return self.review_own({"verb": verb, "group": kind.group, "resource": kind.plural} | place)

    def review_own(self, asked: Mapping[str, str]) -> Review:
        """Whether we may do something with a resource, by its attributes. Raises ClusterError."""
        return self._reviewed("SelfSubjectAccessReview", {"resourceAttributes": asked})

    def review_of(self, user: str, groups: Sequence[str], asked: Mapping[str, Any]) -> Review:
        """Whether somebody may do something, by a SubjectAccessReview; `asked` are its attributes.

        Raises ClusterError.
        """
        return self._reviewed("SubjectAccessReview", {"user": user, "groups": list(groups), **asked})

    def _reviewed(self, kind: str, spec: Mapping[str, Any]) -> Review:
        body = self._request(
            "POST",
            f"/apis/authorization.k8s.io/v1/{kind.lower()}s",
            {"Accept": JSON, "Content-Type": JSON},
            msgspec.json.encode({"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}),
        )
        try:
            return _REVIEW.decode(body).status
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._useless("is not the answer to an access review") from error

    def _request(
        self,
        method: str,
        target: str,
        headers: dict[str, str],
        body: bytes | None = None,
        unwell: int | None = None,
    ) -> bytearray:
        """One request, tried again while that may help. The last try's error is the one that is raised.

        unwell: a status that is an answer too, with a body.
        """
        attempt = 1
        while True:
            try:
                return self._try(method, target, headers, body, unwell)
            except _Again as again:
                pause = again.after if again.after is not None else self.limits.pause * 2 ** (attempt - 1)
                pause = min(pause, _MAX_PAUSE_SECONDS) * random.uniform(1, 1.2)  # noqa: S311 - spreads load
                if attempt == _ATTEMPTS or pause > self.seconds_left:
                    raise again.error from again.__cause__
                time.sleep(pause)
                attempt += 1

    def _try(
        self, method: str, target: str, headers: dict[str, str], body: bytes | None, unwell: int | None
    ) -> bytearray:
        left = self.seconds_left
        if left <= 0:
            raise self.too_slow()
        timeout = urllib3.Timeout(connect=min(self.limits.connect, left), read=min(self.limits.read, left))
        try:
            with closing(
                self._pool.request(
                    method,
                    self.server + target,
                    body=body,
                    headers=self._headers | headers,
                    timeout=timeout,
                    retries=False,
                    redirect=False,
                    preload_content=False,
                )
            ) as response:
                if response.status >= 300 and response.status != unwell:
                    self._refuse(response, target)
                content = self._read(response)
                response.release_conn()
                return content
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            told = connection_error(error, self.server, self._certificate)
            if isinstance(error, urllib3.exceptions.ProtocolError) and not is_tls(error):
                raise _Again(told) from error
            raise told from error

    def _read(self, response: urllib3.BaseHTTPResponse) -> bytearray:
        content = bytearray()
        for piece in self._pieces(response):
            content += piece
            if len(content) > MAX_BYTES:
                raise self._useless(f"is larger than {MAX_BYTES >> 20} MiB")
        return content

    def _pieces(self, response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        """A body as it comes in, so that one that drips cannot outlast the deadline."""
        while piece := response.read1(_CHUNK, decode_content=True):
            yield piece
            if self.seconds_left <= 0:
                raise self.too_slow()

    def _refuse(self, response: urllib3.BaseHTTPResponse, target: str) -> None:
        """Raise what a status from 300 on means."""
        status = _status(self._pieces(response))
        said = self._without_credentials(status.message)
        text = "".join(letter for letter in said if letter.isprintable())[:_MAX_TEXT].rstrip(". ")
        match response.status:
            case 401:
                raise rejected(self.server, self._certificate)
            case 403:
                raise Forbidden(
                    f"The API server forbids it: {text}.", "Grant the right, or use other credentials."
                )
            case 404:
                raise Absent(
                    f"The API server has no {target}.", "Check that --context is a Kubernetes API server."
                )
            case 410:
                raise Expired(status.metadata.continue_)
            case code:
                says = f"says {code}{f': {text}' if text else ''}"
                if code == 400 or status.yet_to_come:
                    raise self._useless(says, Refused)
                error = self._useless(says)
                if code in _AGAIN:
                    raise _Again(error, _seconds(response.headers.get("Retry-After")))
                raise error

    def _without_credentials(self, text: str) -> str:
        """A server's words, should it repeat what we authenticate with."""
        for value in self._secrets:
            text = text.replace(value, "[redacted]")
        return text

    def _useless(self, what: str, kind: type[BadAnswer] = BadAnswer) -> BadAnswer:
        return kind(
            f"The answer of {shown(self.server)} {what}.",
            "Check the server's address and health (`kubectl get --raw /readyz`).",
        )

    def too_slow(self) -> Unreachable:
        """The error for when the time is up."""
        return Unreachable(
            f"{shown(self.server)} did not answer in full within {self.limits.total:.0f} s.",
            "Check the connection and the API server's load, then try again.",
        )


def _status(pieces: Iterable[bytes]) -> _Status:
    """What a refusal says: a Status object, or the text of something in between."""
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) >= _MAX_STATUS_BYTES:
            break
    try:
        return _STATUS.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = body.decode("utf-8", "replace").strip()
        return _Status(message="" if text.startswith("<") else text)


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After in seconds; its other form, a date, is left to our own pause."""
    return float(retry_after) if retry_after and retry_after.isdecimal() else None
