"""Lanes do not wait for each other, queues end, and closing leaves nothing half begun."""

import threading
from collections.abc import Callable

from bot.slack.interface import Lane, Seen
from bot.slack.workers import Workers


def held(release: threading.Event) -> Callable[[], None]:
    def work() -> None:
        release.wait(10)

    return work


def test_talk_does_not_wait_behind_runs() -> None:
    workers, release, said = Workers(runs=1, queue=5), threading.Event(), threading.Event()
    for _ in range(6):
        assert workers.submit(Lane.RUN, held(release))
    assert workers.submit(Lane.TALK, said.set)
    assert said.wait(5)
    release.set()
    assert workers.close(5)


def test_a_full_lane_refuses_and_recovers() -> None:
    workers, release = Workers(runs=1, queue=1), threading.Event()
    done = threading.Semaphore(0)

    def work() -> None:
        release.wait(10)
        done.release()

    assert workers.submit(Lane.RUN, work)
    assert workers.submit(Lane.RUN, work)
    assert not workers.submit(Lane.RUN, work)
    release.set()
    assert done.acquire(timeout=5)
    assert done.acquire(timeout=5)
    again = threading.Event()
    for _ in range(100):
        if workers.submit(Lane.RUN, again.set):
            break
        threading.Event().wait(0.01)
    assert again.wait(5)
    assert workers.close(5)


def test_apologies_go_out_although_the_lanes_are_full() -> None:
    workers, release, said = Workers(runs=1, queue=0), threading.Event(), threading.Event()
    assert workers.submit(Lane.RUN, held(release))
    assert not workers.submit(Lane.RUN, lambda: None)
    workers.apologise(said.set)
    assert said.wait(5)
    release.set()
    assert workers.close(5)


def test_closing_drops_what_waits_and_gives_up_after_the_grace() -> None:
    workers, release, waiting = Workers(runs=1, queue=5), threading.Event(), threading.Event()
    started = threading.Event()

    def work() -> None:
        started.set()
        release.wait(10)

    workers.submit(Lane.RUN, work)
    workers.submit(Lane.RUN, waiting.set)
    assert started.wait(5)
    assert not workers.close(0.05)
    assert not workers.submit(Lane.TALK, lambda: None)
    release.set()
    assert not waiting.wait(0.1)


def test_a_key_is_new_once_until_it_is_forgotten() -> None:
    seen = Seen(keep=900)
    assert [seen.first("event Ev1"), seen.first("event Ev1"), seen.first("event Ev2")] == [True, False, True]
    short = Seen(keep=-1)
    assert [short.first("a"), short.first("a")] == [True, True]
