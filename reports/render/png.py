"""Our own SVG as PNG, for media that show no SVG."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from reports.render.apart import draw
from reports.render.errors import PICTURE, DrawingFailed
from reports.render.job import PngJob

_MEMORY = 1 << 30
_SECONDS = 60
_SHARP = 2.0
"""Pixels for each of the SVG's, as on a screen of today."""
_LARGEST = 6_000
"""Pixels along the longer side: 36 million at four bytes are what a browser still opens at once."""
_SIZE = re.compile(r'<svg\b[^>]*?\swidth="([\d.]+)"\sheight="([\d.]+)"')


def picture(svg: str) -> bytes:
    """The PNG of an SVG of ours (`width` and `height` in pixels, fonts IBM Plex Sans), twice as large while
    that is not too large. Raises RenderError."""
    with tempfile.TemporaryDirectory(prefix="quarterdeck-") as folder:
        place = Path(folder, "picture.png")
        draw(PngJob(svg, _zoom(svg), str(place), _MEMORY, _SECONDS), shown_as=place)
        return place.read_bytes()


def _zoom(svg: str) -> float:
    found = _SIZE.search(svg)
    if found is None:
        raise DrawingFailed("its width and height are not in it", PICTURE)
    return min(_SHARP, _LARGEST / max(float(found[1]), float(found[2]), 1.0))
