"""How rules about kubelets' settings become checks, and which configurations there are to ask them of.

What a node's kubelet says of itself is what it runs with, every setting with its value. A copy of its file
speaks for that kubelet too, but a flag on its command line would have precedence, which no API shows. What
kubeadm keeps in a ConfigMap is what it gives to nodes: a node may have been changed since, so it can fail but
settles no node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.judge import Finding, Said, Undecided, Unknown
from checks.model import Check, Evidence, Remediation, Resource, Severity, Verdict
from checks.verdict import cluster_resource, failed, manual, not_evaluated, passed
from checks.wording import some

_BY_FILE = "A flag on a kubelet's command line, which is not seen, would have precedence."


class Kubelet(Struct, frozen=True):
    """One configuration, and whose it is. `at` is put before the paths in it.

    `runs`: the kubelet itself says that it runs with it, so that nothing is left to a default or to a flag.
    """

    resource: Resource
    config: o.KubeletConfiguration
    at: str = ""
    runs: bool = False
    uid: str | None = None
    resource_version: str | None = None

    def evidence(self, path: str, observed: object, expected: str) -> Evidence:
        """A setting as it is written; None for one that is left to its default."""
        return Evidence(self.at + path, observed, expected, None, self.uid, self.resource_version)


class KubeletRule(Struct, frozen=True):
    """One check about a setting of kubelets. `set_` is the configuration's line."""

    id: str
    title: str
    severity: Severity
    because: str
    rationale: str
    remediation: str
    how: str
    set_: str
    ask: Callable[[Kubelet], Said]


@derived
def kubelets(snapshot: Snapshot) -> tuple[Kubelet, ...]:
    """Every kubelet configuration that the snapshot has."""
    own = [
        Kubelet(config.resource, config, runs=config.metadata.uid is not None, uid=config.metadata.uid)
        for config in _own(snapshot)
    ]
    shared = [
        Kubelet(
            each.resource,
            each.data.kubelet.config,
            at="data.kubelet: ",
            uid=each.metadata.uid,
            resource_version=each.metadata.resource_version,
        )
        for each in snapshot.all(o.ComponentConfigMap)
        if each.data.kubelet is not None and each.data.kubelet.config is not None
    ]
    return (*own, *shared)


def checks_of_kubelets(rules: Iterable[KubeletRule]) -> tuple[Check, ...]:
    """The checks that the rules come to."""
    return tuple(_check(rule) for rule in rules)


def _check(rule: KubeletRule) -> Check:
    def judge(snapshot: Snapshot) -> Iterator[Verdict]:
        return _judged(snapshot, rule.ask)

    judge.__doc__ = rule.how
    judge.__module__ = __name__
    head = "# /var/lib/kubelet/config.yaml on every node, and the ConfigMap kubelet-config of kube-system\n"
    kind = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
    return Check(
        id=rule.id,
        title=rule.title,
        severity=rule.severity,
        needs=(),
        population=("KubeletConfiguration", "ComponentConfigMap"),
        rationale=rule.rationale,
        remediation=Remediation(rule.remediation, f"{head}{kind}{rule.set_}\n"),
        function=judge,
        also=("Node",),
        because=rule.because,
    )


def _judged(snapshot: Snapshot, ask: Callable[[Kubelet], Said]) -> Iterator[Verdict]:
    for kubelet in kubelets(snapshot):
        match ask(kubelet):
            case None:
                yield passed(kubelet.resource, "" if kubelet.runs else _BY_FILE)
            case Finding(message, evidence):
                yield failed(kubelet.resource, message, evidence)
            case Unknown(reason):
                yield not_evaluated(kubelet.resource, reason)
            case Undecided(reason, evidence):
                yield manual(kubelet.resource, reason, evidence)
    for each in snapshot.all(o.ComponentConfigMap):
        if each.data.kubelet is not None and each.data.kubelet.problem:
            yield not_evaluated(
                each.resource, f"Its entry kubelet cannot be used: {each.data.kubelet.problem}."
            )
    yield from _nodes_not_seen(snapshot)


def _nodes_not_seen(snapshot: Snapshot) -> Iterator[Verdict]:
    """Nodes whose own configuration is not among those that were read, where any node's was."""
    own = {config.metadata.name for config in _own(snapshot)}
    nodes = sorted(node.metadata.name for node in snapshot.all(o.Node))
    missing = [name for name in nodes if name not in own]
    if own and missing:
        few = some(missing, 3)
        reason = f"The configuration of {len(missing)} of {len(nodes)} kubelets is not known: {few}."
        yield not_evaluated(cluster_resource(snapshot), reason, locus="nodes")


def _own(snapshot: Snapshot) -> tuple[o.KubeletConfiguration, ...]:
    return snapshot.all(o.KubeletConfiguration)
