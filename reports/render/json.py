"""The evidence itself as a file: the bytes whose hash is on the report's cover."""

from __future__ import annotations

from pathlib import Path

from reports.document.model import Document
from reports.render.files import replace_file


class Json:
    media_type = "application/json"

    def render(self, document: Document, output: Path) -> None:
        """Write the canonical evidence. Raises OSError."""
        with replace_file(output) as file:
            file.write(document.evidence)
