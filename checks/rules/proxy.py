"""How the proxy of nodes is set up: who may look at it."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.control_plane.components import Component, components
from checks.control_plane.judge import doubt, is_loopback
from checks.model import Evidence, Severity, Theme, Verdict
from checks.registry import check
from checks.verdict import cluster_resource, failed, not_evaluated, passed

THEME = Theme.NODES

_FLAG = "metrics-bind-address"
_DEFAULT = "127.0.0.1:10249"
_OPEN = "Its metrics, and profiles where those are on, can be read from outside of the node."
_NONE = (
    "Neither a DaemonSet nor a pod nor a ConfigMap of kube-proxy is seen: it may be a service of the nodes, "
    "or the network plugin does its work."
)


@check(
    id="proxy-metrics-address",
    title="Proxy's metrics can be read from outside of the node",
    severity=Severity.LOW,
    because="The metrics show services and traffic, and change nothing.",
    population=("ComponentConfigMap", "ComponentDaemonSet", "ControlPlanePod"),
    rationale="The port asks for no credentials: whoever reaches the node can read it.",
    remediation="Serve it on loopback, or keep others from the port by the node's firewall.",
    snippet=(
        "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
        "metricsBindAddress: 127.0.0.1:10249\n"
    ),
)
def metrics_address(snapshot: Snapshot) -> Iterator[Verdict]:
    """By the configuration in its ConfigMap, and by its flag where it is run without a configuration file.
    The default is loopback."""
    configs = [each for each in snapshot.all(o.ComponentConfigMap) if _embedded(each) is not None]
    proxies = components(snapshot).proxies
    for each in configs:
        yield _of_config(each)
    for proxy in proxies:
        if (verdict := _of_flags(proxy, configured=bool(configs))) is not None:
            yield verdict
    if not configs and not proxies:
        yield not_evaluated(cluster_resource(snapshot), _NONE)


def _embedded(each: o.ComponentConfigMap) -> o.EmbeddedProxy | None:
    return each.data.proxy or each.data.eks_proxy


def _of_config(each: o.ComponentConfigMap) -> Verdict:
    entry, embedded = ("config.conf", each.data.proxy) if each.data.proxy else ("config", each.data.eks_proxy)
    if embedded is None or embedded.config is None:
        problem = embedded.problem if embedded else "it is not there"
        return not_evaluated(each.resource, f"Its entry {entry} cannot be used: {problem}.")
    address = embedded.config.metrics_bind_address
    if is_loopback(address or _DEFAULT):
        return passed(each.resource)
    meta = each.metadata
    path = f'data["{entry}"]: metricsBindAddress'
    fact = Evidence(path, address, "a loopback address", None, meta.uid, meta.resource_version)
    return failed(each.resource, _OPEN, fact)


def _of_flags(proxy: Component, *, configured: bool) -> Verdict | None:
    """What its flags say; nothing where a configuration that was judged takes their place."""
    if proxy.flag("config") is not None:
        if configured:
            return None
        reason = "It is run with a configuration file that no ConfigMap known here holds. Look at it."
        return not_evaluated(proxy.resource, reason)
    if (reason_ := doubt(proxy, _FLAG)) is not None:
        return not_evaluated(proxy.resource, reason_)
    found = proxy.flag(_FLAG)
    if is_loopback(found.text if found else _DEFAULT):
        return passed(proxy.resource)
    return failed(proxy.resource, _OPEN, proxy.evidence(_FLAG, "a loopback address"))
