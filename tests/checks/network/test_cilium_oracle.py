"""Cilium's policies against a second reading: one connection at a time, nothing compiled.

As in test_reach_oracle, the judge below knows nothing of the engine. It reads the documents as docs.cilium.io
(security/policy) describes them, beside NetworkPolicies, and must agree with the engine on every connection
of every world that is drawn. Drawn is what is modelled; the rest is said to be unknown, as other tests show.
"""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.checks.network.second_reading import IN_SPACE, PLAIN, agree, document, some
from tests.checks.network.test_reach_oracle import NAMED, Doc, Judge

VALUES = st.sampled_from(("front", "shop", "db", "x", "a", "b", "web", "data"))
CILIUM_KEYS = st.sampled_from(
    (
        "app",
        "k8s:app",
        "any:tier",
        "k8s:io.kubernetes.pod.namespace",
        "io.cilium.k8s.namespace.labels.team",
        "k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name",
    )
)
CILIUM_SELECTORS: st.SearchStrategy[Doc] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"matchLabels": st.dictionaries(CILIUM_KEYS, VALUES, min_size=1, max_size=2)}),
    st.fixed_dictionaries(
        {
            "matchExpressions": some(
                st.one_of(
                    st.fixed_dictionaries(
                        {"key": CILIUM_KEYS, "operator": st.sampled_from(("Exists", "DoesNotExist"))}
                    ),
                    st.fixed_dictionaries(
                        {
                            "key": CILIUM_KEYS,
                            "operator": st.sampled_from(("In", "NotIn")),
                            "values": some(VALUES),
                        }
                    ),
                )
            )
        }
    ),
)
SUBJECTS: st.SearchStrategy[Doc] = st.one_of(
    st.just({}),
    st.fixed_dictionaries(
        {"matchLabels": st.dictionaries(st.sampled_from(("app", "k8s:tier")), VALUES, min_size=1)}
    ),
)
CIDRS = st.sampled_from(("0.0.0.0/0", "10.0.0.0/8", "8.8.8.0/24", "::/0"))
PROTOCOLS = st.sampled_from(("TCP", "UDP", "SCTP", "ANY"))
CILIUM_PORT = st.one_of(
    st.fixed_dictionaries({"port": st.sampled_from(("http", "dns", "0"))}, optional={"protocol": PROTOCOLS}),
    st.fixed_dictionaries(
        {"port": st.sampled_from(("80", "53"))}, optional={"protocol": PROTOCOLS, "endPort": st.just(90)}
    ),
)
CILIUM_PORTS = st.fixed_dictionaries({"ports": some(CILIUM_PORT)})


def cilium_rule(way: str) -> st.SearchStrategy[Doc]:
    """`way` is from or to."""
    return st.fixed_dictionaries(
        {},
        optional={
            f"{way}Endpoints": some(CILIUM_SELECTORS, 0),
            f"{way}CIDR": some(CIDRS),
            f"{way}CIDRSet": some(
                st.fixed_dictionaries(
                    {"cidr": st.sampled_from(("0.0.0.0/0", "10.0.0.0/8"))},
                    optional={"except": st.just(["10.9.0.0/16"])},
                )
            ),
            f"{way}Entities": some(st.sampled_from(("all", "world", "world-ipv4", "none"))),
            "toPorts": some(CILIUM_PORTS),
        },
    )


CILIUM_SPECS = st.fixed_dictionaries(
    {"endpointSelector": SUBJECTS},
    optional={
        "ingress": some(cilium_rule("from"), 0),
        "ingressDeny": some(cilium_rule("from"), 0),
        "egress": some(cilium_rule("to"), 0),
        "egressDeny": some(cilium_rule("to"), 0),
        "enableDefaultDeny": st.fixed_dictionaries(
            {}, optional={"ingress": st.booleans(), "egress": st.booleans()}
        ),
    },
)
CILIUMS = st.one_of(
    st.builds(
        lambda spec, space: document("CiliumNetworkPolicy", "cilium.io/v2", spec, space),
        CILIUM_SPECS,
        IN_SPACE,
    ),
    st.builds(lambda spec: document("CiliumClusterwideNetworkPolicy", "cilium.io/v2", spec), CILIUM_SPECS),
)


