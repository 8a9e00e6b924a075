"""Cron expressions mean what cron means by them, also when the clock is changed."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.schedule import ScheduleSettings, next_fire
from bot.schedule.cron import last_due, times

BERLIN = "Europe/Berlin"


def schedule(cron: str, timezone: str = "UTC", **values: Any) -> ScheduleSettings:
    given_ = {
        "name": "weekly",
        "cluster": "prod",
        "channel": "C0SECURITY",
        "cron": cron,
        "timezone": timezone,
    }
    return ScheduleSettings.model_validate(given_ | values)


def between(what: ScheduleSettings, first: datetime, last: datetime) -> list[datetime]:
    found: list[datetime] = []
    for each in times(what, first):
        if each > last:
            return found
        found.append(each)
    return found


def day(*date: int) -> datetime:
    return datetime(*date, tzinfo=ZoneInfo(BERLIN))  # type: ignore[arg-type, misc]


CHANGES = [(2026, 10, 25), (2027, 3, 28), (2027, 10, 31), (2028, 3, 26)]


@pytest.mark.parametrize("date", CHANGES)
@pytest.mark.parametrize("cron", ["30 2 * * sun", "30 2 * * *", "0 2 * * 0", "59 2 * * 7"])
def test_rule_52_a_time_within_the_change_of_the_clock_comes_once(cron: str, date: tuple[int, ...]) -> None:
    midnight = day(*date)
    assert len(between(schedule(cron, BERLIN), midnight, midnight + timedelta(days=1))) == 1


@pytest.mark.parametrize("date", CHANGES)
def test_the_weeks_around_the_change_keep_their_local_time(date: tuple[int, ...]) -> None:
    found = between(
        schedule("30 2 * * sun", BERLIN), day(*date) - timedelta(days=8), day(*date) + timedelta(days=8)
    )
    local = [each.astimezone(ZoneInfo(BERLIN)) for each in found]
    assert len(local) == 3
    assert {f"{each:%H:%M}" for each in (local[0], local[2])} == {"02:30"}


def test_the_skipped_time_comes_as_much_later_and_the_repeated_one_first_time() -> None:
    weekly = schedule("30 2 * * sun", BERLIN)
    (skipped,) = between(weekly, day(2027, 3, 28), day(2027, 3, 29))
    assert skipped == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert f"{next_fire(weekly, day(2027, 3, 28)):%H:%M %Z}" == "03:30 CEST"
    (repeated,) = between(weekly, day(2026, 10, 25), day(2026, 10, 26))
    assert repeated == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert f"{next_fire(weekly, day(2026, 10, 25)):%H:%M %Z}" == "02:30 CEST"


def test_the_trigger_alone_would_run_the_repeated_hour_twice() -> None:
    """The reason why `times` exists; if this fails, the library was mended and `times` can be simpler."""
    plain = CronTrigger.from_crontab("30 2 * * sun", timezone=ZoneInfo(BERLIN))
    first = plain.get_next_fire_time(None, day(2026, 10, 25))
    later = (first.astimezone(UTC) + timedelta(seconds=1)).astimezone(ZoneInfo(BERLIN))
    assert plain.get_next_fire_time(None, later) - first == timedelta(0)
    assert plain.get_next_fire_time(None, later).fold == 1


def test_an_hourly_schedule_runs_every_hour_that_passes() -> None:
    for date, hours in (((2026, 10, 25), 25), ((2027, 3, 28), 23)):
        start = day(*date) - timedelta(seconds=1)
        found = between(schedule("0 * * * *", BERLIN), start, day(*date) + timedelta(hours=23, minutes=59))
        assert len(found) == hours


@given(
    st.sampled_from(["30 2 * * *", "0 * * * *", "*/20 2 * * 0", "15 3 1 * *", "0 12 29 2 *"]),
    st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "UTC", "Asia/Kathmandu"]),
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_times_ascend_and_the_last_due_is_the_one_before_the_next(
    cron: str, zone: str, now: datetime
) -> None:
    what = schedule(cron, zone)
    coming = list(islice(times(what, now), 4))
    assert all(earlier < later for earlier, later in pairwise([now, *coming]))
    soon = next_fire(what, now)
    assert soon is not None
    assert soon.astimezone(UTC) == coming[0]
    for earlier, later in pairwise(coming):
        assert last_due(what, now, later - timedelta(seconds=1)) == earlier
    assert last_due(what, now, coming[0]) == coming[0]
    assert last_due(what, coming[0], coming[1] - timedelta(seconds=1)) is None


@pytest.mark.parametrize(
    ("field", "days"),
    [
        ("0", ["Sunday"]),
        ("7", ["Sunday"]),
        ("1", ["Monday"]),
        ("1-5", ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]),
        ("5-7", ["Friday", "Saturday", "Sunday"]),
        ("mon,thu", ["Monday", "Thursday"]),
        ("*/3", ["Sunday", "Wednesday", "Saturday"]),
        ("5/1", ["Friday", "Saturday"]),
        ("SUN", ["Sunday"]),
    ],
)
def test_weekdays_are_counted_as_cron_counts_them(field: str, days: list[str]) -> None:
    start = datetime(2026, 11, 22, 23, tzinfo=UTC)
    found = between(schedule(f"0 7 * * {field}"), start, start + timedelta(days=7))
    assert sorted(f"{each:%A}" for each in found) == sorted(days)


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("every monday", "has 2 fields; it needs five"),
        ("", "has 0 fields"),
        ("99 * * * *", "the minute is not right"),
        ("0 25 * * *", "the hour is not right"),
        ("0 7 * foo *", "the month is not right"),
        ("0 7 * * 8", "there is no weekday '8'"),
        ("0 7 * * fri-mon", "ends before it begins"),
        ("0 7 * * */0", "has the step '0'"),
        ("0 7 1 * mon", "limits the day and the weekday"),
        ("0 0 30 2 *", "stands for a day that never comes"),
    ],
)
def test_a_cron_expression_that_is_wrong_is_explained(cron: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        schedule(cron)


def test_a_macro_stands_for_its_expression() -> None:
    now = datetime(2026, 11, 24, 2, tzinfo=UTC)
    assert next_fire(schedule("@weekly"), now) == datetime(2026, 11, 29, tzinfo=UTC)
    assert next_fire(schedule("@hourly"), now) == datetime(2026, 11, 24, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"timezone": "Europe/Berln"}, "did you mean Europe/Berlin"),
        ({"timezone": "../../etc/passwd"}, "there is no time zone"),
        ({"timezone": "Europe"}, "there is no time zone"),
        ({"channel": "#security"}, "is not a channel's id"),
        ({"channel": "security"}, "is not a channel's id"),
        ({"frameworks": ["cis-kubernets"]}, "unknown framework"),
        ({"name": "Weekly Report"}, "String should match pattern"),
        ({"catch_up_hours": -1}, "greater than or equal to 0"),
        ({"chanel": "C0SECURITY"}, "Extra inputs are not permitted"),
    ],
)
def test_a_setting_that_is_wrong_is_explained(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        schedule("0 7 * * 1", **values)
