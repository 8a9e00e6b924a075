"""The Snapshot: every object read from one cluster at one moment, frozen, with what could not be read.

Everything downstream works from it alone, so a verdict can be repeated later without the cluster.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar, cast

from msgspec import Struct

from checks.cluster import objects as o
from checks.cluster.kinds import KINDS
from checks.cluster.redaction import WholeKind
from checks.cluster.resources import ApiResource
from checks.model import ClusterInfo, CoverageState, Expectations, KindCoverage, Problem

K = TypeVar("K", bound=o.Object)
T = TypeVar("T")


class Snapshot(Struct, frozen=True, kw_only=True, dict=True, eq=False, rename="camel", omit_defaults=True):
    """One cluster at one moment. `objects` by kind name, in the order they were given.

    `problems`: what of the input could not be used; the rest was. `skipped`: how many objects there were of
    kinds that no check reads, by `apiVersion kind` (files only; a live cluster is not asked for them).
    `params`: ConfigMaps that admission policies take their parameters from; None where there are none of that
    kind, and in a saved snapshot: they are never saved.
    `resources`: what the API server serves; empty where it does not tell, and in files.
    """

    cluster: ClusterInfo
    started: datetime
    finished: datetime
    coverage: tuple[KindCoverage, ...]
    problems: tuple[Problem, ...] = ()
    skipped: dict[str, int] = {}
    resources: tuple[ApiResource, ...] = ()

    objects: dict[str, tuple[Any, ...]] = {}
    whole: tuple[WholeKind, ...] = ()
    params: tuple[WholeKind, ...] | None = None
    expectations: Expectations = Expectations()

    def all(self, kind: type[K]) -> tuple[K, ...]:
        """Every object of a kind."""
        return cast("tuple[K, ...]", self.objects.get(kind.__name__, ()))

    def of(self, kind: str) -> KindCoverage:
        """What was seen of a kind; a kind nobody asked for counts as not collected."""
        for item in self.coverage:
            if item.kind == kind:
                return item
        reason = KINDS[kind].elsewhere if kind in KINDS else ""
        return KindCoverage(kind, "", CoverageState.ABSENT, reason=reason or "not read in this snapshot")

    def saw(self, kind: str) -> bool:
        """Whether all there is of the kind is known."""
        return not self.of(kind).gap


def derived(function: Callable[[Snapshot], T]) -> Callable[[Snapshot], T]:
    """Make a pure function of a snapshot compute once per snapshot and be remembered with it."""
    name = f"_derived_{function.__module__}.{function.__qualname__}"

    def remembered(snapshot: Snapshot) -> T:
        values = snapshot.__dict__
        if name not in values:
            values[name] = function(snapshot)
        return cast("T", values[name])

    remembered.__doc__ = function.__doc__
    remembered.__name__ = function.__name__
    remembered.__module__ = function.__module__
    return remembered