class CiliumJudge(Judge):
    """Denials of any policy stand; then whatever some policy allows; the rest is denied to isolated pods."""

    def __init__(self, policies: list[Doc], ciliums: list[Doc]) -> None:
        super().__init__(policies, [])
        self.ciliums = ciliums

    def way(self, way: str, own: Any, other: Any, target: Any, protocol: str, port: int) -> bool:
        section = way.lower()
        mine = [each for each in self.ciliums if self.is_for(each, own)]

        def hit(rules: list[Doc], policy: Doc) -> bool:
            return any(self.matches(rule, way, policy, other, target, protocol, port) for rule in rules)

        if any(hit(each["spec"].get(f"{section}Deny", []), each) for each in mine):
            return False
        if any(hit(each["spec"].get(section, []), each) for each in mine):
            return True
        plain = [each for each in self.policies if self.selects(each, way, own)]
        if any(
            self.rule(rule, way, each["metadata"]["namespace"], other, target, protocol, port)
            for each in plain
            for rule in each["spec"].get(section, [])
        ):
            return True
        closing = [
            each
            for each in mine
            if (each["spec"].get(section) or each["spec"].get(f"{section}Deny"))
            and each["spec"].get("enableDefaultDeny", {}).get(section, True)
        ]
        return not plain and not closing

    def is_for(self, policy: Doc, pod: Any) -> bool:
        if policy["metadata"].get("namespace", pod[0]) != pod[0]:
            return False
        return self.labels(self.written(policy["spec"]["endpointSelector"]), self.identity(pod))

    def written(self, selector: Doc) -> Doc:
        """Without the sources of keys, which every label of a pod matches."""
        return {
            "matchLabels": {self.key(k): v for k, v in selector.get("matchLabels", {}).items()},
            "matchExpressions": [
                {**each, "key": self.key(each["key"])} for each in selector.get("matchExpressions", [])
            ],
        }

    def key(self, key: str) -> str:
        return re.sub("^(k8s|any):", "", key)

    def identity(self, pod: Any) -> dict[str, str]:
        found = {**pod[2], "io.kubernetes.pod.namespace": pod[0]}
        for key, value in self.space(pod[0]).items():
            found[f"io.cilium.k8s.namespace.labels.{key}"] = value
        return found

    def matches(
        self, rule: Doc, way: str, policy: Doc, other: Any, target: Any, protocol: str, port: int
    ) -> bool:
        side = "from" if way == "Ingress" else "to"
        named = [
            rule[key]
            for key in (f"{side}Endpoints", f"{side}CIDR", f"{side}CIDRSet", f"{side}Entities")
            if key in rule
        ]
        if named:
            if not (
                any(self.endpoint(each, policy, other) for each in rule.get(f"{side}Endpoints", []))
                or any(self.block({"cidr": each}, other) for each in rule.get(f"{side}CIDR", []))
                or any(self.block(each, other) for each in rule.get(f"{side}CIDRSet", []))
                or any(self.entity(each, other) for each in rule.get(f"{side}Entities", []))
            ):
                return False
        elif "toPorts" not in rule:
            return False
        return "toPorts" not in rule or any(
            self.cilium_port(each, target, protocol, port)
            for group in rule["toPorts"]
            for each in group["ports"]
        )

    def endpoint(self, selector: Doc, policy: Doc, other: Any) -> bool:
        if isinstance(other, str):
            return False
        plain = self.written(selector)
        keys = [*plain["matchLabels"], *(each["key"] for each in plain["matchExpressions"])]
        says = any(key.startswith(("io.kubernetes.pod.namespace", "io.cilium.k8s.namespace")) for key in keys)
        if not says and policy["metadata"].get("namespace", other[0]) != other[0]:
            return False
        return self.labels(plain, self.identity(other))

    def block(self, block: Doc, other: Any) -> bool:
        """Blocks are for what is outside of the cluster, never for pods."""
        if not isinstance(other, str):
            return False
        ip = ip_address(other)
        return ip in ip_network(block["cidr"]) and not any(
            ip in ip_network(each) for each in block.get("except", [])
        )

    def entity(self, name: str, other: Any) -> bool:
        outside = isinstance(other, str)
        return {
            "all": True,
            "world": outside,
            "world-ipv4": outside and ":" not in str(other),
            "none": False,
        }[name]

    def cilium_port(self, each: Doc, target: Any, protocol: str, port: int) -> bool:
        if each.get("protocol", "ANY") not in ("ANY", protocol):
            return False
        if not each["port"].isdigit():
            return not isinstance(target, str) and (each["port"], protocol, port) in NAMED
        first = int(each["port"])
        return first == 0 or first <= port <= each.get("endPort", first)


@settings(max_examples=150, deadline=None)
@given(st.lists(PLAIN, max_size=2), st.lists(CILIUMS, min_size=1, max_size=4))
def test_cilium_is_read_as_its_documentation_says(policies: list[Doc], ciliums: list[Doc]) -> None:
    for number, each in enumerate((*policies, *ciliums)):
        each["metadata"]["name"] = f"p{number}"
    agree([*policies, *ciliums], CiliumJudge(policies, ciliums), outside_unknown=False)
