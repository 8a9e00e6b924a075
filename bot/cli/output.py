"""Documents for other programs on standard output: exact, unless a person looks at them on a terminal."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable

_STEERING = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
    r"|\r(?!\n)"
)
"""Control, format and bidirectional characters, which JSON need not escape and CSV cannot."""


def write_document(chunks: Iterable[bytes]) -> None:
    """Write to standard output, chunk by chunk; on a terminal with what could steer it escaped as in JSON."""
    looked_at = sys.stdout.isatty()
    for chunk in chunks:
        sys.stdout.buffer.write(inert(chunk) if looked_at else chunk)
    sys.stdout.buffer.flush()


def inert(chunk: bytes) -> bytes:
    """The text without a character that could move, colour or reorder what a terminal shows."""
    return _STEERING.sub(_escaped, chunk.decode("utf-8", "replace")).encode()


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
