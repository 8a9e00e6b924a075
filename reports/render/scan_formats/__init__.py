"""Scans as bytes for other programs, piece by piece: 200,000 results never stand in memory twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from checks.model import Scan
from reports.document.evidence import evidence_chunks
from reports.render.errors import UnknownFormat
from reports.render.scan_formats.csv import csv_chunks
from reports.render.scan_formats.junit import junit_chunks
from reports.render.scan_formats.sarif import sarif_chunks

SCAN_FORMATS: Mapping[str, Callable[[Scan], Iterator[bytes]]] = MappingProxyType(
    {"json": evidence_chunks, "csv": csv_chunks, "sarif": sarif_chunks, "junit": junit_chunks}
)


def encode_scan(scan: Scan, form: str) -> Iterator[bytes]:
    """The scan in a format of `SCAN_FORMATS`. Raises UnknownFormat."""
    if form not in SCAN_FORMATS:
        raise UnknownFormat(form, tuple(SCAN_FORMATS))
    return SCAN_FORMATS[form](scan)
