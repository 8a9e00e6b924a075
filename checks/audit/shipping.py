"""Whether the audit log leaves the node: by the API server's webhook, or by a log shipper in the cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import normpath

from msgspec import Struct

from checks.cluster.snapshot import Snapshot
from checks.control_plane.components import Component, components
from checks.control_plane.judge import doubt, unseen
from checks.model import MANAGED, Evidence, Resource, Verdict
from checks.verdict import cluster_resource, failed, manual, not_applicable, not_evaluated, passed
from checks.workloads import POD_KINDS, Spec, Workload, workloads

ASK_THE_PROVIDER = {
    "eks": (
        "EKS runs the API server with a policy of its own. Ask for the cluster's logging settings (`aws eks "
        "describe-cluster`, logging.clusterLogging): the type audit must be enabled."
    ),
    "gke": (
        "GKE runs the API server with a policy of its own; what of it is kept is set by the project. Ask for "
        "the project's Cloud Audit Logs settings: Data Access logs of the Kubernetes Engine API must be on."
    ),
    "aks": (
        "AKS runs the API server with a policy of its own. Ask for the cluster's diagnostic settings: the "
        "category kube-audit must go to a workspace (kube-audit-admin leaves out what is only read)."
    ),
}

_SHIPPERS = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("Fluent Bit", r"fluent-?bit"),
        ("Fluentd", r"fluentd"),
        ("Vector", r"(?:^|/)vector$"),
        ("Filebeat", r"(?:^|/)filebeat"),
        ("Elastic Agent", r"(?:^|/)elastic-agent"),
        ("Promtail", r"(?:^|/)promtail$"),
        ("Grafana Alloy", r"grafana/(?:alloy|agent)$"),
        ("the OpenTelemetry Collector", r"opentelemetry-collector|otel-?collector|otelcol"),
        ("Splunk's forwarder", r"splunk/|splunk-?(?:otel|forwarder|connect)"),
        ("Datadog's agent", r"datadog(?:hq)?/agent"),
        ("Logstash", r"(?:^|/)logstash"),
        ("rsyslog", r"(?:^|/)rsyslog"),
        ("syslog-ng", r"syslog-ng"),
        ("the CloudWatch agent", r"cloudwatch-agent"),
        ("the Azure Monitor agent", r"ama-logs|azuremonitor/containerinsights"),
        ("Sumo Logic's collector", r"sumologic"),
        ("Dynatrace", r"dynatrace"),
    )
)
_LOG, _WEBHOOK = "audit-log-path", "audit-webhook-config-file"


class Shipper(Struct, frozen=True, gc=False):
    """A log shipper: what it is, why it is taken for one, and the folders of the node that it sees."""

    name: str
    resource: Resource
    image: Evidence
    folders: tuple[str, ...]


def shipped(snapshot: Snapshot) -> Iterator[Verdict]:
    """One verdict on the cluster."""
    cluster = cluster_resource(snapshot)
    if snapshot.cluster.provider in MANAGED:
        yield not_applicable(cluster, ASK_THE_PROVIDER[snapshot.cluster.provider])
        return
    servers = components(snapshot).api_servers
    if not servers:
        yield unseen(snapshot, "kube-apiserver")
    elif all(_value(server, _WEBHOOK) for server in servers):
        yield passed(cluster, "Every API server that is seen sends its audit events to a webhook.")
    else:
        unread = ", ".join(kind for kind in POD_KINDS if not snapshot.saw(kind))
        yield _by_shipper(cluster, servers, tuple(shippers(snapshot)), unread)


def _by_shipper(
    cluster: Resource, servers: tuple[Component, ...], found: tuple[Shipper, ...], unread: str
) -> Verdict:
    doubts = (doubt(each, flag) for each in servers for flag in (_LOG, _WEBHOOK))
    unknown = next((reason for reason in doubts if reason), None)
    paths = [path for each in servers if (path := _value(each, _LOG))]
    for shipper in found:
        if paths and all(_reaches(shipper, path) for path in paths):
            where = ", ".join(sorted(set(paths)))
            return passed(cluster, f"{shipper.name} ({shipper.resource}) mounts the folder of {where}.")
    if unknown:
        return not_evaluated(cluster, unknown)
    if found and paths:
        first = found[0]
        return manual(
            cluster,
            f"{first.name} runs ({first.resource}), but none of its mounts reaches the "
            "audit log: look whether it gets the log otherwise.",
            tuple(each.image for each in found),
        )
    if unread and paths:
        return not_evaluated(cluster, f"Whether a log shipper runs is not known: {unread} could not be read.")
    wanted = f"--{_WEBHOOK}=…, or a log shipper that sees the log"
    facts = tuple(each.evidence(_WEBHOOK, wanted) for each in servers)
    what = "and no known log shipper runs" if paths else "and there is no log file that could be shipped"
    return failed(cluster, f"No audit webhook is set, {what}.", facts)


def shippers(snapshot: Snapshot) -> Iterator[Shipper]:
    """Every log shipper among the workloads, told by the name of its image."""
    for workload in workloads(snapshot):
        found = _shipper(workload)
        if found:
            yield found


def _shipper(workload: Workload) -> Shipper | None:
    for spec in workload.specs:
        for placed in spec.containers:
            name = name_of(placed.container.image)
            if name:
                fact = spec.observed(placed, "image", placed.container.image, f"{name} is told by its name")
                return Shipper(name, workload.resource, fact, _folders(spec))
    return None


def name_of(image: str) -> str:
    """The shipper whose image this is, empty for any other; the tag and the registry's port say nothing."""
    path = image.partition("@")[0]
    folder, _, last = path.rpartition("/")
    plain = f"{folder}/{last.partition(':')[0]}".lower()
    return next((name for name, pattern in _SHIPPERS if pattern.search(plain)), "")


def _folders(spec: Spec) -> tuple[str, ...]:
    return tuple(
        normpath(placed.volume.host_path.path)
        for placed in spec.volumes
        if placed.volume.host_path and placed.volume.host_path.path.startswith("/")
    )


def _reaches(shipper: Shipper, log: str) -> bool:
    path = normpath(log)
    return any(folder in ("/", path) or path.startswith(f"{folder}/") for folder in shipper.folders)


def _value(component: Component, flag: str) -> str:
    found = component.flag(flag)
    return found.text if found and found.known else ""
