"""What the rules of all controls share: a violation, and the walk through a pod's security contexts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from msgspec import Struct

from checks.cluster import objects as o
from checks.model import Evidence
from checks.workloads import Placed, Spec

T = TypeVar("T")


class Violation(Struct, frozen=True, gc=False):
    """One thing in a pod that a control refuses. `locus`: the container or volume, "" for the pod itself."""

    locus: str
    message: str
    evidence: Evidence


Rule = Callable[[Spec], Iterator[Violation]]
Context = o.SecurityContext | o.PodSecurityContext


class Place(Struct, frozen=True, gc=False):
    """A pod (`placed` None) or one of its containers, where a field of its security context may be."""

    spec: Spec
    placed: Placed | None

    @property
    def name(self) -> str:
        return f"Container {self.placed.container.name}" if self.placed else "The pod"

    def violation(self, message: str, path: str, observed: Any, expected: str) -> Violation:
        """A violation here. `path` is below the container or, for the pod, below its spec."""
        if self.placed is None:
            fact = self.spec.evidence(path, observed, expected)
            return Violation("", f"{self.name} {message}.", fact)
        fact = self.spec.observed(self.placed, path, observed, expected)
        return Violation(self.placed.locus, f"{self.name} {message}.", fact)


def contexts(spec: Spec) -> Iterator[tuple[Place, Context]]:
    """Every security context there is: the pod's where the pod itself is judged, then the containers'."""
    if spec.whole and spec.pod.security_context is not None:
        yield Place(spec, None), spec.pod.security_context
    yield from container_contexts(spec)


def container_contexts(spec: Spec) -> Iterator[tuple[Place, o.SecurityContext]]:
    """The security contexts of init, regular and ephemeral containers."""
    for placed in spec.containers:
        if placed.container.security_context is not None:
            yield Place(spec, placed), placed.container.security_context


def own(placed: Placed) -> o.SecurityContext:
    """A container's security context, an empty one where it has none."""
    return placed.container.security_context or _NONE


_NONE = o.SecurityContext()
