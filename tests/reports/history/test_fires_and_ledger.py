"""A time of a schedule belongs to one process, a part of a post is sent by one process."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from reports.history import FireState, History, PostRecord, PostState
from reports.history.errors import AlreadyPosting
from tests.harness.scans import NOON


def at_once(count: int, do: Callable[[int], object]) -> list[object]:
    """Do it in as many threads, all at the same moment."""
    barrier = threading.Barrier(count)

    def one(number: int) -> object:
        barrier.wait()
        return do(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_one_of_many_claims_is_granted(url: str) -> None:
    replicas = [History.open(url) for _ in range(5)]
    granted = at_once(5, lambda number: replicas[number].claim("weekly", NOON, f"replica-{number}"))
    assert granted.count(True) == 1
    fire = replicas[0].fire("weekly", NOON)
    assert fire is not None
    assert fire.owner == f"replica-{granted.index(True)}"
    for replica in replicas:
        replica.close()


def test_each_time_of_each_schedule_is_its_own(history: History) -> None:
    later = NOON + timedelta(days=7)
    claims = [("a", NOON), ("b", NOON), ("a", later), ("a", NOON)]
    assert [history.claim(*each, "me") for each in claims] == [True, True, True, False]
    assert [fire.scheduled_for for fire in history.fires("a")] == [later, NOON]
    assert len(history.fires()) == 3
    assert history.fire("b", later) is None


def test_how_a_time_ended_is_kept(history: History) -> None:
    for name in ("good", "bad"):
        history.claim(name, NOON, "me")
    history.settle("good", NOON)
    history.settle("bad", NOON, "no \0 connection")
    assert history.miss("late", NOON, "me", "too late")
    assert not history.miss("good", NOON, "me", "too late")
    ends = {fire.schedule: (fire.state, fire.reason, fire.ended is not None) for fire in history.fires()}
    assert ends == {
        "good": (FireState.DONE, None, True),
        "bad": (FireState.FAILED, "no \ufffd connection", True),
        "late": (FireState.MISSED, "too late", True),
    }


def test_only_what_was_claimed_long_ago_is_dead(history: History) -> None:
    history.claim("weekly", NOON, "me")
    (fire,) = history.fires()
    assert history.bury(fire.claimed) == ()
    (dead,) = history.bury(fire.claimed + timedelta(seconds=1))
    assert (dead.schedule, dead.state) == ("weekly", FireState.DIED)
    assert history.bury(fire.claimed + timedelta(seconds=1)) == ()


def test_a_schedule_is_known_since_it_was_last_changed(history: History) -> None:
    first = history.known_since("weekly", "0 7 * * mon UTC")
    assert history.known_since("weekly", "0 7 * * mon UTC") == first
    changed = history.known_since("weekly", "0 8 * * mon UTC")
    assert changed > first
    assert history.known_since("weekly", "0 8 * * mon UTC") == changed


def test_a_part_goes_from_posting_to_posted(history: History) -> None:
    assert history.look_up("k") is None
    history.record("k", "C1", PostState.POSTING)
    assert history.look_up("k") == PostRecord(PostState.POSTING, None, "C1", 1)
    history.record("k", "C1", PostState.POSTED, "17.5")
    assert history.look_up("k") == PostRecord(PostState.POSTED, "17.5", "C1", 1)


def test_a_part_that_failed_may_be_sent_again(history: History) -> None:
    for state in (PostState.PLANNED, PostState.POSTING, PostState.FAILED, PostState.POSTING):
        history.record("k", "C1", state)
    assert history.look_up("k") == PostRecord(PostState.POSTING, None, "C1", 2)


@pytest.mark.parametrize("state", [PostState.POSTING, PostState.POSTED, PostState.AMBIGUOUS])
def test_a_part_that_was_or_may_have_been_sent_is_not_sent_again(history: History, state: PostState) -> None:
    history.record("k", "C1", PostState.POSTING)
    if state is not PostState.POSTING:
        history.record("k", "C1", state, "17.5")
    before = history.look_up("k")
    with pytest.raises(AlreadyPosting):
        history.record("k", "C1", PostState.POSTING)
    assert history.look_up("k") == before


def test_posted_is_final_whatever_a_paused_process_says_when_it_wakes(history: History) -> None:
    history.record("k", "C1", PostState.POSTING)
    history.record("k", "C1", PostState.POSTED, "17.5")
    for late in (PostState.FAILED, PostState.AMBIGUOUS, PostState.PLANNED):
        history.record("k", "C1", late)
    history.record("k", "C1", PostState.POSTED, "99.9")
    assert history.look_up("k") == PostRecord(PostState.POSTED, "17.5", "C1", 1)


def test_one_of_many_senders_may_send(url: str) -> None:
    replicas = [History.open(url) for _ in range(5)]

    def send(number: int) -> bool:
        try:
            replicas[number].record("k", "C1", PostState.POSTING)
        except AlreadyPosting:
            return False
        return True

    assert at_once(5, send).count(True) == 1
    for replica in replicas:
        replica.close()
