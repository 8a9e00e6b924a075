"""Pictures as PNG: sharp, not too large, with our fonts, drawn apart within limits, never in half."""

from __future__ import annotations

import io
import struct

import pytest

from reports.drawing import Act, Deed, drawn
from reports.render import png
from reports.render.errors import DrawingFailed, TookTooLong, TooMuchMemory
from reports.render.page import svg
from reports.render.png import picture

pytestmark = pytest.mark.slow

GOAL = "cluster-admin"
DRAWN = svg(
    drawn([[Act("ServiceAccount ci/runner", Deed("hold everything", ends=True, by="x"), GOAL)]], GOAL), "Ways"
)


def size(data: bytes) -> tuple[int, int]:
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def colours(data: bytes) -> set[bytes]:
    from PIL import Image

    pixels = Image.open(io.BytesIO(data)).convert("RGB").tobytes()
    return {pixels[at : at + 3] for at in range(0, len(pixels), 3)}


def test_a_picture_is_twice_as_sharp_and_shows_what_the_drawing_has() -> None:
    data = picture(DRAWN)
    head = DRAWN[: DRAWN.index(">")]
    wide, high = (int(head.split(f' {name}="')[1].split('"')[0]) for name in ("width", "height"))
    assert size(data) == (2 * wide, 2 * high)
    assert {b"\xff\xff\xff", b"\xb3\x26\x1e", b"\x10\x26\x3b"} <= colours(data)


def blank(width: int, height: int, inside: str = "") -> str:
    size = f'width="{width}" height="{height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><rect {size} fill="#fff"/>{inside}</svg>'


def test_words_are_drawn_in_a_font() -> None:
    text = '<text x="5" y="25" font-family="{}" font-size="20">cluster</text>'
    plain = picture(blank(200, 40))
    ours, other = (picture(blank(200, 40, text.format(font))) for font in ("IBM Plex Sans", "sans-serif"))
    assert plain != ours == other


def test_a_huge_drawing_is_made_smaller() -> None:
    assert size(picture(blank(12_000, 100))) == (6000, 50)


def test_what_cannot_be_drawn_is_an_error_of_ours() -> None:
    with pytest.raises(DrawingFailed, match="width and height"):
        picture("<svg/>")
    with pytest.raises(DrawingFailed, match="picture could not be drawn"):
        picture('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><')


def test_time_and_memory_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(png, "_MEMORY", 128 << 20)
    with pytest.raises(TooMuchMemory, match="picture needed more than 128 MiB"):
        picture(blank(6_000, 6_000))
    monkeypatch.setattr(png, "_MEMORY", 1 << 30)
    monkeypatch.setattr(png, "_SECONDS", 0)
    with pytest.raises(TookTooLong, match="picture took more than 0 seconds"):
        picture(DRAWN)
