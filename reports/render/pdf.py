"""The PDF for auditors: PDF/A-3a and PDF/UA-1, with the evidence inside, the same bytes for the same scan."""

from __future__ import annotations

from pathlib import Path

from reports.document.model import Document
from reports.render.apart import draw
from reports.render.files import replace_file
from reports.render.job import PdfJob
from reports.render.page import Medium, page, stylesheet

MEMORY = 1 << 30
SECONDS = 120


class Pdf:
    media_type = "application/pdf"

    def __init__(self, *, memory: int = MEMORY, seconds: int = SECONDS) -> None:
        self._memory = memory
        self._seconds = seconds

    def render(self, document: Document, output: Path) -> None:
        """Draw the PDF. Raises RenderError, or OSError when the place cannot be written to."""
        html = page(document, Medium.PRINT, style=stylesheet("print"))
        with replace_file(output) as file:
            job = PdfJob(
                html=html,
                evidence=document.evidence,
                sha256=document.sha256,
                moment=document.finished,
                output=str(file.path.absolute()),
                memory=self._memory,
                seconds=self._seconds,
            )
            draw(job, shown_as=output)
