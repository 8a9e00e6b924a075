"""The picture of ways: boxes apart, words inside, lines past them, thirty at most, the rest counted."""

from __future__ import annotations

import re
from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import WayStep
from reports.drawing import Act, Deed, Drawing, drawn
from reports.drawing.model import Box, Look
from reports.drawing.steps import ways_drawn
from reports.drawing.text import width
from reports.drawing.ways import MOST_BOXES
from reports.render.page import svg

GOAL = "cluster-admin"
POD = Deed("start a pod (E5)", ("create pods in ci",), by="RoleBinding ci/runner")
ALL = Deed("hold everything (E1)", by="ClusterRoleBinding ops", ends=True)
SVG = "{http://www.w3.org/2000/svg}"
NAMES = st.lists(
    st.sampled_from([f"ServiceAccount ns/sa-{n}" for n in range(60)]), min_size=1, max_size=5, unique=True
)
BINDINGS = st.sampled_from(
    ["RoleBinding a/b", f"ClusterRoleBinding {'long-' * 30}", "ClusterRoleBinding c", "无 " * 40]
)


def way(*names: str, deed: Deed = POD) -> list[Act]:
    return [Act(a, deed, b) for a, b in zip(names, (*names[1:], GOAL), strict=True)]


@st.composite
def any_ways(draw: st.DrawFn) -> list[list[Act]]:
    """Ways through names that others share, with few bindings or many; circles come of several together."""
    ways = []
    for _ in range(draw(st.integers(0, 20))):
        names = draw(NAMES)
        deeds = [Deed("start a pod (E5)", (f"create pods in {name}",), by=draw(BINDINGS)) for name in names]
        ends = zip(names, deeds, (*names[1:], GOAL), strict=True)
        ways.append([Act(*each) for each in ends])
    return ways


def overlap(one: Box, other: Box) -> bool:
    across = one.x < other.x + other.width and other.x < one.x + one.width
    return across and one.y < other.y + other.height and other.y < one.y + one.height


@given(any_ways())
def test_boxes_are_apart_within_the_picture_and_few(ways: list[list[Act]]) -> None:
    found = drawn(ways, GOAL)
    for box in found.boxes:
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= found.width
        assert box.y + box.height <= found.height
    assert not [pair for pair in combinations(found.boxes, 2) if overlap(*pair)]
    every = {name for each in ways for act in each for name in (act.source, act.target)}
    shown = {
        name for box in found.boxes if box.look not in (Look.DEED, Look.CUT) for name in box.name.split(", ")
    }
    assert len(shown) <= MOST_BOXES
    assert shown <= every
    assert len(shown) + found.left_out == len(every)


@given(any_ways())
def test_words_stay_within_their_box(ways: list[list[Act]]) -> None:
    for box in drawn(ways, GOAL).boxes:
        for text in box.texts:
            assert box.y < text.y - text.size * 0.7
            assert text.y < box.y + box.height
            assert text.x + width(text.words, text.size) <= box.x + box.width + 1


@given(any_ways())
def test_no_line_goes_through_a_box(ways: list[list[Act]]) -> None:
    found = drawn(ways, GOAL)
    for line in found.lines:
        for (x, y), (to_x, to_y) in segments(line.path):
            left, right, top, low = min(x, to_x), max(x, to_x), min(y, to_y), max(y, to_y)
            for box in found.boxes:
                beside = right <= box.x or left >= box.x + box.width
                assert beside or low < box.y or top > box.y + box.height


