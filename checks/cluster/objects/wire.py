"""The one way in and out of typed objects, and the three types that hold less than the wire says.

What may be a secret is dropped while it is decoded: of an annotation everything but the few keys that some
check reads, of a literal value everything but what it looks like, of a key everything but its size. So none
of them can be kept, logged or saved.
"""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, TypeVar

import msgspec

from checks.cluster.objects.disguise import looks_like
from checks.cluster.objects.reduced import Reduced

T = TypeVar("T")
_MAKING = threading.RLock()

_EXACT = frozenset(
    (
        "seccomp.security.alpha.kubernetes.io/pod",
        "kubernetes.io/config.source",
        "kubernetes.io/config.mirror",
        "kubernetes.io/service-account.name",
        "ambient.istio.io/redirection",
        "linkerd.io/inject",
        "config.linkerd.io/default-inbound-policy",
        "sidecar.istio.io/inject",
        "eks.amazonaws.com/role-arn",
        "iam.gke.io/gcp-service-account",
        "azure.workload.identity/client-id",
        "networking.gke.io/load-balancer-type",
        "cloud.google.com/load-balancer-type",
        "service.beta.kubernetes.io/aws-load-balancer-internal",
        "service.beta.kubernetes.io/aws-load-balancer-scheme",
        "service.beta.kubernetes.io/azure-load-balancer-internal",
        "service.beta.kubernetes.io/load-balancer-source-ranges",
    )
)
_PRESENCE = frozenset(
    (
        *(
            f"nginx.ingress.kubernetes.io/{name}"
            for name in (
                "auth-snippet",
                "configuration-snippet",
                "modsecurity-snippet",
                "server-snippet",
                "stream-snippet",
            )
        ),
        "alb.ingress.kubernetes.io/certificate-arn",
        "ingress.gcp.kubernetes.io/pre-shared-cert",
        "networking.gke.io/managed-certificates",
    )
)
"""What is asked of these is whether they are there; their values may be whole programs and are dropped."""
_PREFIXES = (
    "container.apparmor.security.beta.kubernetes.io/",
    "container.seccomp.security.alpha.kubernetes.io/",
    "vault.hashicorp.com/agent-inject",
    "conjur.org/",
)
"""What some check reads. Any other annotation may repeat a secret, as `last-applied-configuration` does."""
_LONGEST = 512


class Annotations:
    """The annotations that checks read, hashable and in the order of their keys."""

    __slots__ = ("pairs",)

    def __init__(self, given: Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> None:
        items = given.items() if isinstance(given, Mapping) else given
        kept = {
            key: "" if key in _PRESENCE else value[:_LONGEST]
            for key, value in items
            if isinstance(value, str) and (key in _EXACT or key in _PRESENCE or key.startswith(_PREFIXES))
        }
        self.pairs: tuple[tuple[str, str], ...] = tuple(sorted(kept.items()))

    def get(self, key: str) -> str | None:
        """An annotation's value."""
        return next((value for name, value in self.pairs if name == key), None)

    def starting(self, prefix: str | tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """Every annotation whose key starts so, or in one of several ways."""
        return tuple(pair for pair in self.pairs if pair[0].startswith(prefix))

    def __bool__(self) -> bool:
        return bool(self.pairs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Annotations) and self.pairs == other.pairs

    def __hash__(self) -> int:
        return hash(self.pairs)

    def __repr__(self) -> str:
        return f"Annotations({dict(self.pairs)!r})"


NO_ANNOTATIONS = Annotations()


class Literal:
    """A value written out in an object, of which only what it looks like is kept.

    `like`: "" for an empty one, `text` for one that looks like nothing special, else what secret it looks
    like, as `disguise.looks_like` names it.
    """

    __slots__ = ("like",)

    def __init__(self, like: str) -> None:
        self.like = like

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and self.like == other.like

    def __hash__(self) -> int:
        return hash(self.like)

    def __repr__(self) -> str:
        return f"Literal({self.like!r})"


class KeySize:
    """A key written out in base64, of which only the number of bytes is kept; -1 for what is not base64."""

    __slots__ = ("size",)

    def __init__(self, size: int) -> None:
        self.size = size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KeySize) and self.size == other.size

    def __hash__(self) -> int:
        return hash(self.size)

    def __repr__(self) -> str:
        return f"KeySize({self.size})"


def _size_of(key: str) -> int:
    try:
        return len(base64.b64decode(key.replace("\r", "").replace("\n", ""), validate=True))
    except (binascii.Error, ValueError):
        return -1


@cache
def _literal(like: str) -> Literal:
    return Literal(like)


def _hook(type_: type, value: Any) -> Any:
    """What msgspec cannot decode by itself. Raises ValueError, which it reports with the place."""
    if type_ is Annotations:
        if not isinstance(value, dict):
            raise ValueError(f"Expected `object`, got `{type(value).__name__}`")
        return Annotations(value) or NO_ANNOTATIONS
    if type_ is Literal:
        if isinstance(value, str):
            return _literal(looks_like(value))
        if isinstance(value, dict) and isinstance(value.get("like"), str):
            return _literal(value["like"])
        raise ValueError(f"Expected `str`, got `{type(value).__name__}`")
    if type_ is KeySize:
        if isinstance(value, str):
            return KeySize(_size_of(value))
        if isinstance(value, dict) and isinstance(value.get("size"), int):
            return KeySize(value["size"])
        raise ValueError(f"Expected `str`, got `{type(value).__name__}`")
    if issubclass(type_, Reduced):
        return type_.from_wire(value)
    raise NotImplementedError


def _unhook(value: Any) -> Any:
    if isinstance(value, Annotations):
        return dict(value.pairs)
    if isinstance(value, Literal):
        return {"like": value.like}
    if isinstance(value, KeySize):
        return {"size": value.size}
    if isinstance(value, Reduced):
        return value.to_wire()
    raise NotImplementedError


def decoder(type_: Any) -> msgspec.json.Decoder[Any]:
    """A decoder of JSON bytes to this type. Its `decode` raises msgspec.DecodeError and RecursionError.

    One is made at a time: msgspec keeps what it knows of a struct with the struct while it is finding it out,
    and a thread that decoded by half of it would crash the process.
    """
    with _MAKING:
        return _decoder(type_)


@cache
def _decoder(type_: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type_, dec_hook=_hook)


def convert(data: Any, type_: type[T]) -> T:
    """Plain data as this type. Raises msgspec.ValidationError."""
    decoder(type_)  # so that all is known of the type before it is used
    return msgspec.convert(data, type_, dec_hook=_hook)


def encode(value: Any) -> bytes:
    """Typed objects as JSON that `decoder` reads back to the same."""
    return msgspec.json.encode(value, enc_hook=_unhook)
