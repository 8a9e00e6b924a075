"""The published shape of a scan: the JSON Schema that `docs/schema/scan.v1.json` holds."""

from __future__ import annotations

from typing import Any

import msgspec

from checks.model import Scan

ADDRESS = "https://json-schema.org/draft/2020-12/schema"


def scan_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of `scan --format json`. Field names are stable within `v1`."""
    return {
        "$schema": ADDRESS,
        "title": "quarterdeck.scan/v1",
        "description": "Everything one evaluation of one snapshot says.",
        **msgspec.json.schema(Scan),
    }
