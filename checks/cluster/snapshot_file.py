"""A Snapshot in a file, so that a cluster can be judged later, elsewhere, or again.

The file is gzip around lines of JSON: a header, the snapshot without its objects, and then the objects, some
of one kind in each line. The same snapshot always gives the same bytes.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import os
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from checks.cluster import objects as o
from checks.cluster.errors import BadSnapshot, CannotWrite
from checks.cluster.kinds import KINDS
from checks.cluster.objects import wire
from checks.cluster.redaction import WholeKind
from checks.cluster.sharing import Parts, form_of
from checks.cluster.snapshot import Snapshot

VERSION = 3
_EARLIER = 2
"""All objects of a kind in one line, and otherwise the same."""
MAX_BYTES = 2 << 30
_SCHEMA = "quarterdeck.snapshot"
_WHOLE = "whole"
_CHUNK = 1 << 20
_MAGIC = b"\x1f\x8b"
_LEVEL = 6
_OBJECTS = 500
"""In a line: those of one are decoded before the next is unpacked, in the same memory."""
_NEW_ONE = "Make a new one with `quarterdeck snapshot save`."


class _Header(Struct, frozen=True):
    schema: str
    version: int


class _Kind(Struct, frozen=True):
    """Objects of one kind, before they are read as what the kind says."""

    kind: str
    items: msgspec.Raw


def dump(snapshot: Snapshot) -> bytes:
    """The bytes of a snapshot's file."""
    return gzip.compress(b"".join(line + b"\n" for line in _lines(snapshot)), _LEVEL, mtime=0)


def save(snapshot: Snapshot, path: Path) -> None:
    """Write the snapshot to `path`: whole or not at all; a link's target is written. Raises CannotWrite."""
    content = dump(snapshot)
    try:
        place = path.resolve()
        if place.exists() and not place.is_file():
            place.write_bytes(content)  # a device or a pipe stays what it is
            return
        with tempfile.NamedTemporaryFile(dir=place.parent, prefix=".quarterdeck-", delete=False) as file:
            try:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(place)
            except BaseException:
                with contextlib.suppress(OSError):
                    Path(file.name).unlink()
                raise
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        step = (
            "Free some space or choose another file."
            if full
            else "Choose a file in a folder you may write to."
        )
        raise CannotWrite(f"The snapshot cannot be written to {path}: {error.strerror}.", step) from error


def load(path: Path) -> Snapshot:
    """Read a snapshot back. Raises BadSnapshot when it is none, is damaged, too new or too large."""
    try:
        with path.open("rb") as file:
            return restore(file, path)
    except OSError as error:
        raise BadSnapshot(
            f"The snapshot {path} cannot be read: {error.strerror}.",
            "Give a file that `snapshot save` wrote.",
        ) from error


def restore(file: BinaryIO, path: Path) -> Snapshot:
    """Read a snapshot's bytes back; `path` is what messages call them. Raises BadSnapshot and OSError."""
    lines = _lines_of(file, path)
    _must_fit(next(lines, bytearray()), path)
    try:
        return _snapshot(lines)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadSnapshot(f"{path} is damaged: {error}.", _NEW_ONE) from error


def _must_fit(head: bytearray, path: Path) -> None:
    """Whether a file's first line is that of a snapshot of this format. Raises BadSnapshot."""
    try:
        header = msgspec.json.decode(head, type=_Header)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _not_one(path) from error
    if header.schema != _SCHEMA:
        raise _not_one(path)
    if header.version < _EARLIER:
        raise BadSnapshot(f"{path} is of format {header.version}, which is no longer read.", _NEW_ONE)
    if header.version > VERSION:
        raise BadSnapshot(
            f"{path} was written by a newer Quarterdeck (format {header.version}, this one reads {VERSION}).",
            "Upgrade Quarterdeck, or make a new snapshot with this version.",
        )


def _lines(snapshot: Snapshot) -> Iterator[bytes]:
    yield msgspec.json.encode(_Header(_SCHEMA, VERSION))
    yield msgspec.json.encode(replace(snapshot, objects={}, whole=(), params=None))
    for name, items in snapshot.objects.items():
        for start in range(0, len(items) or 1, _OBJECTS):
            yield wire.encode({"kind": name, "items": items[start : start + _OBJECTS]})
    for whole in snapshot.whole:
        yield msgspec.json.encode({"kind": _WHOLE, "items": whole})


def _snapshot(lines: Iterator[bytearray]) -> Snapshot:
    """What the lines after the header say. Raises msgspec.DecodeError."""
    snapshot = msgspec.json.decode(next(lines, bytearray()), type=Snapshot)
    objects: dict[str, list[o.Object]] = {}
    whole: list[WholeKind] = []
    parts = Parts()
    for line in lines:
        stored = msgspec.json.decode(line, type=_Kind)
        if stored.kind == _WHOLE:
            whole.append(msgspec.json.decode(stored.items, type=WholeKind))
        if stored.kind in KINDS:
            type_ = KINDS[stored.kind].type
            items = tuple.__class_getitem__((form_of(type_), ...))
            read = parts.whole(wire.decoder(items).decode(stored.items), type_)
            objects.setdefault(stored.kind, []).extend(read)
    by_kind = {kind: tuple(items) for kind, items in objects.items()}
    return replace(snapshot, objects=by_kind, whole=tuple(whole))


def _lines_of(file: BinaryIO, path: Path) -> Iterator[bytearray]:
    """The file's lines as they are unpacked, none of them empty.

    Raises BadSnapshot; for one that unpacks too large, once it passes the limit.
    """
    inflate = zlib.decompressobj(wbits=31)
    unpacked, line = 0, bytearray()
    data = file.read(_CHUNK)
    if not data.startswith(_MAGIC):
        raise _not_one(path)
    try:
        while data and not inflate.eof:
            piece = inflate.decompress(data, _CHUNK)
            unpacked += len(piece)
            if unpacked > MAX_BYTES:
                raise BadSnapshot(
                    f"{path} unpacks to more than {MAX_BYTES >> 20} MiB.",
                    "Do not use it: no cluster is that large.",
                )
            *ended, rest = piece.split(b"\n")
            for end in ended:
                line += end
                if line:
                    yield line
                line = bytearray()
            line += rest
            data = inflate.unconsumed_tail or file.read(_CHUNK)
    except zlib.error as error:
        raise BadSnapshot(f"{path} is damaged: {error}.", _NEW_ONE) from error
    if not inflate.eof:
        raise BadSnapshot(f"{path} is cut short.", f"Copy it again in full. {_NEW_ONE}")
    if line:
        yield line


def _not_one(path: Path) -> BadSnapshot:
    return BadSnapshot(f"{path} is not a snapshot.", "Give a file that `quarterdeck snapshot save` wrote.")
