"""The picture of ways: every box apart, thirty at most, the rest counted, hostile names inert."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from reports.render.page import picture
from reports.ways import HIGH, MOST_BOXES, WIDE, Arrow, drawn

GOAL = "cluster-admin"
NAMES = st.lists(st.sampled_from([f"sa-{n}" for n in range(60)]), min_size=1, max_size=5, unique=True)


def way(*names: str) -> list[Arrow]:
    return [Arrow(a, b, "E5 start a pod", "runner") for a, b in zip(names, (*names[1:], GOAL), strict=True)]


@given(st.lists(NAMES, max_size=25))
def test_boxes_are_apart_within_the_picture_and_few(ways: list[list[str]]) -> None:
    found = drawn([way(*names) for names in ways], GOAL)
    assert len(found.boxes) <= MOST_BOXES
    for box in found.boxes:
        assert 0 <= box.x <= found.width - WIDE
        assert 0 <= box.y <= found.height - HIGH
    for one, other in combinations(found.boxes, 2):
        assert one.x != other.x or abs(one.y - other.y) > HIGH
    every = {name for names in ways for name in names} | ({GOAL} if ways else set())
    assert len(found.boxes) + found.left_out == len(every)


def test_ways_go_from_left_to_right() -> None:
    found = drawn([way("a", "b"), way("b"), way("c", "b")], GOAL)
    across = {box.name: box.x for box in found.boxes}
    assert across["a"] == across["c"] < across["b"] < across[GOAL]
    assert [box.kind for box in found.boxes if box.name == GOAL] == ["goal"]


def test_hostile_names_are_text_and_the_cut_is_said_in_words() -> None:
    ends = Arrow("<script>alert(1)</script>", GOAL, "E1 hold everything", '"><b>', ends=True)
    root = ET.fromstring(picture(drawn([[ends]], GOAL), "Ways"))
    words = ["".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert 'remove "><b>' in words
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
    assert "<script>alert(1)</script>" in [
        each.text for each in root.iter("{http://www.w3.org/2000/svg}title")
    ]
