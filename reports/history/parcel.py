"""A scan packed for keeping: the very bytes that reports carry as evidence, compressed, with their hash."""

from __future__ import annotations

import zlib
from hashlib import sha256

import msgspec

from checks.model import Scan
from reports.document.evidence import digest, evidence_chunks
from reports.history.errors import DamagedScan

_SCAN = msgspec.json.Decoder(Scan)

_LEVEL = 1
"""Measured on 200,000 results (73 MB): 0.6 s and 7.3 MB; level 6 takes 1.6 s for 5.8 MB."""


class Parcel(msgspec.Struct, frozen=True):
    """A scan with its packed evidence. Packing takes time and therefore happens outside of a transaction."""

    scan: Scan
    compressed: bytes
    sha256: str


def pack(scan: Scan) -> Parcel:
    """The scan's evidence, compressed piece by piece."""
    packer, hasher = zlib.compressobj(_LEVEL), sha256()
    pieces = []
    for chunk in evidence_chunks(scan):
        hasher.update(chunk)
        pieces.append(packer.compress(chunk))
    return Parcel(scan, b"".join([*pieces, packer.flush()]), hasher.hexdigest())


def unpack(run_id: str, compressed: bytes, expected: str) -> Scan:
    """The scan, whose evidence is byte for byte what was packed. Raises DamagedScan otherwise."""
    try:
        data = zlib.decompress(compressed)
        if digest(data) != expected:
            raise DamagedScan(f"The scan of run {run_id} is not what was stored: its SHA-256 differs.")
        return _SCAN.decode(data)
    except (zlib.error, msgspec.DecodeError) as error:
        raise DamagedScan(f"The scan of run {run_id} cannot be read back ({error}).") from error
