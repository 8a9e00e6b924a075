"""Which network plugin seems to run, because a policy that nothing enforces protects nobody.

The API does not say whether policies are enforced. The plugin's DaemonSet is evidence, no proof: where all
that were found enforce none, or are told not to, the policies are doubtful; otherwise it stays unproven.
Sources: docs.cilium.io security/policy/intro (enforcement modes) and security/policy-creation (audit mode),
aws/aws-network-policy-agent README, kubernetes-sigs/kind issue 842 (v0.24.0, kindnetd of August 2024).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.model import CoverageState, Evidence

CONFIG = "NetworkPluginConfigMap"
CILIUM_CONFIG = "cilium-config"
_AWS_CONFIG = "amazon-vpc-cni"
_CILIUM, _AWS, _KINDNET, _FLANNEL = "Cilium", "the AWS VPC CNI", "kindnet", "flannel"

_BY_NAME: Mapping[str, str] = MappingProxyType(
    {
        "calico-node": "Calico",
        "canal": "Canal",
        "cilium": _CILIUM,
        "antrea-agent": "Antrea",
        "kube-router": "kube-router",
        "ovnkube-node": "OVN-Kubernetes",
        "weave-net": "Weave Net",
        "azure-npm": "Azure Network Policy Manager",
        "kube-network-policies": "kube-network-policies",
        "anetd": "GKE Dataplane V2",
        "kube-flannel-ds": _FLANNEL,
        "kube-flannel": _FLANNEL,
        "kindnet": _KINDNET,
        "aws-node": _AWS,
    }
)
_BY_CONTAINER: Mapping[str, str] = MappingProxyType(
    {
        "calico-node": "Calico",
        "cilium-agent": _CILIUM,
        "antrea-agent": "Antrea",
        "kube-router": "kube-router",
        "ovnkube-controller": "OVN-Kubernetes",
        "weave-npc": "Weave Net",
        "kube-flannel": _FLANNEL,
        "kindnet-cni": _KINDNET,
    }
)
_OWN_POLICIES = ("OVN-Kubernetes",)
_AWS_AGENT = "aws-eks-nodeagent"
_KINDNET_DATE = re.compile(r":v(\d{8})-")
_KINDNET_LAST_WITHOUT, _KINDNET_FIRST_WITH = "20240513", "20240813"
_LONGEST = 60


class Seen(Struct, frozen=True):
    """One plugin. `able`: whether it enforces policies as it is set up; None where that is not known.

    `hidden`: what it is told could not be read.
    """

    name: str
    able: bool | None
    why: str
    evidence: tuple[Evidence, ...]
    hidden: bool = False


class Plugin(Struct, frozen=True):
    """What the DaemonSets suggest. `always`: what Cilium is told by if it denies all that nothing allows.

    `may_be_always`: there is Cilium, and what it is told could not be read.
    """

    seen: tuple[Seen, ...]
    always: o.NetworkPluginConfigMap | None = None
    may_be_always: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.seen)

    @property
    def enforces(self) -> bool | None:
        """False when all that was found enforce none. Never True: that it does, the API does not show."""
        return False if self.seen and all(each.able is False for each in self.seen) else None

    @property
    def why(self) -> str:
        """What is known of those that were found, in one clause each."""
        return " and ".join(dict.fromkeys(f"{each.name}, {each.why}" for each in self.seen))

    @property
    def unenforced(self) -> str:
        """What to say beside what policies come to where nothing that was found enforces them; else empty."""
        if self.enforces is not False:
            return ""
        return f"But the network plugin seems to be {self.why}: show that something enforces it."

    @property
    def unread(self) -> str:
        """What to say where a plugin's own settings decide whether policies count and were not read."""
        found = [each for each in self.seen if each.able is None and each.hidden]
        if not found or any(each.able for each in self.seen):
            return ""
        return f"The network plugin is {found[0].name}, {found[0].why}."

    @property
    def own_policies(self) -> tuple[str, ...]:
        """Plugins that have policies of their own kinds, which are not looked at."""
        return tuple(name for name in self.names if name in _OWN_POLICIES)


@derived
def plugin(snapshot: Snapshot) -> Plugin:
    """The network plugins found by the names of DaemonSets and of their containers, those that run first.

    A DaemonSet that is for no node, as one that another plugin took the place of, does not count.
    """
    config = _Config(snapshot)
    found: dict[str, Seen] = {}
    for each in sorted(snapshot.all(o.DaemonSet), key=lambda item: item.metadata.name):
        if each.status.desired_number_scheduled == 0 and snapshot.cluster.source != "manifests":
            continue
        for name, path, observed in _signs(each):
            if name not in found:
                fact = _fact(each, path, observed, "a network plugin that enforces policies")
                able, why, more = _able(name, each, config)
                found[name] = Seen(name, able, why, (fact, *more), config.hides(name))
    seen = sorted(found.values(), key=lambda each: (each.able is False, each.name))
    always = config.cilium if _CILIUM in found and _mode(config.cilium) == "always" else None
    unread = _CILIUM in found and config.hides(_CILIUM)
    return Plugin(tuple(seen), always, unread)


