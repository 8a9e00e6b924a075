"""The engine against a second reading of the specification: one connection at a time, nothing compiled.

The judge below knows nothing of the engine. It works on the documents as they are written and asks about one
port of one pair of pods, the way the comments in networking/v1 types.go and clusternetworkpolicy_types.go put
it. It and the engine must agree on every connection of every world that is drawn.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from checks.network.peers import Endpoint, Outside, peers
from checks.network.reach import Outcome, reach, reached, wanted_ports
from tests.checks.network.network_objects import policy
from tests.harness.fixture_snapshot import snapshot_of

Doc = dict[str, Any]
SPACES = {"web": {"team": "a"}, "data": {"team": "b"}, "ops": {}}
PODS = {
    "web": (("front", {"app": "front", "tier": "x"}, "10.0.0.1"), ("shop", {"app": "shop"}, "10.0.0.2")),
    "data": (("db", {"app": "db", "tier": "x"}, "10.0.1.1"), ("bare", {}, "fd00::1")),
    "ops": (("probe", {"app": "probe"}, "10.0.2.1"),),
}
NAMED = [("http", "TCP", 80), ("dns", "UDP", 53), ("http", "UDP", 8080)]
OUTSIDE = ("8.8.8.8", "10.9.9.9", "2001:db8::1")
ASKED = [("TCP", 80), ("TCP", 81), ("TCP", 90), ("UDP", 53), ("UDP", 8080), ("SCTP", 80)]


def world() -> list[Doc]:
    docs: list[Doc] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        for name, labels in SPACES.items()
    ]
    ports = [{"name": name, "protocol": protocol, "containerPort": port} for name, protocol, port in NAMED]
    for namespace, listed in PODS.items():
        docs += [
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": name, "namespace": namespace, "labels": labels},
                "spec": {"containers": [{"name": "app", "image": "a:1", "ports": ports}]},
                "status": {"phase": "Running", "podIPs": [{"ip": ip}]},
            }
            for name, labels, ip in listed
        ]
    return docs


KEYS = st.sampled_from(("app", "tier", "team", "kubernetes.io/metadata.name"))
VALUES = st.sampled_from(("front", "shop", "db", "x", "a", "b", "web", "data"))
EXPRESSIONS = st.one_of(
    st.fixed_dictionaries({"key": KEYS, "operator": st.sampled_from(("Exists", "DoesNotExist"))}),
    st.fixed_dictionaries(
        {
            "key": KEYS,
            "operator": st.sampled_from(("In", "NotIn")),
            "values": st.lists(VALUES, min_size=1, max_size=2),
        }
    ),
)
SELECTORS: st.SearchStrategy[Doc] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"matchLabels": st.dictionaries(KEYS, VALUES, min_size=1, max_size=1)}),
    st.fixed_dictionaries({"matchExpressions": st.lists(EXPRESSIONS, min_size=1, max_size=2)}),
)
BLOCKS = st.fixed_dictionaries(
    {"cidr": st.sampled_from(("0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/24", "::/0", "fd00::/8"))},
    optional={"except": st.lists(st.sampled_from(("10.0.0.0/30", "10.0.1.1/32", "8.0.0.0/8")), max_size=2)},
)
PEERS = st.one_of(
    st.fixed_dictionaries({"podSelector": SELECTORS}),
    st.fixed_dictionaries({"namespaceSelector": SELECTORS}),
    st.fixed_dictionaries({"podSelector": SELECTORS, "namespaceSelector": SELECTORS}),
    st.fixed_dictionaries({"ipBlock": BLOCKS}),
)
PORTS = st.one_of(
    st.fixed_dictionaries({}, optional={"protocol": st.sampled_from(("TCP", "UDP", "SCTP"))}),
    st.fixed_dictionaries(
        {"port": st.sampled_from((80, 53, "http", "dns"))},
        optional={"protocol": st.sampled_from(("TCP", "UDP", "SCTP"))},
    ),
    st.just({"port": 79, "endPort": 85}),
)


def rules(way: str) -> st.SearchStrategy[list[Doc]]:
    rule = st.fixed_dictionaries(
        {}, optional={way: st.lists(PEERS, max_size=2), "ports": st.lists(PORTS, max_size=2)}
    )
    return st.lists(rule, max_size=2)


POLICIES = st.builds(
    lambda space, selector, types, into, out: policy(
        "p", selector, space, **({"types": types} if types else {}), **into, **out
    ),
    st.sampled_from(sorted(SPACES)),
    SELECTORS,
    st.sampled_from(("", "Ingress", "Egress", "Ingress Egress")),
    st.fixed_dictionaries({}, optional={"ingress": rules("from")}),
    st.fixed_dictionaries({}, optional={"egress": rules("to")}),
)
IN_PODS = st.fixed_dictionaries({"namespaceSelector": SELECTORS, "podSelector": SELECTORS})
IN_CLUSTER = st.one_of(
    st.fixed_dictionaries({"namespaces": SELECTORS}), st.fixed_dictionaries({"pods": IN_PODS})
)
NETWORKS = st.lists(st.sampled_from(("0.0.0.0/0", "10.0.0.0/24", "::/0")), min_size=1, max_size=2)
PROTOCOLS: st.SearchStrategy[Doc] = st.one_of(
    st.just({"tcp": {}}),
    st.just({"tcp": {"destinationPort": {"number": 80}}}),
    st.just({"udp": {"destinationPort": {"range": {"start": 50, "end": 60}}}}),
    st.just({"destinationNamedPort": "http"}),
)
ACTIONS = st.sampled_from(("Accept", "Deny", "Pass"))


def wide_rules(way: str, others: st.SearchStrategy[Doc]) -> st.SearchStrategy[list[Doc]]:
    rule = st.fixed_dictionaries(
        {"action": ACTIONS, way: st.lists(others, min_size=1, max_size=2)},
        optional={"protocols": st.lists(PROTOCOLS, min_size=1, max_size=2)},
    )
    return st.lists(rule, max_size=2)


OUTWARD = st.one_of(IN_CLUSTER, st.fixed_dictionaries({"networks": NETWORKS}))
WIDE = st.fixed_dictionaries(
    {
        "tier": st.sampled_from(("Admin", "Baseline")),
        "subject": IN_CLUSTER,
        "ingress": wide_rules("from", IN_CLUSTER),
        "egress": wide_rules("to", OUTWARD),
    }
)


class Judge:
    """The specification, read again. A pod is (namespace, name, labels, address); outside, an address."""

    def __init__(self, policies: list[Doc], wides: list[Doc]) -> None:
        self.policies, self.wides = policies, wides

    def allows(self, source: Any, destination: Any, protocol: str, port: int) -> bool:
        if source == destination:
            return True
        out = isinstance(source, str) or self.way("Egress", source, destination, destination, protocol, port)
        into = isinstance(destination, str) or self.way(
            "Ingress", destination, source, destination, protocol, port
        )
        return out and into

    def way(self, way: str, own: Any, other: Any, target: Any, protocol: str, port: int) -> bool:
        first = self.tier("Admin", way, own, other, target, protocol, port)
        if first is not None:
            return first
        selecting = [p for p in self.policies if self.selects(p, way, own)]
        if selecting:
            return any(
                self.rule(rule, way, p["metadata"]["namespace"], other, target, protocol, port)
                for p in selecting
                for rule in p["spec"].get(way.lower(), [])
            )
        last = self.tier("Baseline", way, own, other, target, protocol, port)
        return True if last is None else last

    def tier(
        self, tier: str, way: str, own: Any, other: Any, target: Any, protocol: str, port: int
    ) -> bool | None:
        for wide in sorted(self.wides, key=lambda each: each["spec"]["priority"]):
            spec = wide["spec"]
            if spec["tier"] != tier or not self.in_cluster(spec["subject"], own):
                continue
            for rule in spec[way.lower()]:
                others = rule["from" if way == "Ingress" else "to"]
                if not any(self.wide_peer(each, other) for each in others):
                    continue
                if "protocols" in rule and not any(
                    self.wide_port(each, target, protocol, port) for each in rule["protocols"]
                ):
                    continue
                if rule["action"] == "Pass":
                    return None
                return bool(rule["action"] == "Accept")
        return None

    def in_cluster(self, which: Doc, pod: Any) -> bool:
        if isinstance(pod, str):
            return False
        if "namespaces" in which:
            return self.labels(which["namespaces"], self.space(pod[0]))
        inner = which["pods"]
        return self.labels(inner["namespaceSelector"], self.space(pod[0])) and self.labels(
            inner["podSelector"], pod[2]
        )

    def wide_peer(self, peer: Doc, other: Any) -> bool:
        if "networks" in peer:
            ip = other if isinstance(other, str) else other[3]
            return any(ip_address(ip) in ip_network(each) for each in peer["networks"])
        return self.in_cluster(peer, other)

    def wide_port(self, each: Doc, target: Any, protocol: str, port: int) -> bool:
        if "destinationNamedPort" in each:
            return not isinstance(target, str) and (each["destinationNamedPort"], protocol, port) in NAMED
        ((name, match),) = each.items()
        if name.upper() != protocol:
            return False
        if "destinationPort" not in match:
            return True
        wanted = match["destinationPort"]
        if "number" in wanted:
            return bool(port == wanted["number"])
        return bool(wanted["range"]["start"] <= port <= wanted["range"]["end"])

    def selects(self, policy: Doc, way: str, pod: Any) -> bool:
        spec = policy["spec"]
        types = spec.get("policyTypes") or ["Ingress", *(["Egress"] if spec.get("egress") else [])]
        return (
            way in types
            and policy["metadata"]["namespace"] == pod[0]
            and self.labels(spec["podSelector"], pod[2])
        )

    def rule(
        self, rule: Doc, way: str, namespace: str, other: Any, target: Any, protocol: str, port: int
    ) -> bool:
        others, ports = rule.get("from" if way == "Ingress" else "to"), rule.get("ports")
        if others and not any(self.peer(each, namespace, other) for each in others):
            return False
        return not ports or any(self.port(each, target, protocol, port) for each in ports)

    def peer(self, peer: Doc, namespace: str, other: Any) -> bool:
        if "ipBlock" in peer:
            ip = ip_address(other if isinstance(other, str) else other[3])
            block = peer["ipBlock"]
            return ip in ip_network(block["cidr"]) and not any(
                ip in ip_network(each) for each in block.get("except", [])
            )
        if isinstance(other, str):
            return False
        if "namespaceSelector" in peer:
            if not self.labels(peer["namespaceSelector"], self.space(other[0])):
                return False
        elif other[0] != namespace:
            return False
        return "podSelector" not in peer or self.labels(peer["podSelector"], other[2])

    def port(self, each: Doc, target: Any, protocol: str, port: int) -> bool:
        if each.get("protocol", "TCP") != protocol:
            return False
        wanted: Any = each.get("port")
        if wanted is None:
            return True
        if isinstance(wanted, str):
            return not isinstance(target, str) and (wanted, protocol, port) in NAMED
        return bool(wanted <= port <= each.get("endPort", wanted))

    def space(self, name: str) -> dict[str, str]:
        return {**SPACES[name], "kubernetes.io/metadata.name": name}

    def labels(self, selector: Doc, labels: dict[str, str]) -> bool:
        for key, value in selector.get("matchLabels", {}).items():
            if labels.get(key) != value:
                return False
        for each in selector.get("matchExpressions", []):
            key, there = each["key"], each["key"] in labels
            fits = {
                "Exists": there,
                "DoesNotExist": not there,
                "In": there and labels.get(key) in each.get("values", []),
                "NotIn": not there or labels.get(key) not in each.get("values", []),
            }
            if not fits[each["operator"]]:
                return False
        return True


@settings(max_examples=250, deadline=None)
@given(st.lists(POLICIES, max_size=4), st.lists(WIDE, max_size=3))
def test_the_engine_says_what_a_second_reading_says(policies: list[Doc], wides: list[Doc]) -> None:
    for number, each in enumerate(policies):
        each["metadata"]["name"] = f"p{number}"
    cluster = [
        {
            "apiVersion": "policy.networking.k8s.io/v1alpha2",
            "kind": "ClusterNetworkPolicy",
            "metadata": {"name": f"c{number}"},
            "spec": {**spec, "priority": number},
        }
        for number, spec in enumerate(wides)
    ]
    snapshot = snapshot_of(*world(), *policies, *cluster)
    judge = Judge(policies, cluster)
    known: list[tuple[Any, Endpoint]] = [(ip, Outside(ip)) for ip in OUTSIDE]
    found = {(each.namespace, each.name): each for listed in peers(snapshot).values() for each in listed}
    for namespace, listed in PODS.items():
        known += [((namespace, *each), found[(namespace, f"Pod {each[0]}")]) for each in listed]
    for here, source in known:
        for there, destination in known:
            if isinstance(here, str) and isinstance(there, str):
                continue
            for protocol, port in ASKED:
                wanted = wanted_ports(destination, port, protocol)
                answer = reach(snapshot, source, destination, wanted)
                expected = judge.allows(here, there, protocol, port)
                assert answer.outcome is (Outcome.ALLOWED if expected else Outcome.DENIED), (
                    here,
                    there,
                    protocol,
                    port,
                )
            whole = reach(snapshot, source, destination)
            if source != destination:
                assert reached(snapshot, source, destination)[:2] == (whole.allowed, whole.unknown)
            for protocol, port in ASKED:
                assert bool(whole.allowed & wanted_ports(destination, port, protocol)) is judge.allows(
                    here, there, protocol, port
                )
