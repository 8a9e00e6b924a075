"""A deed is drawn once for all who do it, and those who can do the very same share a box."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from reports.drawing.model import Act, Deed

TOGETHER = 4
"""From so many on, those who can do the very same share a box."""


class Done(Struct, frozen=True):
    """A deed, who does it (each a box of one or more), and whom it leads to."""

    deed: Deed
    doers: tuple[tuple[str, ...], ...]
    targets: tuple[str, ...]


def together(acts: Iterable[Act]) -> tuple[Done, ...]:
    """The acts, in order. Nobody gets a deed or a target that is not theirs."""
    every = tuple(dict.fromkeys(acts))
    leads: dict[tuple[str, Deed], dict[str, None]] = {}
    for act in every:
        leads.setdefault((act.source, act.deed), {})[act.target] = None
    doers: dict[tuple[Deed, tuple[str, ...]], list[str]] = {}
    for (source, deed), targets in leads.items():
        doers.setdefault((deed, tuple(targets)), []).append(source)
    boxes = _boxes(doers.values(), {act.target for act in every})
    return tuple(
        Done(deed, tuple(dict.fromkeys(boxes[source] for source in sources)), targets)
        for (deed, targets), sources in doers.items()
    )


def _boxes(doers: Iterable[list[str]], reached: set[str]) -> dict[str, tuple[str, ...]]:
    """In which box each doer is: with all others who do the same, if there are many whom nobody becomes."""
    does: dict[str, list[int]] = {}
    for number, sources in enumerate(doers):
        for source in sources:
            does.setdefault(source, []).append(number)
    alike: dict[tuple[int, ...], list[str]] = {}
    for source, numbers in does.items():
        if source not in reached:
            alike.setdefault(tuple(numbers), []).append(source)
    crowds = [tuple(names) for names in alike.values() if len(names) >= TOGETHER]
    return {source: (source,) for source in does} | {name: crowd for crowd in crowds for name in crowd}
