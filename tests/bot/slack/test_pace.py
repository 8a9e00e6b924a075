"""A burst passes, then the pace is kept; a pause concerns one method alone."""

from bot.slack.pace import Bucket, Pauses


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_passes_and_then_one_a_second() -> None:
    clock = Clock()
    bucket = Bucket(interval=1.0, burst=3, clock=clock)
    assert [bucket.take("C1") for _ in range(5)] == [0, 0, 0, 1, 2]
    assert bucket.take("C2") == 0
    clock.now += 3
    assert bucket.take("C1") == 0


def test_sixty_messages_take_about_a_minute() -> None:
    clock = Clock()
    bucket = Bucket(interval=1.0, burst=3, clock=clock)
    for _ in range(60):
        clock.now += bucket.take("C1")
    assert clock.now == 1057


def test_optional_tokens_are_taken_only_when_there() -> None:
    clock = Clock()
    bucket = Bucket(interval=2.0, burst=2, clock=clock)
    assert [bucket.take_if_there("") for _ in range(3)] == [True, True, False]
    clock.now += 2
    assert bucket.take_if_there("")


def test_full_buckets_are_forgotten() -> None:
    clock = Clock()
    bucket = Bucket(interval=1.0, burst=1, clock=clock)
    for number in range(1500):
        bucket.take(f"C{number}")
        clock.now += 2
    assert len(bucket._full_at) <= 1001


def test_a_pause_is_for_one_method_and_never_shortened() -> None:
    clock = Clock()
    pauses = Pauses(clock)
    pauses.pause("chat.update", 30)
    pauses.pause("chat.update", 5)
    assert pauses.left("chat.update") == 30
    assert pauses.left("chat.postMessage") == 0
    clock.now += 31
    assert pauses.left("chat.update") == 0
