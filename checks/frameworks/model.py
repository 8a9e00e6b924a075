"""What a framework is: numbered requirements, the checks that speak for each, and what those leave open."""

from __future__ import annotations

from msgspec import Struct

from checks.model import Status, Theme


class Rest(Struct, frozen=True):
    """What no check covers: `manual` (a person must find out) or `not_evaluated` (it cannot be seen here)."""

    status: Status
    reason: str


class Requirement(Struct, frozen=True):
    """One numbered requirement. At least one of `checks` and `rest` is there; with a `rest`, checks alone can
    never make it pass. `section` is the number and name of the group that it is listed under. `provider`:
    where a provider runs the control plane, what no check covers is the provider's to show.

    `level` is its profile level, None where the framework has none or none is known. `themes` and `why` are a
    mapping's: which themes its checks are taken from, and what those have to do with it.
    """

    id: str
    title: str
    level: int | None
    assessment: str
    checks: tuple[str, ...]
    rest: Rest | None
    section: str = ""
    provider: bool = False
    themes: tuple[Theme, ...] = ()
    why: str = ""


class Framework(Struct, frozen=True):
    """A framework with all its requirements, in its own order.

    `for_provider`: whose clusters it is for; None for everybody's. `indicative`: a mapping of ours to a
    standard that is about far more than clusters.
    """

    id: str
    title: str
    version: str
    requirements: tuple[Requirement, ...]
    for_provider: str | None = None
    indicative: bool = False
