"""What Slack delivers is taken by one, whoever else hears of it, and forgotten in time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from reports.history import History
from reports.history.claims import KEPT

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_of_many_replicas_one_takes_a_delivery(url: str) -> None:
    replicas = [History.open(url) for _ in range(4)]
    try:
        with ThreadPoolExecutor(8) as pool:
            taken = list(pool.map(lambda n: replicas[n % 4].first("event Ev1"), range(24)))
        assert taken.count(True) == 1
        assert replicas[0].first("event Ev2")
    finally:
        for replica in replicas:
            replica.close()


def test_a_delivery_is_forgotten_when_slack_no_longer_repeats_it(url: str) -> None:
    now = [NOON]
    history = History.open(url, clock=lambda: now[0])
    try:
        assert history.first("event Ev1")
        now[0] += timedelta(minutes=7)
        assert not history.first("event Ev1")
        now[0] += KEPT
        assert history.first("event Ev1")
    finally:
        history.close()