class _Config:
    """The plugins' ConfigMaps. `hidden`: there may be some that could not be read."""

    def __init__(self, snapshot: Snapshot) -> None:
        by_name = {each.metadata.name: each for each in snapshot.all(o.NetworkPluginConfigMap)}
        self.cilium = by_name.get(CILIUM_CONFIG)
        self.aws = by_name.get(_AWS_CONFIG)
        self.hidden = snapshot.of(CONFIG).state is not CoverageState.COLLECTED

    def hides(self, name: str) -> bool:
        """Whether there may be settings of this plugin that could not be read."""
        own = {_CILIUM: self.cilium, _AWS: self.aws}
        return self.hidden and name in own and own[name] is None


def _signs(item: o.DaemonSet) -> Iterator[tuple[str, str, str]]:
    if item.metadata.name in _BY_NAME:
        yield _BY_NAME[item.metadata.name], "metadata.name", item.metadata.name
    for number, each in enumerate(item.spec.template.spec.containers or ()):
        if each.name in _BY_CONTAINER:
            path = f"spec.template.spec.containers[{number}].name"
            yield _BY_CONTAINER[each.name], path, each.name


Able = tuple[bool | None, str, tuple[Evidence, ...]]


def _able(name: str, item: o.DaemonSet, config: _Config) -> Able:
    if name == _CILIUM:
        return _cilium(config)
    if name == _AWS:
        return _aws(item, config)
    if name == _KINDNET:
        return _kindnet(item)
    if name == _FLANNEL:
        return False, "which does not enforce it", ()
    return True, "which enforces policies", ()


def _mode(config: o.NetworkPluginConfigMap | None) -> str:
    return (config.data.enable_policy or "").casefold() if config else ""


def _cilium(config: _Config) -> Able:
    told = config.cilium
    if told is None:
        where = f"ConfigMap {CILIUM_CONFIG}"
        why = "could not be read" if config.hidden else "was not seen"
        return None, f"whose mode is not known, because {where} {why}", ()
    if _mode(told) == "never":
        fact = _fact(told, "data.enable-policy", "never", "default or always")
        return False, "which is told to enforce nothing (enable-policy: never)", (fact,)
    if (told.data.policy_audit_mode or "").casefold() in ("true", "1", "t"):
        fact = _fact(told, "data.policy-audit-mode", "true", "false")
        return False, "which only logs what it would deny (policy-audit-mode: true)", (fact,)
    mode = told.data.enable_policy or "default"
    fact = _fact(told, "data.enable-policy", mode[:_LONGEST], "default or always")
    if mode.casefold() not in ("default", "always"):
        return None, "whose mode is none that is known", (fact,)
    return True, f"which enforces policies (enable-policy: {mode.casefold()})", (fact,)


def _aws(item: o.DaemonSet, config: _Config) -> Able:
    names = [each.name for each in item.spec.template.spec.containers or ()]
    if _AWS_AGENT not in names:
        return False, "which does not enforce it without its network policy agent", ()
    if config.aws is None:
        why = "could not be read" if config.hidden else "was not seen"
        return None, f"whose policy agent may be off: ConfigMap {_AWS_CONFIG} {why}", ()
    value = config.aws.data.enable_network_policy_controller
    told = "not set" if value is None else value[:_LONGEST]
    fact = _fact(config.aws, "data.enable-network-policy-controller", told, "true")
    if told.casefold() == "true":
        return True, "which enforces policies by its network policy agent", (fact,)
    return False, "which does not enforce it, because its network policy controller is off", (fact,)


def _kindnet(item: o.DaemonSet) -> Able:
    containers = item.spec.template.spec.containers or ()
    dated = next((found for each in containers if (found := _KINDNET_DATE.search(each.image))), None)
    if dated is not None and dated[1] >= _KINDNET_FIRST_WITH:
        return True, "which enforces policies since August 2024", ()
    if dated is not None and dated[1] <= _KINDNET_LAST_WITHOUT:
        return False, "which does not enforce it in versions before August 2024", ()
    return None, "whose version is not known, and only newer ones enforce policies", ()


def _fact(item: o.Object, path: str, observed: str, expected: str) -> Evidence:
    meta = item.metadata
    return Evidence(path, observed, expected, str(item.resource), meta.uid, meta.resource_version)
