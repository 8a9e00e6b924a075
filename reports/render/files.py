"""Files appear whole or not at all: written beside their place under another name, then renamed."""

from __future__ import annotations

import errno
import io
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO


class NewFile:
    """A file being written. `path` is where its bytes are now."""

    def __init__(self, path: Path, stream: BinaryIO) -> None:
        self.path = path
        self._stream = stream
        self._text: io.TextIOWrapper | None = None

    def write(self, data: bytes) -> None:
        self._stream.write(data)

    def writelines(self, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            self._stream.write(chunk)

    def text(self) -> TextIO:
        """The same file for text, in UTF-8."""
        if self._text is None:
            self._text = io.TextIOWrapper(self._stream, encoding="utf-8", newline="\n")
        return self._text

    def flush(self) -> None:
        """Hand everything to the operating system and, where it is a disk, to the disk."""
        (self._text or self._stream).flush()
        try:
            os.fsync(self._stream.fileno())
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # pipes and terminals
                raise


@contextmanager
def replace_file(path: Path) -> Iterator[NewFile]:
    """Write a file that takes the place of `path` only when all went well.

    A link keeps pointing where it does and its target is replaced; a device or a pipe is written to directly.
    Raises OSError; then nothing of the new file is left and the old one is as it was.
    """
    place = path.resolve()
    if place.exists() and not place.is_file():
        with place.open("wb") as stream:
            file = NewFile(place, stream)
            yield file
            file.flush()
        return
    part = place.with_name(f".quarterdeck-{secrets.token_hex(8)}.part")
    try:
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666), "wb") as stream:
            file = NewFile(part, stream)
            yield file
            file.flush()
        part.replace(place)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
