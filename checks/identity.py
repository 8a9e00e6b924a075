"""Which judgement this was: a hash that changes whenever a check, its logic or a framework changes.

An auditor compares it between two reports to know that both were judged by the same rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable

import msgspec

from checks.frameworks.model import Framework
from checks.model import Check

_NO_JUDGEMENT = ("__pycache__", "sample")


def tool_hash(checks: tuple[Check, ...], frameworks: tuple[Framework, ...]) -> str:
    """`sha256:` and the hash over these checks' metadata, these frameworks and the sources of `checks`."""
    digest = sha256(_sources())
    for check in sorted(checks, key=lambda item: item.id):
        fields = {name: getattr(check, name) for name in check.__struct_fields__ if name != "function"}
        digest.update(msgspec.json.encode(fields))
    for framework in sorted(frameworks, key=lambda item: item.id):
        digest.update(msgspec.json.encode(framework))
    return f"sha256:{digest.hexdigest()}"


@cache
def _sources() -> bytes:
    digest = sha256()
    for name, content in sorted(_files(resources.files("checks"), "")):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.digest()


def _files(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name not in _NO_JUDGEMENT:
            yield from _files(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith((".py", ".yaml")):
            yield prefix + entry.name, entry.read_bytes()
