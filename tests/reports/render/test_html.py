"""The web page: the same numbers, nothing active, nothing loaded from anywhere."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from msgspec.structs import replace

from checks.model import Status
from reports.document import Document, build
from reports.render.html import web_page
from reports.render.page import Medium, arc, page, parts, prose, stylesheet
from reports.render.text import visible
from tests.harness.report_scans import (
    HOSTILE,
    hostile,
    huge,
    nothing_found,
    nothing_read,
    sample,
    scan,
)

TEXT = "section article div p span strong em small code pre a h1 h2 h3 h4 ul ol li"
TABLE = "table caption colgroup col thead tbody tr th td"
SVG = "svg g path rect circle text desc"
ALLOWED = set(f"html head meta title style body header main nav {TEXT} {TABLE} figure {SVG}".split())


class Page(HTMLParser):
    """A page's tags, attributes and text as a browser sees them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.comments: list[str] = []
        self._text: list[str] = []
        self.feed(html)
        self.text = "".join(self._text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    def values(self, attribute: str) -> list[str]:
        return [value for _, name, value in self.attributes if name == attribute]


@pytest.mark.parametrize("medium", Medium)
@pytest.mark.parametrize(
    "made", [hostile, sample, scan, nothing_read, nothing_found], ids=lambda f: f.__name__
)
def test_no_string_of_a_cluster_becomes_markup(made: object, medium: Medium) -> None:
    assert callable(made)
    seen = Page(page(build(made()), medium, style="", policy="x"))
    assert seen.tags <= ALLOWED
    assert not seen.comments
    assert not [name for _, name, _ in seen.attributes if name.startswith("on") or name in {"style", "src"}]
    assert all(value.startswith("#") for value in seen.values("href"))


def test_hostile_strings_are_there_for_people_to_read() -> None:
    text = Page(web_page(build(hostile()))).text
    assert [each for each in HOSTILE if visible(each) not in text] == []
    assert "49" not in re.findall(r"\{\{ 7 \* 7 \}\}|\b49\b", text)
    assert not set(text) & set("\u202e\u2066\u200b\u00ad\x00\x07\x1b")


def test_every_link_leads_somewhere_and_no_id_is_given_twice(document: Document) -> None:
    seen = Page(web_page(document))
    ids = seen.values("id")
    assert len(ids) == len(set(ids))
    assert {value.removeprefix("#") for value in seen.values("href")} <= set(ids)


def test_the_policy_allows_this_style_sheet_and_nothing_else(document: Document) -> None:
    html = web_page(document)
    style = html.partition("<style>")[2].partition("</style>")[0]
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    [policy] = [
        value for _, name, value in Page(html).attributes if name == "content" and "default-src" in value
    ]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{allowed}';")
    assert "url(" not in style
    assert "@import" not in style
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "").replace(
        "Content-Security-Policy", ""
    ).replace('http-equiv="', "")


def test_the_numbers_are_the_scan_s(document: Document) -> None:
    text = re.sub(r"\s+", " ", Page(web_page(document)).text)
    assert document.sha256 in text
    for status in Status:
        assert re.search(rf"{status.replace('_', ' ')} ?{document.summary.results[status]:,}\b", text), status
    for framework in sample().frameworks:
        for requirement in framework.requirements:
            assert requirement.title in text


def test_every_chart_says_in_words_what_it_draws(document: Document) -> None:
    html = web_page(document)
    drawings = re.findall(r"<svg.*?</svg>", html)
    assert len(drawings) > 20
    assert all(re.search(r'role="img".*?<title>[^<]+</title>', each) for each in drawings)


def test_a_report_on_manifests_does_not_speak_of_a_cluster_s_state() -> None:
    files = replace(scan().cluster, source="manifests", uid="manifests:1", origin="deploy/")
    text = Page(web_page(build(replace(nothing_found(), cluster=files)))).text
    assert "Manifests as read at 2026-11-24 12:00:00 UTC" in text
    assert "Manifests were judged, not a cluster" in text
    assert "The manifests give it to nobody." in text
    assert "State of the cluster" not in text
    assert "Compare with the cluster" not in text


def test_roles_that_were_not_read_name_nobody_and_rule_nobody_out() -> None:
    text = Page(web_page(build(nothing_read()))).text
    assert "nobody can be named and nobody ruled out" in text
    assert "RBAC names nobody" not in text


def test_headings_never_skip_a_level(document: Document) -> None:
    levels = [int(level) for level in re.findall(r"<h(\d)", web_page(document))]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_the_page_of_a_huge_scan_stays_readable() -> None:
    assert len(web_page(build(huge()))) < 1_000_000


def test_a_stacked_bar_is_as_wide_as_its_parts() -> None:
    counts = {"a": 1, "b": 0, "c": 3}
    assert parts(counts, ["a", "b", "c"], 200) == [("a", 0.0, 50.0), ("c", 50.0, 150.0)]
    assert parts({"a": 0}, ["a"], 200) == []


def test_an_arc_goes_clockwise_from_the_top() -> None:
    assert arc(("a", 0.0, 0.25), 40) == "M0.00 -40.00A40 40 0 0 1 40.00 -0.00"
    assert arc(("a", 0.0, 1.0), 40) == "M0 -40A40 40 0 1 1 0 40A40 40 0 1 1 0 -40"


def test_prose_knows_code_and_nothing_else() -> None:
    assert str(prose("use `kubectl <x>` & <b>wait</b>")) == (
        "use <code>kubectl &lt;x&gt;</code> &amp; &lt;b&gt;wait&lt;/b&gt;"
    )


def test_the_style_sheets_name_no_address() -> None:
    assert "http" not in stylesheet("print") + stylesheet("screen")


def test_a_name_without_end_is_cut_and_says_how_long_it_is() -> None:
    taken = sample()
    failed = next(each for each in taken.results if each.status is Status.FAIL)
    endless = replace(failed, resource=replace(failed.resource, name="n" * 200_000), message="m" * 200_000)
    html = web_page(build(replace(taken, results=(endless,))))
    assert "(200000 characters)" in html
    assert "n" * 1001 not in html
    assert "m" * 1001 not in html
