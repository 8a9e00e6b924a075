"""What of a binding is more than was used of it, in the steps that people would take it away in.

Reading (get, list, watch) counts as one, and so does writing: that a controller lists without having watched
is no finding. Single verbs are for the proposal.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from checks.access.usage.rights import BoundUse, Right
from checks.wording import some

FEW_NAMESPACES = 5


class Excess(Struct, frozen=True):
    """In words what was not used, and the rights that are meant."""

    what: str
    rights: tuple[Right, ...]


def excess(use: BoundUse) -> tuple[Excess, ...]:
    """What is too much; empty where everything was used or cannot be known."""
    if use.idle:
        return (Excess(f"all that {use.bound.ref} gives", use.unused),)
    return (*_unused(use), *_stars(use), *_too_wide(use))


def _unused(use: BoundUse) -> Iterator[Excess]:
    touched = {(each.how, each.what) for each in use.used}
    found: dict[tuple[str, str], list[Right]] = {}
    for each in use.unused:
        matter = (each.how, each.what)
        if matter not in touched:
            found.setdefault(matter, []).append(each)
    for matter, rights in found.items():
        yield Excess(" ".join(matter), tuple(rights))


def _stars(use: BoundUse) -> Iterator[Excess]:
    """Stars of which something was used, and only something."""
    for each in use.used:
        if each.starred:
            yield Excess(f"{each.how} {each.what} (used in part)", (each,))


def _too_wide(use: BoundUse) -> Iterator[Excess]:
    """Rights in the whole cluster that were used in a few namespaces only."""
    requests = [each.request for each in use.done if not each.request.path]
    inside = [each for each in requests if each.namespace and each.resource != "namespaces"]
    everywhere = {(each.group, each.resource) for each in requests if not each.namespace}
    spaces = sorted({each.namespace or "" for each in inside})
    apart = any((each.group, each.resource) in everywhere for each in inside)
    if use.bound.namespace is None and spaces and len(spaces) <= FEW_NAMESPACES and not apart:
        rights = tuple(each for each in use.used if not each.part.non_resource_urls)
        yield Excess(f"in namespaces other than {some(spaces)}", rights)
