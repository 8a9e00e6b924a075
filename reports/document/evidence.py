"""The scan in canonical bytes: the same scan gives the same bytes, so that their hash proves a report.

`scan --format json`, the attachment of a PDF and the hash on a cover are all made of these bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import msgspec

from checks.model import Scan

_BATCH = 500


def evidence(scan: Scan) -> bytes:
    """JSON with sorted keys, no spaces, UTF-8."""
    return b"".join(evidence_chunks(scan))


def evidence_chunks(scan: Scan) -> Iterator[bytes]:
    """`evidence` piece by piece: a scan of 200,000 results is never in memory a second time."""
    encoder = msgspec.json.Encoder(order="sorted")
    head, tail = encoder.encode(msgspec.structs.replace(scan, results=())).split(b'"results":[]', 1)
    yield head + b'"results":['
    for start in range(0, len(scan.results), _BATCH):
        batch = encoder.encode(scan.results[start : start + _BATCH])[1:-1]
        yield b"," + batch if start else batch
    yield b"]" + tail


def digest(data: bytes) -> str:
    """The SHA-256 of evidence, in hexadecimal digits."""
    return sha256(data).hexdigest()
