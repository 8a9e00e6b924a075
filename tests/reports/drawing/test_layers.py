"""The layout by itself: columns that go one way, few crossings, heights in order, words broken to fit."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.drawing.heights import heights, spread
from reports.drawing.layers import layered
from reports.drawing.text import broken, width

EDGES = st.lists(
    st.tuples(st.integers(0, 14), st.integers(0, 14)).filter(lambda edge: edge[0] != edge[1]),
    max_size=30,
    unique=True,
)


@given(EDGES)
def test_every_box_has_one_place_and_every_line_goes_column_by_column(edges: list[tuple[int, int]]) -> None:
    found = layered(15, edges)
    column = {box: number for number, boxes in enumerate(found.columns) for box in boxes}
    assert sorted(box for box in column if box < 15) == list(range(15))
    for edge, route in zip(edges, found.routes, strict=True):
        assert (route[0], route[-1]) == edge
        steps = {column[b] - column[a] for a, b in pairwise(route)}
        assert steps in ({1}, {-1})


def test_lines_that_need_not_cross_do_not() -> None:
    edges = [(0, 5), (1, 4), (2, 3), (3, 6), (4, 6), (5, 6), (7, 3), (8, 5)]
    found = layered(9, edges)
    rows = [{box: row for row, box in enumerate(column)} for column in found.columns]
    for (a, b), (c, d) in ((one, other) for one in edges for other in edges):
        at = next(number for number, column in enumerate(rows) if a in column)
        if c in rows[at]:
            assert (rows[at][a] - rows[at][c]) * (rows[at + 1][b] - rows[at + 1][d]) >= 0


@given(EDGES)
def test_boxes_of_a_column_keep_their_order_and_distance(edges: list[tuple[int, int]]) -> None:
    layers = layered(15, edges)
    found = heights(layers, [40] * 15)
    for column in layers.columns:
        boxes = [box for box in column if box < 15]
        assert all(found[b] - found[a] >= 52 for a, b in pairwise(boxes))


@given(st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(0.5, 8)), min_size=1, max_size=12))
def test_what_is_spread_keeps_its_gaps_and_moves_no_more_than_it_must(
    wanted: list[tuple[float, float]],
) -> None:
    values, weights = [each[0] for each in wanted], [each[1] for each in wanted]
    gaps = [10.0] * (len(values) - 1)
    found = spread(values, weights, gaps)
    assert all(b - a >= 10 - 1e-6 for a, b in pairwise(found))
    assert spread(found, weights, gaps) == pytest.approx(found)
    moved = sum(weight * (at - want) for at, want, weight in zip(found, values, weights, strict=True))
    assert moved == pytest.approx(0, abs=1e-3)


@given(st.text(max_size=200), st.integers(1, 4))
def test_words_are_broken_into_lines_that_fit(words: str, lines: int) -> None:
    made = broken(words, 11, 190, lines)
    assert len(made) <= lines
    assert all(width(each, 11) <= 190 for each in made)
    said = "".join("".join(made).split())
    if "…" not in said:
        assert said == "".join(words.split())


def test_names_are_broken_between_their_parts_and_cut_in_the_middle() -> None:
    assert broken("remove ClusterRoleBinding platform-admins", 10, 214) == (
        "remove ClusterRoleBinding",
        "platform-admins",
    )
    assert broken("erik.sundberg-the-elder@harbour.example", 12, 190) == (
        "erik.sundberg-the-elder@",
        "harbour.example",
    )
    (only,) = broken("a-name-that-is-much-too-long-for-a-single-line-0042", 12, 190, 1)
    assert only.startswith("a-name")
    assert only.endswith("0042")
