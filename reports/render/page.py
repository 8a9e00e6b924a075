"""The document as HTML, for the web page and the PDF. Every string is tamed on its way into a template."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from checks.model import Severity, Status
from checks.wording import plural
from reports.document.model import Document
from reports.drawing import Drawing, Trend
from reports.render.text import visible


class Medium(StrEnum):
    """What the page is made for; the words are the same."""

    PRINT = "print"
    SCREEN = "screen"


# ruff: noqa: RUF001  signs that the report's fonts have
SIGNS = {
    Status.PASS: "✓",
    Status.FAIL: "×",
    Status.WAIVED: "~",
    Status.MANUAL: "›",
    Status.NOT_APPLICABLE: "–",
    Status.NOT_EVALUATED: "?",
    Status.ERROR: "!",
}
"""A status is told by its sign and its word, never by colour alone."""

MEANINGS = {
    Status.PASS: "Evaluated, and as it should be.",
    Status.FAIL: "Evaluated, and not as it should be.",
    Status.WAIVED: "Fails, and somebody with the right to do so has accepted the risk until a date.",
    Status.MANUAL: "The cluster's API cannot answer this; a person has to.",
    Status.NOT_APPLICABLE: "There is nothing in this cluster that it could be about.",
    Status.NOT_EVALUATED: "It could have been evaluated but something could not be read. Never a pass.",
    Status.ERROR: "The check itself failed to run. Never a pass.",
}


def page(document: Document, medium: Medium, *, style: str, policy: str = "") -> str:
    """The whole document as HTML. Nothing in it comes unescaped from a cluster."""
    template = _environment().get_template("report.html.j2")
    return template.render(document=document, medium=medium, style=Markup(style), policy=policy)  # noqa: S704


def svg(drawing: Drawing | Trend, title: str) -> str:
    """A drawing as an SVG document, escaped as a page is."""
    name = "trend.svg.j2" if isinstance(drawing, Trend) else "graph.svg.j2"
    template = _environment().get_template(name)
    return template.render(drawing=drawing, title=title, label=title)


def folder() -> Path:
    """Where templates, style sheets and fonts are: the only folder that a renderer may read."""
    return Path(str(resources.files("templates")))


@cache
def stylesheet(name: str) -> str:
    """The style sheet for `print` or `screen`: what both share, then its own."""
    return "\n".join((folder() / f"{each}.css").read_text("utf-8") for each in ("base", name))


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder() / "report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "words": lambda value: str(value).replace("_", " "),
        "plural": plural,
        "utc": _utc,
        "date": lambda moment: f"{moment:%Y-%m-%d}",
        "iso": lambda moment: f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "lines": lines,
        "prose": prose,
        "thousands": lambda number: f"{number:,}",
        "parts": parts,
        "short": short,
        "arc": arc,
    }
    environment.globals |= {
        "Status": Status,
        "Severity": Severity,
        "signs": {status: Markup(sign) for status, sign in SIGNS.items()},  # noqa: S704
        "meanings": MEANINGS,
    }
    return environment


LONGEST = 1000
"""Characters of one value on a page: names are shorter, and the evidence has the whole of it."""


def _shown(value: Any) -> Any:
    """Done to every value before it is escaped: our own markup stays, all else is cut and becomes visible."""
    return value if isinstance(value, Markup) else visible(short(str(value), LONGEST))


def short(text: str, most: int = 120) -> str:
    """The text, cut where it would push other things off the page; then it says how long it is."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"


def lines(text: str) -> Markup:
    """Text that keeps its line breaks and nothing else that is invisible."""
    return Markup("\n").join(visible(line) for line in text.split("\n"))


def prose(text: str) -> Markup:
    """A check's own words, in which backticks enclose code."""
    around = (Markup("{}"), Markup("<code>{}</code>"))
    return Markup().join(
        around[number % 2].format(visible(piece)) for number, piece in enumerate(text.split("`"))
    )


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def parts(counts: Mapping[Any, int], order: Sequence[Any], width: float) -> list[tuple[Any, float, float]]:
    """A stacked bar's pieces as (what, start, width), from the left; what there is none of has no piece."""
    total, at, pieces = sum(counts[each] for each in order) or 1, 0.0, []
    for each in order:
        if counts[each]:
            size = width * counts[each] / total
            pieces.append((each, round(at, 4), round(size, 4)))
            at += size
    return pieces


def arc(piece: tuple[Any, float, float], radius: float) -> str:
    """An SVG path along a circle around 0 0 for a piece of a bar of width 1, clockwise from the top."""
    _, start, size = piece
    if size > 0.9999:
        half = f"A{radius:g} {radius:g} 0 1 1 0"
        return f"M0 -{radius:g}{half} {radius:g}{half} -{radius:g}"
    end = start + size
    (x1, y1), (x2, y2) = (
        (radius * math.sin(2 * math.pi * at), -radius * math.cos(2 * math.pi * at)) for at in (start, end)
    )
    return f"M{x1:.2f} {y1:.2f}A{radius:g} {radius:g} 0 {int(size > 0.5)} 1 {x2:.2f} {y2:.2f}"
