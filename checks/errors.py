"""The root of every error that people are meant to read.

Each room has one family below it (ClusterError, FrameworkError, HistoryError, RenderError, SlackError …).
Whoever stands outside needs to know only this: what happened, and what to do next.
"""

from __future__ import annotations


class QuarterdeckError(Exception):
    """`message` says what happened, `next_step` what to do about it; both are for people.

    A class may give its own `next_step`, which is meant where none is given.
    """

    next_step = ""

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message, next_step)
        self.message = message
        self.next_step = next_step or type(self).next_step

    def __str__(self) -> str:
        return f"{self.message} {self.next_step}".rstrip()
