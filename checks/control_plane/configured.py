"""The control plane as kubeadm's ClusterConfiguration has it: what it was told, which need not be what runs.

The static pods may have been edited or patched since, and kubeadm gives flags of its own beside these. So
what is set here may be wrong, but never proves that something is right, and nothing follows from what is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checks.cluster import objects as o
from checks.cluster.objects.arguments import ExtraArgs
from checks.cluster.snapshot import Snapshot, derived
from checks.control_plane.components import Component
from checks.control_plane.flags import read
from checks.model import Evidence

_IN = "data.ClusterConfiguration: "


@derived
def configured(snapshot: Snapshot) -> dict[str, Component]:
    """The components that kubeadm's configuration gives flags to, by program."""
    found: dict[str, Component] = {}
    for each in snapshot.all(o.ComponentConfigMap):
        if each.data.cluster is not None and each.data.cluster.config is not None:
            for name, path, given in _parts(each.data.cluster.config):
                found.setdefault(name, _component(name, each, path, given))
    return found


def _parts(config: o.ClusterConfiguration) -> Iterator[tuple[str, str, ExtraArgs]]:
    parts = (
        ("kube-apiserver", "apiServer", config.api_server),
        ("kube-controller-manager", "controllerManager", config.controller_manager),
        ("kube-scheduler", "scheduler", config.scheduler),
        ("etcd", "etcd.local", config.etcd.local),
    )
    for name, path, part in parts:
        if part is not None and part.extra_args:
            yield name, f"{_IN}{path}.extraArgs", part.extra_args


def _component(name: str, config: o.ComponentConfigMap, path: str, given: ExtraArgs) -> Component:
    tokens = [f"--{flag}={value}" for flag, value in given.pairs]
    places = [f"{path}.{flag}" for flag, _ in given.pairs]
    return Component(name, config, "", path, read(tokens, places).flags, complete=False)


def differences(running: Component, told: Component | None, names: Iterable[str]) -> tuple[Evidence, ...]:
    """Where kubeadm's configuration sets one of these flags otherwise than the process has it."""
    found = []
    for name in names:
        runs, set_ = running.flag(name), told and told.flag(name)
        if told is None or not set_ or not set_.known:
            continue
        if runs is None and not running.complete:
            continue
        if runs is None or (runs.known and sorted(runs.items) != sorted(set_.items)):
            found.append(told.evidence(name, f"what runs: {runs or f'no --{name}'}", str(told.resource)))
    return tuple(found)
