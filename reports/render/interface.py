"""What every format of a report is: a media type, and a way to put a document into a file."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from reports.document.model import Document


class Renderer(Protocol):
    """One format. Formats share nothing but the document, so that a new one is a new file."""

    @property
    def media_type(self) -> str: ...

    def render(self, document: Document, output: Path) -> None:
        """Write the document to `output`, whole or not at all. Raises RenderError."""
