"""Which network plugin seems to run, because a policy that nothing enforces protects nobody.

The API does not say whether policies are enforced. The plugin's DaemonSet is evidence, no proof: one that
enforces none and no other beside it makes the policies doubtful; in every other case it stays unproven.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived

_ENFORCING: Mapping[str, str] = MappingProxyType(
    {
        "calico-node": "Calico",
        "canal": "Canal",
        "cilium": "Cilium",
        "antrea-agent": "Antrea",
        "kube-router": "kube-router",
        "ovnkube-node": "OVN-Kubernetes",
        "weave-net": "Weave Net",
        "azure-npm": "Azure Network Policy Manager",
        "kube-network-policies": "kube-network-policies",
        "anetd": "GKE Dataplane V2",
    }
)
_WITHOUT: Mapping[str, str] = MappingProxyType({"kube-flannel-ds": "flannel", "kube-flannel": "flannel"})

_OWN_POLICIES = ("Antrea", "OVN-Kubernetes")


class Plugin(Struct, frozen=True):
    """What the DaemonSets suggest. `enforces`: False when all that was found is a plugin without policies."""

    names: tuple[str, ...]
    enforces: bool | None

    @property
    def own_policies(self) -> tuple[str, ...]:
        """Plugins that have policies of their own kinds, which are not looked at."""
        return tuple(name for name in self.names if name in _OWN_POLICIES)


@derived
def plugin(snapshot: Snapshot) -> Plugin:
    """The network plugins found by the names of DaemonSets."""
    running = {each.metadata.name for each in snapshot.all(o.DaemonSet)}
    enforcing = tuple(sorted({_ENFORCING[name] for name in running & _ENFORCING.keys()}))
    without = tuple(sorted({_WITHOUT[name] for name in running & _WITHOUT.keys()}))
    return Plugin((*enforcing, *without), False if without and not enforcing else None)
