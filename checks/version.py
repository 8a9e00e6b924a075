"""Kubernetes' version as a number to compare."""

from __future__ import annotations

import re


def minor_of(version: str) -> int | None:
    """The 34 of `v1.34.2` or `1.34+`; None for what does not look like it."""
    found = re.match(r"v?1\.(\d{1,4})(?!\d)", version)
    return int(found[1]) if found else None
