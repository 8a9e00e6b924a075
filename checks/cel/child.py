"""The process that evaluates expressions: `python -m checks.cel.child`, a Request a line in, a Reply out.

An expression that is too much for it (memory, time) ends this process and nothing else.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
from contextlib import suppress
from enum import Enum
from itertools import repeat
from typing import assert_never

import msgspec

from checks.cel.compiled import Compiled, compiled, is_message, is_variable
from checks.cel.kept import Kept, View
from checks.cel.library import VARIABLES, Language
from checks.cel.policy import Policy
from checks.cel.protocol import TOO_MUCH, Judged, More, Outcome, Param, Plan, Program, Reply, Request
from checks.cel.reads import Want, wanted
from checks.leash import end_with_the_parent

MEMORY = 2 << 30
PROCESSOR_SECONDS = 150
"""More than all tasks together may take."""
_OBJECTS = ("object", "oldObject")
_OWN = ("name", "generateName", "uid", "resourceVersion")
"""What hardly two objects have in common."""
_MESSAGES = msgspec.json.Decoder(Plan | More | Request)
_TOLD = (Outcome.VIOLATED, Outcome.BROKEN, Outcome.UNKNOWN)


def main() -> None:
    """Answer task after task until there are no more."""
    said = os.dup(1)
    os.dup2(2, 1)  # a library may print; the answers stay alone on their lines
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    gc.disable()  # what is kept has no cycles, and looking for them takes longer than judging
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    end_with_the_parent()
    judge = _Judge(Language())
    with os.fdopen(said, "wb") as answers:
        for line in sys.stdin.buffer:
            try:
                message = _MESSAGES.decode(line)
                reply = judge.answer(message)
            except MemoryError:
                sys.exit(TOO_MUCH)
            answers.write(msgspec.json.encode(reply) + b"\n")
            answers.flush()


class _Judge:
    """Answers one request after the other. What it was sent, and what it compiled, it keeps."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._kept = Kept(language)
        self._compiled: dict[Program, Compiled] = {}
        self._views: dict[Program, View] = {}
        self._telling: dict[Program, View] = {}

    def answer(self, message: Plan | More | Request) -> Reply:
        match message:
            case Plan(programs):
                self._plan(programs)
                self._kept.planned = True
            case More(subjects, spaces):
                self._kept.add(subjects, spaces)
            case Request():
                return self._reply(message)
            case _:
                assert_never(message)
        return Reply()

    def _plan(self, programs: tuple[Program, ...]) -> None:
        """Compile all, and find out what each looks at of objects to judge them, and to tell of them."""
        judging: dict[Program, Want] = {}
        telling: dict[Program, Want] = {}
        for program in programs:
            made = self._compiled[program] = compiled(program, self._language)
            if made.broken:
                continue
            trees = {place: each.tree for place, each in made.expressions.items() if not is_variable(place)}
            messages = [place for place in trees if is_message(place)]
            judging[program] = wanted((trees[place] for place in trees if place not in messages), VARIABLES)
            if messages:
                telling[program] = wanted(trees.values(), VARIABLES)
        self._views |= self._together(judging)
        self._telling |= self._together(telling)

    def _together(self, wants: dict[Program, Want]) -> dict[Program, View]:
        """One view for all that look at as much of objects."""
        views: dict[Program, View] = {}
        for much in _Much:
            alike = {each: want for each, want in wants.items() if _much(want) is much}
            if alike:
                together = Want()
                for want in alike.values():
                    together.add(want)
                together.settle()
                views |= dict.fromkeys(alike, self._kept.view(together))
        return views

    def _reply(self, request: Request) -> Reply:
        if request.program not in self._compiled:
            assert not self._kept.planned, "a program that was not planned"
            self._plan((request.program,))
        made = self._compiled[request.program]
        if made.broken:
            return Reply(broken=made.broken)
        policy = Policy(request.program, made.expressions)
        views = self._views[request.program], self._telling.get(request.program)
        judging = _Judging(policy, self._kept, views, request.params)
        runs = zip(request.subjects, request.which or repeat(0), strict=False)
        found = tuple(judging.judged(subject, which) for subject, which in runs)
        return Reply(tuple(judging.said), found)


class _Judging:
    """One policy's judgements, each of what looks alike once.

    What is found fault with is looked at again, by what its message tells: that may be its name.
    """

    def __init__(
        self, policy: Policy, kept: Kept, views: tuple[View, View | None], params: tuple[Param, ...]
    ) -> None:
        self.said: list[Judged] = []
        self._policy, self._kept = policy, kept
        self._view, self._telling = views
        self._params = [(kept.number_of(each), each.redacted) for each in params]
        self._known: dict[tuple[int, int], int] = {}
        self._told: dict[tuple[int, int], int] = {}

    def judged(self, subject: int, which: int) -> int:
        """The place among all that was said of what is said of a subject with a parameter."""
        found = self._place(self._view, self._known, subject, which)
        if self._telling is None or self.said[found].outcome not in _TOLD:
            return found
        return self._place(self._telling, self._told, subject, which)

    def _place(self, view: View, known: dict[tuple[int, int], int], subject: int, which: int) -> int:
        key = view.shape(subject), which
        if key not in known:
            number, hidden = self._params[which]
            redacted = (*self._kept.subject(subject).redacted, *hidden)
            activation = view.activation(key[0], number)
            tells = view is self._telling
            known[key] = len(self.said)
            self.said.append(self._policy.judge(activation, redacted, tells=tells))
        return known[key]


class _Much(Enum):
    """How much of an object is looked at: what it shares with others, what it has for itself, all of it."""

    SHARED = 0
    OWN = 1
    ALL = 2


def _much(want: Want) -> _Much:
    if want.whole or any(name in want.fields and want.fields[name].whole for name in _OBJECTS):
        return _Much.ALL
    paths = ((each, "metadata", name) for each in _OBJECTS for name in _OWN)
    return _Much.OWN if any(want.reads(*path) for path in (*paths, ("request", "name"))) else _Much.SHARED


if __name__ == "__main__":
    main()
