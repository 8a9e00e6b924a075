"""The one way a scan is written as bytes: what is kept, hashed, and attached to reports as evidence."""

from __future__ import annotations

import zlib
from hashlib import sha256

import msgspec

from checks.model import Scan

_FAST = 1
"""Measured on 200,000 results: a sixth of level 6's time for a third more bytes."""


def encode(scan: Scan) -> bytes:
    """The scan as JSON with sorted keys: the same scan always gives the same bytes."""
    return msgspec.json.encode(scan, order="sorted")


def decode(data: bytes) -> Scan:
    """The scan again; `encode` of it gives the same bytes. Raises msgspec.DecodeError."""
    return msgspec.json.decode(data, type=Scan)


def digest(data: bytes) -> str:
    """The evidence hash: SHA-256 in hexadecimal."""
    return sha256(data).hexdigest()


def compress(data: bytes) -> bytes:
    return zlib.compress(data, _FAST)


def decompress(data: bytes) -> bytes:
    """Raises zlib.error."""
    return zlib.decompress(data)
