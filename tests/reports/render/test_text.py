"""What is shown is what is there."""

import unicodedata

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from reports.render.page import SIGNS, folder
from reports.render.text import visible

FONTS = sorted(folder().glob("fonts/*.woff2"))
SHOWN = [chr(code) for code in range(0x110000) if visible(chr(code)) == chr(code)]


@pytest.mark.parametrize("font", FONTS, ids=lambda path: path.stem)
def test_every_shown_character_is_in_every_font(font: object) -> None:
    with TTFont(font) as opened:
        glyphs = opened.getBestCmap()
    missing = [char for char in [*SHOWN, *SIGNS.values(), *"→÷\u2212·™"] if ord(char) not in glyphs]
    assert missing == []


def test_there_are_fonts_with_their_licence() -> None:
    assert len(FONTS) == 4
    assert "SIL OPEN FONT LICENSE" in (folder() / "fonts" / "LICENSE.txt").read_text("utf-8")


def test_nothing_invisible_or_directional_is_shown() -> None:
    assert len(SHOWN) > 300
    assert {unicodedata.category(char)[0] for char in SHOWN} <= set("LNPSZ")
    assert {char for char in SHOWN if unicodedata.category(char)[0] == "Z"} == {" "}
    assert {unicodedata.bidirectional(char) for char in SHOWN} <= {"L", "EN", "ES", "ET", "CS", "ON", "WS"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("payments/api-7", "payments/api-7"),
        ("Zoë Müller", "Zoë Müller"),
        ("\u202egnp", "\\u{202E}gnp"),
        ("a\u00a0b\x00", "a\\u{A0}b\\u{0}"),
        ("\u0430dmin", "\\u{430}dmin"),
        ("\U0001f4a3", "\\u{1F4A3}"),
    ],
)
def test_what_is_not_plainly_visible_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_everything_becomes_visible(text: str) -> None:
    assert set(visible(text)) <= set(SHOWN)
    assert visible(visible(text)) == visible(text)
