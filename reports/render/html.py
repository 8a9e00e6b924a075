"""The report as one web page that needs nothing else: no script, no font, no address is loaded."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from reports.document.model import Document
from reports.render.files import replace_file
from reports.render.page import Medium, page, stylesheet


class Html:
    media_type = "text/html"

    def render(self, document: Document, output: Path) -> None:
        """Write the page. Raises OSError."""
        with replace_file(output) as file:
            file.write(web_page(document).encode())


def web_page(document: Document) -> str:
    """The page's text. Its policy allows its own style sheet, known by hash, and nothing else."""
    style = stylesheet("screen")
    allowed = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'"
    return page(document, Medium.SCREEN, style=style, policy=policy)
