"""How Services let the outside in, or send the inside elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.judge import Finding, Said, Undecided
from checks.model import Evidence, Severity, Theme, Verdict
from checks.registry import check
from checks.verdict import failed, manual, passed

THEME = Theme.NETWORK

_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
_INTERNAL = (
    ("networking.gke.io/load-balancer-type", ("internal",)),
    ("cloud.google.com/load-balancer-type", ("internal",)),
    ("service.beta.kubernetes.io/aws-load-balancer-internal", ("true", "0.0.0.0/0")),
    ("service.beta.kubernetes.io/aws-load-balancer-scheme", ("internal",)),
    ("service.beta.kubernetes.io/azure-load-balancer-internal", ("true",)),
)
_API_SERVER = ("default", "kubernetes")
"""The API server makes it itself, in every cluster."""
_METADATA = ("metadata", "metadata.google.internal", "instance-data")


@check(
    id="service-external-ips",
    title="Service takes traffic for addresses that its author chose",
    severity=Severity.HIGH,
    population=("Service",),
    because="Whoever may write a Service reads and answers traffic that others send to such an address.",
    rationale=(
        "With externalIPs a Service catches what pods and nodes send to any address, another's or one "
        "outside of the cluster included (CVE-2020-8554). Kubernetes itself does not check whose it is."
    ),
    remediation="Use a Service of type LoadBalancer, and refuse externalIPs at admission.",
    snippet="spec:\n  type: LoadBalancer\n",
)
def external_ips(snapshot: Snapshot) -> Iterator[Verdict]:
    """Any entry in `spec.externalIPs`, whatever the Service's type."""
    return _each(snapshot, _external_ips)


def _external_ips(service: o.Service) -> Said:
    addresses = service.spec.external_ips
    if not addresses:
        return None
    fact = _fact(service, "spec.externalIPs", list(addresses[:20]), "none")
    return Finding(f"It takes traffic for {', '.join(addresses[:5])}.", (fact,))


@check(
    id="service-node-port",
    title="Service opens a port on every node",
    severity=Severity.MEDIUM,
    population=("Service",),
    because="It reaches as far as the nodes are reachable, which firewalls may bound.",
    rationale=(
        "A NodePort is open on every address of every node, past load balancers and their rules, and network "
        "policies often see only the node as the sender."
    ),
    remediation="Publish it with an Ingress or a Gateway, and keep the Service at ClusterIP.",
    snippet="spec:\n  type: ClusterIP\n",
)
def node_port(snapshot: Snapshot) -> Iterator[Verdict]:
    """Services of type NodePort. The ports that a LoadBalancer allocates besides are not asked for here."""
    return _each(snapshot, _node_port)


def _node_port(service: o.Service) -> Said:
    if service.spec.type != "NodePort":
        return None
    return Finding("It opens a port on every node.", (_fact(service, "spec.type", "NodePort", "ClusterIP"),))


@check(
    id="service-load-balancer-open",
    title="Load balancer takes traffic from everywhere",
    severity=Severity.MEDIUM,
    population=("Service",),
    because="It is what a public service needs, and for any other a way in for everybody.",
    rationale=(
        "A Service of type LoadBalancer is usually reachable from the Internet. Unless its source ranges are "
        "named, everybody can knock."
    ),
    remediation="Name the source ranges, or make the load balancer an internal one.",
    snippet="spec:\n  type: LoadBalancer\n  loadBalancerSourceRanges: [198.51.100.0/24]\n",
)
def load_balancer(snapshot: Snapshot) -> Iterator[Verdict]:
    """Type LoadBalancer with no source ranges (nor the older annotation), or one that is everything. An
    annotation of the provider that makes it internal passes. Not every provider honours source ranges."""
    return _each(snapshot, _load_balancer)


def _load_balancer(service: o.Service) -> Said:
    spec = service.spec
    if spec.type != "LoadBalancer":
        return None
    notes = service.metadata.annotations
    if any((notes.get(key) or "").lower() in values for key, values in _INTERNAL):
        return None
    ranges = spec.load_balancer_source_ranges or tuple(
        each.strip() for each in (notes.get(_RANGES) or "").split(",") if each.strip()
    )
    if ranges and not any(_everything(each) for each in ranges):
        return None
    fact = _fact(service, "spec.loadBalancerSourceRanges", list(ranges[:20]) or None, "named ranges")
    return Finding("Its load balancer takes traffic from everywhere.", (fact,))


def _everything(written: str) -> bool:
    length = written.strip().rpartition("/")[2]
    return length.isdecimal() and not length.strip("0")


@check(
    id="service-external-name",
    title="Service is another name for somewhere else",
    severity=Severity.MEDIUM,
    population=("Service",),
    because="It takes a client that trusts the name; it then talks to whom it was never meant to reach.",
    rationale=(
        "An ExternalName Service answers with another name. Proxies and ingress controllers that follow it "
        "can be led to other namespaces, to themselves or to the cloud's metadata service."
    ),
    remediation="Point it at names outside of the cluster that you own, or remove it.",
    snippet="spec:\n  type: ExternalName\n  externalName: db.example.com\n",
)
def external_name(snapshot: Snapshot) -> Iterator[Verdict]:
    """Type ExternalName whose name leads to another namespace, to localhost, to the metadata service, or is
    an address fails; any other is for a person."""
    return _each(snapshot, _external_name)


def _external_name(service: o.Service) -> Said:
    if service.spec.type != "ExternalName":
        return None
    name = (service.spec.external_name or "").lower().rstrip(".")
    fact = _fact(service, "spec.externalName", name[:300], "a name outside of the cluster that is yours")
    inside = _leads(name, service.metadata.namespace or "")
    if inside:
        return Finding(f"It leads to {inside}.", (fact,))
    return Undecided("Is the name outside of the cluster one of yours?", (fact,))


def _leads(name: str, namespace: str) -> str:
    labels = name.split(".")
    if name == "localhost" or name.endswith(".localhost"):
        return "localhost"
    if name in _METADATA or name.startswith("169.254."):
        return "the cloud's metadata service"
    if len(labels) >= 3 and labels[2] == "svc" and labels[1] != namespace:
        return f"the namespace {labels[1]}"
    if labels[-1].isdigit():
        return f"the address {name}"
    return ""


Ask = Callable[[o.Service], Said]


def _each(snapshot: Snapshot, ask: Ask) -> Iterator[Verdict]:
    for service in snapshot.all(o.Service):
        if (service.metadata.namespace, service.metadata.name) == _API_SERVER:
            continue
        match ask(service):
            case Finding(message, evidence):
                yield failed(service.resource, message, evidence)
            case Undecided(reason, evidence):
                yield manual(service.resource, reason, evidence)
            case _:
                yield passed(service.resource)


def _fact(service: o.Service, path: str, observed: object, expected: str) -> Evidence:
    meta = service.metadata
    return Evidence(path, observed, expected, None, meta.uid, meta.resource_version)
