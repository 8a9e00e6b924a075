"""The picture of a trend says what the runs say, stays inside its frame, and is legal SVG for any numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.drawing.trend import FEWEST, HEIGHT, WIDTH, Point, trend
from reports.render.page import svg

START = datetime(2026, 9, 1, 7, tzinfo=UTC)


def points(*numbers: tuple[int, int, int]) -> list[Point]:
    return [Point(START + timedelta(weeks=week), *each) for week, each in enumerate(numbers)]


SIX = points((64, 5, 40), (64, 5, 38), (68, 3, 30), (71, 3, 28), (71, 2, 20), (70, 4, 22))


def test_scores_are_written_where_they_change_and_at_both_ends() -> None:
    assert [dot.said for dot in trend(SIX).dots] == ["64", "", "68", "71", "", "70"]
    assert [dot.said for dot in trend(points(*[(50, 0, 0)] * 4)).dots] == ["50", "", "", "50"]


def test_a_higher_score_is_higher_and_a_longer_bar_is_more() -> None:
    drawn = trend(SIX)
    heights = [dot.y for dot in drawn.dots]
    assert heights[0] == heights[1] > heights[2] > heights[3] == heights[4] < heights[5]
    whole = [bar.critical_height + bar.high_height for bar in drawn.bars]
    assert whole[0] > whole[1] > whole[2] > whole[3] > whole[5] > whole[4]
    assert [bar.said for bar in drawn.bars] == ["45", "43", "33", "31", "22", "26"]


def test_what_is_shown_is_told_in_words() -> None:
    assert trend(SIX).told == (
        "6 runs from 2026-09-01 to 2026-10-06: the score went from 64 to 70 of 100, open critical findings "
        "from 5 to 4, open high ones from 40 to 22."
    )


def test_the_last_run_always_has_its_date_and_dates_do_not_crowd() -> None:
    dates = [bar.date for bar in trend(points(*[(50, 1, 1)] * 12)).bars]
    assert dates[-1] == "17 Nov"
    assert sum(map(bool, dates)) == 6


def test_too_few_runs_make_no_picture() -> None:
    with pytest.raises(ValueError, match="2 runs make no trend"):
        trend(SIX[: FEWEST - 1])


@given(
    st.lists(
        st.tuples(st.integers(0, 100), st.integers(0, 10**7), st.integers(0, 10**7)), min_size=3, max_size=40
    )
)
def test_everything_stays_inside_the_frame(numbers: list[tuple[int, int, int]]) -> None:
    drawn = trend(points(*numbers))
    for dot in drawn.dots:
        assert 0 < dot.x < WIDTH
        assert 0 < dot.y < HEIGHT
    for bar in drawn.bars:
        assert 0 < bar.x < bar.x + bar.width <= WIDTH
        assert 0 < bar.high_y <= bar.critical_y <= drawn.base < HEIGHT
    root = ET.fromstring(svg(drawn, "harbour <b>: score"))
    assert root.get("width") == str(WIDTH)
