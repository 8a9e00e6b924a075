"""A question to a live cluster: what is known already at once, what the cluster says when it has answered."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from bot.answer import Answer, Tone
from bot.slack.meanwhile import Meanwhile

READING = "⏳ From what was kept; reading the cluster now …"


def ask(
    perform: Callable[[], Answer],
    known: Callable[[], Answer | None],
    show: Callable[[Answer | None], None],
) -> Answer:
    """Ask; who waits for longer than a second is shown what is known, or None that nothing is.

    When the cluster does not answer, what was known remains, and says so.
    """
    shown: list[Answer] = []

    def meanwhile() -> None:
        before = known()
        show(before)
        shown.extend([before] if before else [])

    with Meanwhile(meanwhile):
        answer = perform()
    before = shown[0] if shown else None
    if before and answer.tone is Tone.REFUSED:
        return not_anew(before, answer)
    return answer


def not_anew(before: Answer, failure: Answer) -> Answer:
    """What was known, with why it is not newer."""
    failed = f"It could not be read anew: {failure.verdict}"
    return replace(before, caveats=(failed, *failure.notes, *before.caveats))
