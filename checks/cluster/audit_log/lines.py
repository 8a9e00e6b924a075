"""The lines of a log's file, packed or not, however many and however long, in memory for one of them."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, cast

from checks.cluster.files import STANDARD_INPUT

MAX_LINE = 64 << 20
MAX_UNPACKED = 64 << 30
"""Bytes that one packed file may unpack to."""
_GZIP = b"\x1f\x8b"


class Lines:
    """The lines of one open file. `too_long` counts those left out, `cut` says why it ended early."""

    def __init__(self, file: IO[bytes], *, packed: bool) -> None:
        self._file = file
        self._left = MAX_UNPACKED if packed else None
        self.too_long = 0
        self.cut = ""

    def __iter__(self) -> Iterator[bytes]:
        try:
            while line := self._piece():
                if len(line) < MAX_LINE or line.endswith(b"\n"):
                    yield line
                    continue
                self.too_long += 1
                while (rest := self._piece()) and not rest.endswith(b"\n"):
                    pass
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            self.cut = f"damaged or cut short ({error}); what came before was read"
        except OSError as error:
            self.cut = f"cannot be read to its end: {error.strerror}"

    def _piece(self) -> bytes:
        piece = self._file.readline(MAX_LINE)
        if self._left is not None:
            self._left -= len(piece)
            if self._left < 0:
                self.cut = f"unpacks to more than {MAX_UNPACKED >> 30} GiB; the rest was not read"
                return b""
        return piece


@contextmanager
def lines_of(path: Path) -> Iterator[Lines]:
    """A file's lines, unpacked if it is packed, whatever its name; `-` is standard input. Raises OSError."""
    with ExitStack() as stack:
        file: IO[bytes] = sys.stdin.buffer if path == STANDARD_INPUT else stack.enter_context(path.open("rb"))
        packed = file.peek(2)[:2] == _GZIP  # type: ignore[attr-defined]
        yield Lines(cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if packed else file, packed=packed)
