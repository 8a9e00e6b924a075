"""What a workload's pods were given: Secrets, ConfigMaps and volumes of their own. Names only."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from checks.cluster import objects as o
from checks.secret_use import secrets_of
from checks.workloads import Workload

_ENVIRONMENT, _FILES = "in the environment", "as files"


class Given(Struct, frozen=True, gc=False):
    """Something that the pod was given: a Secret or ConfigMap, and how."""

    kind: str
    name: str
    how: str


def given(workload: Workload) -> Iterator[Given]:
    """Everything that was given, each time it was."""
    for taken in secrets_of(workload):
        yield Given("Secret", taken.name, _ENVIRONMENT if ".env" in taken.fact.path else _FILES)
    for spec in workload.specs:
        for placed in spec.containers:
            yield from (Given("ConfigMap", name, _ENVIRONMENT) for name in _in_environment(placed.container))
        for volume in spec.pod.volumes or ():
            if volume.config_map:
                yield Given("ConfigMap", volume.config_map.name, _FILES)
            if volume.persistent_volume_claim:
                yield Given("PersistentVolumeClaim", volume.persistent_volume_claim.claim_name, _FILES)


def _in_environment(container: o.Container) -> Iterator[str]:
    for variable in container.env or ():
        key = variable.value_from.config_map_key_ref if variable.value_from else None
        if key and key.name:
            yield key.name
    for bulk in container.env_from or ():
        if bulk.config_map_ref and bulk.config_map_ref.name:
            yield bulk.config_map_ref.name
