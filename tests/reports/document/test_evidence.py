"""The evidence is one thing: the same bytes for the export, the attachment, the history and the hash."""

import hashlib
import json
import tracemalloc

import msgspec

from checks.model import Scan
from reports.document import digest, evidence, evidence_chunks
from reports.render.scan_formats import encode_scan
from tests.harness.report_scans import hostile, huge, nothing_found, sample, scan


def test_it_is_the_scan_with_sorted_keys_and_nothing_else() -> None:
    for each in (sample(), hostile(), nothing_found(), scan(), huge(501)):
        data = evidence(each)
        assert data == msgspec.json.encode(each, order="sorted")
        assert msgspec.json.decode(data, type=Scan) == each
        keys = list(json.loads(data))
        assert keys == sorted(keys)


def test_the_export_is_made_of_the_same_bytes() -> None:
    data = evidence(sample())
    assert b"".join(encode_scan(sample(), "json")) == data
    assert digest(data) == hashlib.sha256(data).hexdigest()


def test_a_big_scan_is_written_without_a_second_copy_of_it() -> None:
    big = huge(20_000)
    size = sum(len(chunk) for chunk in evidence_chunks(big))
    tracemalloc.start()
    for _ in evidence_chunks(big):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 5_000_000
    assert peak < size / 4
