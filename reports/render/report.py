"""A document as a file of some format: one table of formats, one function."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from reports.document.model import Document
from reports.render.errors import CannotWrite, UnknownFormat
from reports.render.html import Html
from reports.render.interface import Renderer
from reports.render.json import Json
from reports.render.pdf import Pdf

FORMATS: Mapping[str, Renderer] = MappingProxyType({"pdf": Pdf(), "html": Html(), "json": Json()})
MEDIA_TYPES = MappingProxyType({name: renderer.media_type for name, renderer in FORMATS.items()})


def render(document: Document, form: str, output: Path) -> None:
    """Write the report in a format of `FORMATS`; folders on the way are made. Raises RenderError."""
    if form not in FORMATS:
        raise UnknownFormat(form, tuple(FORMATS))
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        FORMATS[form].render(document, output)
    except OSError as error:
        raise CannotWrite(output, error) from error
