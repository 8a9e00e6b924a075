"""Which files make up a folder of manifests, and their bytes: link loops, pipes and huge files survived."""

from __future__ import annotations

import codecs
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from checks.cluster.errors import BadManifest
from checks.model import Problem

SUFFIXES = frozenset((".yaml", ".yml", ".json"))
MAX_FILE_BYTES = 64 << 20
MAX_TOTAL_BYTES = 512 << 20
STANDARD_INPUT = Path("-")


class Source(Struct, frozen=True):
    """One file's bytes and its name as a person would give it."""

    name: str
    content: bytes

    def text(self) -> str:
        """The text, by its byte order mark, else UTF-8. Raises UnicodeDecodeError."""
        if self.content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return self.content.decode("utf-16")
        return self.content.decode("utf-8-sig")


def read_all(path: Path) -> Iterator[Source | Problem]:
    """Every manifest file under `path` in a stable order, or what kept one from being read.

    A file given by name is read whatever it is called; `-` is standard input. In folders, `.yaml`, `.yml` and
    `.json` count, and names starting with a dot do not. Raises BadManifest when `path` itself cannot be read.
    """
    if path == STANDARD_INPUT:
        yield _limited("standard input", sys.stdin.buffer.read(MAX_FILE_BYTES + 1))
        return
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise BadManifest(
            f"The manifests at {path} cannot be read: {error.strerror}.", "Give a file or folder that exists."
        ) from error
    if not stat.S_ISDIR(mode):
        yield _read(path, readable(path))
        return
    left = MAX_TOTAL_BYTES
    for file in _walk(path):
        source = _read(file, readable(file.relative_to(path)))
        left -= len(source.content) if isinstance(source, Source) else 0
        if left < 0:
            yield Problem(
                readable(path), None, f"more than {MAX_TOTAL_BYTES >> 20} MiB of files; the rest was not read"
            )
            return
        yield source


def readable(path: Path) -> str:
    """A path as text that can be written anywhere: bytes of a name that are not UTF-8 are replaced."""
    return os.fsencode(path).decode("utf-8", "replace")


def _walk(folder: Path) -> Iterator[Path]:
    """Manifest files by path. A folder reached twice, through links, is entered once."""
    seen: set[tuple[int, int]] = set()
    pending = [folder]
    while pending:
        here = pending.pop()
        try:
            status = here.stat()
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError as error:
            if here == folder:
                raise BadManifest(
                    f"The folder {folder} cannot be read: {error.strerror}.", "Check its permissions."
                ) from error
            yield here
            continue
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        visible = [entry for entry in entries if not entry.name.startswith(".")]
        yield from (Path(entry) for entry in visible if _is_manifest(entry))
        pending.extend(Path(entry) for entry in reversed(visible) if _is_folder(entry))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_manifest(entry: os.DirEntry[str]) -> bool:
    return Path(entry.name).suffix.lower() in SUFFIXES and not _is_folder(entry)


def _read(path: Path, name: str) -> Source | Problem:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return Problem(name, None, "not a regular file; it was not read")
        with path.open("rb") as file:
            return _limited(name, file.read(MAX_FILE_BYTES + 1))
    except OSError as error:
        return Problem(name, None, f"cannot be read: {error.strerror}")


def _limited(name: str, content: bytes) -> Source | Problem:
    if len(content) > MAX_FILE_BYTES:
        return Problem(name, None, f"larger than {MAX_FILE_BYTES >> 20} MiB; split it")
    return Source(name, content)
