"""The one way in and out of typed objects.

What may be a secret is dropped while it is decoded, by the types that hold less than the wire says
(`reduced`), so that it can be neither kept nor logged nor saved.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any, TypeVar

import msgspec

from checks.cluster.objects.reduced import Reduced

T = TypeVar("T")
_MAKING = threading.RLock()


def _hook(type_: type, value: Any) -> Any:
    """What msgspec cannot decode by itself. Raises ValueError, which it reports with the place."""
    if issubclass(type_, Reduced):
        return type_.from_wire(value)
    raise NotImplementedError


def _unhook(value: Any) -> Any:
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
