"""What the judging process was sent, and what of it looks alike to expressions: that is judged once.

Of objects that differ only in what no expression looks at, such as a pod's name, one stands for all.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from checks.cel.library import Language
from checks.cel.protocol import NULL, Param, Sent
from checks.cel.reads import Want

READY = 16 << 20
"""Bytes of JSON that are kept as the library reads them, which takes some twenty times their memory."""


class Kept:
    """Every subject, namespace and parameter that was sent, by number.

    planned: whether all is known that is going to be looked at.
    """

    def __init__(self, language: Language) -> None:
        self.language = language
        self.room = READY
        self.planned = False
        self._subjects: list[Sent] = []
        self._spaces: list[Any] = []
        self._params: list[Any] = []
        self._numbers: dict[bytes, int] = {}
        self._views: list[View] = []
        self.number_of(Param())

    def add(self, more: tuple[Sent, ...], spaces: tuple[msgspec.Raw, ...]) -> None:
        """Keep what was sent; of a subject only what is looked at, once it is known what that is."""
        self._spaces += (msgspec.json.decode(each) for each in spaces)
        reduced = self.planned and not any(each.whole for each in self._views)
        for subject in more:
            number = len(self._subjects)
            self._subjects.append(subject)
            if reduced:
                self.look(number)
                self._subjects[number] = Sent(NULL, {}, subject.space, subject.redacted)

    def view(self, want: Want) -> View:
        """What is looked at of the subjects, as a view."""
        view = View(want, self)
        self._views.append(view)
        return view

    def look(self, number: int) -> None:
        """Let every view find out how a subject looks: it is read once for all of them."""
        seen = self.seen(number)
        for view in self._views:
            view.look(number, seen)

    def number_of(self, param: Param) -> int:
        """The number of a parameter; equal ones have the same."""
        text = bytes(param.value)
        if text not in self._numbers:
            self._numbers[text] = len(self._params)
            self._params.append(msgspec.json.decode(param.value))
        return self._numbers[text]

    def subject(self, number: int) -> Sent:
        return self._subjects[number]

    def seen(self, number: int) -> dict[str, Any]:
        """What expressions see of a subject, but for parameters."""
        subject = self._subjects[number]
        given = msgspec.json.decode(subject.object)
        return {
            "object": given,
            "oldObject": given if subject.request.get("operation") == "UPDATE" else None,
            "request": subject.request,
            "namespaceObject": self._spaces[subject.space],
        }

    def param(self, number: int) -> Any:
        return self._params[number]


class _Shape(Struct, frozen=True):
    """What subjects that look alike have in common; the number of one of them where that is all of it."""

    text: bytes = b""
    subject: int = -1


class View:
    """What some programs look at of all subjects: each as a shape, by number, that others may have too."""

    def __init__(self, want: Want, kept: Kept) -> None:
        self._want, self._kept = want, kept
        self._shapes: list[_Shape] = []
        self._numbers: dict[bytes, int] = {}
        self._shape_of: dict[int, int] = {}
        self._ready: dict[tuple[int, int], Any] = {}

    @property
    def whole(self) -> bool:
        """Whether whole subjects are looked at."""
        object_ = self._want.fields.get("object")
        return self._want.whole or (object_ is not None and object_.whole)

    def shape(self, subject: int) -> int:
        found = self._shape_of.get(subject)
        if found is None:
            self._kept.look(subject)
            found = self._shape_of[subject]
        return found

    def look(self, subject: int, seen: dict[str, Any]) -> None:
        """Find out which shape a subject has."""
        if subject not in self._shape_of:
            self._shape_of[subject] = self._found(subject, seen)

    def activation(self, shape: int, param: int) -> Any:
        """What expressions see of a shape with a parameter, as the library takes it."""
        found = self._ready.get((shape, param))
        if found is None:
            known = self._shapes[shape]
            seen = msgspec.json.decode(known.text) if known.text else self._kept.seen(known.subject)
            found = self._kept.language.activation({**seen, "params": self._kept.param(param)})
            if self._kept.room > 0:
                self._kept.room -= len(known.text) or len(self._kept.subject(known.subject).object)
                self._ready[shape, param] = found
        return found

    def _found(self, subject: int, seen: dict[str, Any]) -> int:
        if self.whole:
            self._shapes.append(_Shape(subject=subject))
            return len(self._shapes) - 1
        text = msgspec.json.encode(self._want.of(seen))
        key = text + b"\0".join(map(str.encode, self._kept.subject(subject).redacted))
        if key not in self._numbers:
            self._numbers[key] = len(self._shapes)
            self._shapes.append(_Shape(text))
        return self._numbers[key]
