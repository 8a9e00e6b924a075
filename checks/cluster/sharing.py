"""Equal parts of pods kept once: the replicas of a workload are alike, and there are many of them.

A page of pods is decoded into new objects; what equals a part that is there already is replaced by that part
at once, so that the next page reuses the memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import force_setattr

from checks.cluster import objects as o

_OF_SPEC = ("containers", "init_containers", "volumes", "security_context", "image_pull_secrets")
_OF_CONTAINER = (
    "env",
    "env_from",
    "ports",
    "resources",
    "volume_mounts",
    "security_context",
    "liveness_probe",
    "readiness_probe",
    "startup_probe",
    "lifecycle",
)


class Parts:
    """The parts seen so far. Safe for threads: the worst that a race does is to keep one part twice."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}

    def share(self, items: Iterable[o.Object]) -> None:
        """Let these objects, fresh from the decoder and nobody else's yet, hold known parts."""
        for item in items:
            for spec in _pod_specs(item):
                self._share(spec, _OF_SPEC)

    def _share(self, holder: Struct, fields: tuple[str, ...]) -> None:
        for field in fields:
            part = getattr(holder, field)
            if part is None:
                continue
            known = self._known.get(part)
            if known is None:
                self._known[part] = part
                if field.endswith("containers"):
                    for container in part:
                        self._share(container, _OF_CONTAINER)
            else:
                force_setattr(holder, field, known)


def _pod_specs(item: o.Object) -> Iterator[o.PodSpec]:
    match item:
        case o.Pod():
            yield item.spec
        case o.Deployment() | o.StatefulSet() | o.DaemonSet() | o.ReplicaSet() | o.Job():
            yield item.spec.template.spec
        case o.CronJob():
            yield item.spec.job_template.spec.template.spec