def segments(path: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """The corners of a path's pieces: a curve of ours stays between the heights of its ends."""
    points: list[tuple[int, int]] = []
    for sign, numbers in re.findall(r"([MHC])([\d\s.-]+)", path):
        values = [int(each) for each in numbers.split()]
        points.append((values[0], points[-1][1]) if sign == "H" else (values[-2], values[-1]))
    return list(pairwise(points))


@given(any_ways())
def test_who_is_drawn_doing_something_can_do_it(ways: list[list[Act]]) -> None:
    said = drawn(ways, GOAL).told
    every = {act for each in ways for act in each}
    for names, deed, targets in re.findall(r"(Serv.*?): (.*?), which gives (.*?)\.(?= Serv|$)", said):
        for name in names.split(", "):
            for target in targets.split(", "):
                assert any((act.source, str(act.deed), act.target) == (name, deed, target) for act in every)


def test_ways_go_from_left_to_right_and_the_goal_is_last() -> None:
    found = drawn([way("a", "b"), way("b"), way("c", "b")], GOAL)
    across = {box.name: box.x for box in found.boxes}
    assert across["a"] == across["c"] < across["b"] < across[GOAL]
    assert [box.look for box in found.boxes if box.name == GOAL] == [Look.GOAL]
    assert [box.look for box in found.boxes if box.name == "b"] == [Look.START]


def test_a_deed_of_several_is_drawn_once_and_many_alike_share_a_box() -> None:
    two = drawn([way("a"), way("b")], GOAL)
    assert [box.name for box in two.boxes].count(str(POD)) == 1
    many = drawn([way(f"User u{n}") for n in range(12)], GOAL)
    (crowd,) = [box for box in many.boxes if box.look is Look.START]
    words = [text.words for text in crowd.texts]
    assert words == ["12 who can do the same", *(f"user:u{n}" for n in range(6)), "and 6 more"]


def test_circles_are_drawn_too() -> None:
    found = drawn([[Act("a", POD, "b"), Act("b", POD, "a"), Act("a", ALL, GOAL)]], GOAL)
    assert len(found.lines) == 6
    assert all(line.path.startswith("M") for line in found.lines)


def test_what_does_not_fit_a_page_is_left_out_and_counted() -> None:
    ways = [way(f"User {n}", deed=Deed("do", by=f"RoleBinding b{n}")) for n in range(20)]
    found = drawn(ways, GOAL, within=(900, 500))
    assert found.height <= 500
    assert found.width <= 900
    assert found.left_out == 20 - sum(box.look is Look.START for box in found.boxes) > 0
    assert len(drawn(ways[:1], GOAL, within=(10, 10)).boxes) == 3


def test_hostile_names_are_text_and_the_cut_is_said_in_words() -> None:
    ends = Act("<script>alert(1)</script>", Deed("hold everything", by='"><b>', ends=True), GOAL)
    root = ET.fromstring(svg(drawn([[ends]], GOAL), "Ways"))
    words = ["".join(each.itertext()) for each in root.iter(f"{SVG}text")]
    assert 'remove "><b>' in words
    assert not list(root.iter(f"{SVG}script"))
    assert "<script>alert(1)</script>" in [each.text for each in root.iter(f"{SVG}title")]


def test_it_is_told_to_who_does_not_see_it_and_colour_is_never_alone() -> None:
    found = drawn([way("ServiceAccount ci/runner", deed=ALL)], GOAL)
    root = ET.fromstring(svg(found, "Ways"))
    assert root.get("role") == "img"
    (title, description) = (root.find(f"{SVG}title"), root.find(f"{SVG}desc"))
    assert title is not None
    assert title.text == "Ways"
    assert description is not None
    assert description.text == (
        "ServiceAccount ci/runner: hold everything (E1); remove ClusterRoleBinding ops, which gives "
        "cluster-admin."
    )
    dashed = [each for each in root.iter(f"{SVG}rect") if each.get("stroke-dasharray")]
    assert len(dashed) == 2  # the deed and the legend
    uncut = ET.fromstring(svg(drawn([way("ServiceAccount ci/runner")], GOAL), "Ways"))
    assert not [each for each in uncut.iter(f"{SVG}rect") if each.get("stroke-dasharray")]


def test_what_is_left_out_is_said_in_the_picture() -> None:
    ways = [way(f"User {n}", deed=Deed("do", by=f"RoleBinding b{n}")) for n in range(100)]
    assert "71 more on other ways are not drawn" in svg(drawn(ways, GOAL), "Ways")
    assert "not drawn" not in svg(drawn(ways[:5], GOAL), "Ways")


def test_nothing_is_drawn_of_no_ways() -> None:
    assert drawn([], GOAL) == Drawing(20, 20, (), (), "", 0)


@pytest.mark.parametrize("removed", ["", "RoleBinding ci/b", "Group x from RoleBinding ci/b"])
def test_what_the_cut_removes_is_named_alone(removed: str) -> None:
    bindings = ("RoleBinding ci/a", "RoleBinding ci/b")
    step = WayStep("User x", "E10", "order a token", ("create secrets",), "", bindings, (removed,), GOAL)
    (deed,) = [
        box for box in ways_drawn([[step]], {removed} - {""}).boxes if box.look in (Look.DEED, Look.CUT)
    ]
    assert deed.look is (Look.CUT if removed else Look.DEED)
    said = f"remove {removed}" if removed else ", ".join(bindings)
    assert deed.name == f"order a token (E10); create secrets; {said}"
