"""Calico's policies against a second reading: one connection at a time, nothing compiled.

As in test_reach_oracle, the judge below knows nothing of the engine. It reads what was drawn as the comments
of Calico's v3 API describe it, beside NetworkPolicies, and must agree with the engine on every connection of
every world that is drawn. Drawn is what is modelled; the rest is said to be unknown, as other tests show.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.checks.network.second_reading import IN_SPACE, PLAIN, agree, document, some
from tests.checks.network.test_reach_oracle import NAMED, Doc, Judge

OF_APP = st.sampled_from(("front", "shop", "db", "probe"))
ATOMS: st.SearchStrategy[Any] = st.one_of(
    st.just(("all",)),
    st.tuples(st.sampled_from(("==", "!=", "in")), st.just("app"), OF_APP),
    st.tuples(st.sampled_from(("==", "!=")), st.just("projectcalico.org/namespace"), IN_SPACE),
    st.tuples(st.just("has"), st.sampled_from(("app", "tier"))),
)
TREES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(("&&", "||")), inner, inner), st.tuples(st.just("!"), inner)
    ),
    max_leaves=3,
)
SPACE_TREES: st.SearchStrategy[Any] = st.one_of(
    st.just(("all",)),
    st.tuples(st.sampled_from(("==", "!=")), st.just("projectcalico.org/name"), IN_SPACE),
    st.tuples(st.sampled_from(("==", "!=")), st.just("team"), st.sampled_from(("a", "b"))),
    st.tuples(st.just("has"), st.just("team")),
)


def text(tree: Any) -> str:
    """A tree as Calico writes it."""
    match tree:
        case ("all",):
            return "all()"
        case ("has", key):
            return f"has({key})"
        case ("in", key, value):
            return f"{key} in {{'{value}'}}"
        case ("!", inner):
            return f"!({text(inner)})"
        case ("&&" | "||" as word, one, other):
            return f"({text(one)}) {word} ({text(other)})"
        case (word, key, value):
            return f"{key} {word} '{value}'"
    raise AssertionError(tree)


def holds(tree: Any, labels: dict[str, str]) -> bool:
    """Whether a tree holds for labels."""
    match tree:
        case ("all",):
            return True
        case ("has", key):
            return key in labels
        case ("==" | "in", key, value):
            return bool(labels.get(key) == value)
        case ("!=", key, value):
            return bool(labels.get(key) != value)
        case ("!", inner):
            return not holds(inner, labels)
        case ("&&", one, other):
            return holds(one, labels) and holds(other, labels)
        case ("||", one, other):
            return holds(one, labels) or holds(other, labels)
    raise AssertionError(tree)


NETS = {
    "nets": some(st.sampled_from(("10.0.0.0/24", "0.0.0.0/0", "fd00::/8"))),
    "notNets": some(st.sampled_from(("10.0.0.1/32", "8.0.0.0/8"))),
}
ENTITIES: st.SearchStrategy[Doc] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"selector": TREES}),
    st.fixed_dictionaries({"namespaceSelector": SPACE_TREES}, optional={"selector": TREES}),
    st.fixed_dictionaries({}, optional=NETS),
    st.fixed_dictionaries({"selector": TREES}, optional=NETS),
)
CALICO_PORTS = some(st.sampled_from((80, 53, "79:85", "http")))


def calico_rule(way: str) -> st.SearchStrategy[Doc]:
    """`way` is Ingress or Egress."""
    bare = st.builds(
        lambda action, other: {"action": action, "other": other},
        st.sampled_from(("Allow", "Allow", "Deny", "Deny", "Pass", "Log")),
        ENTITIES,
    )
    ported = st.builds(
        lambda rule, protocol, ports, refused: {**rule, "protocol": protocol, **ports, **refused},
        bare,
        st.sampled_from(("TCP", "UDP")),
        st.fixed_dictionaries({}, optional={"ports": CALICO_PORTS}),
        st.fixed_dictionaries({}, optional={"notPorts": CALICO_PORTS}),
    )
    return st.one_of(bare, ported)


CALICO_SPECS = st.fixed_dictionaries(
    {"selector": TREES, "order": st.sampled_from((1, 500, 1500, None))},
    optional={
        "ingress": some(calico_rule("Ingress"), 0),
        "egress": some(calico_rule("Egress"), 0),
        "types": st.sampled_from((["Ingress"], ["Egress"], ["Ingress", "Egress"])),
        "tier": st.sampled_from(("default", "default", "early", "late")),
    },
)
CALICOS = st.one_of(
    st.tuples(CALICO_SPECS, IN_SPACE, st.just(("all",))), st.tuples(CALICO_SPECS, st.none(), SPACE_TREES)
)
TIERS = st.fixed_dictionaries(
    {"early": st.sampled_from(("Deny", "Pass")), "late": st.sampled_from(("Deny", "Pass"))}
)
ORDERS = {"early": 10, "late": 2_000_000, "default": 1_000_000}


def written(number: int, spec: Doc, space: str | None, spaces: Any) -> Doc:
    """A policy as Calico stores it."""
    made: Doc = {key: value for key, value in spec.items() if key in ("types", "tier", "order")}
    made["selector"] = text(spec["selector"])
    if space is None:
        made["namespaceSelector"] = text(spaces)
    for way, side in (("ingress", "source"), ("egress", "destination")):
        if way in spec:
            made[way] = [_written(rule, side) for rule in spec[way]]
    kind = "NetworkPolicy" if space else "GlobalNetworkPolicy"
    doc = document(kind, "crd.projectcalico.org/v1", made, space)
    doc["metadata"]["name"] = f"c{number}"
    return doc


def _written(rule: Doc, side: str) -> Doc:
    other = {k: text(v) if k in ("selector", "namespaceSelector") else v for k, v in rule["other"].items()}
    ports = {key: rule[key] for key in ("ports", "notPorts") if key in rule}
    made: Doc = {"action": rule["action"]} | ({"protocol": rule["protocol"]} if "protocol" in rule else {})
    made[side] = other
    if ports:
        made["destination"] = {**made.get("destination", {}), **ports}
    return made


class CalicoJudge(Judge):
    """Tiers in order; in each, what is for the pod in order; at its end what the tier says of the rest."""

    def __init__(
        self, policies: list[Doc], calicos: list[tuple[int, Doc, str | None, Any]], tiers: Doc
    ) -> None:
        super().__init__(policies, [])
        self.calicos, self.tiers = calicos, {**tiers, "default": "Deny"}

    def way(self, way: str, own: Any, other: Any, target: Any, protocol: str, port: int) -> bool:
        for tier in sorted(ORDERS, key=lambda name: ORDERS[name]):
            listed: list[tuple[tuple[float, str], Any]] = [
                ((float("inf") if spec["order"] is None else spec["order"], f"c{number}"), (spec, space))
                for number, spec, space, spaces in self.calicos
                if spec.get("tier", "default") == tier and self.is_for(spec, space, spaces, way, own)
            ]
            if tier == "default":
                listed += [
                    ((1000, each["metadata"]["name"]), each)
                    for each in self.policies
                    if self.selects(each, way, own)
                ]
            said = None
            for _, each in sorted(listed, key=lambda each: each[0]):
                said = self.ask(each, way, other, target, protocol, port)
                if said:
                    break
            if listed and (said or self.tiers[tier]) != "Pass":
                return said == "Allow"
        return True

    def ask(self, policy: Any, way: str, other: Any, target: Any, protocol: str, port: int) -> str | None:
        if isinstance(policy, dict):
            allowed = any(
                self.rule(rule, way, policy["metadata"]["namespace"], other, target, protocol, port)
                for rule in policy["spec"].get(way.lower(), [])
            )
            return "Allow" if allowed else None
        spec, space = policy
        for rule in spec.get(way.lower(), []):
            if rule["action"] != "Log" and self.hit(rule, space, other, target, protocol, port):
                return str(rule["action"])
        return None

    def is_for(self, spec: Doc, space: str | None, spaces: Any, way: str, pod: Any) -> bool:
        types = spec.get("types")
        if types is None:
            types = [
                *(["Egress"] if spec.get("egress") else []),
                *(["Ingress"] if spec.get("ingress") else []),
            ]
            types = types or ["Ingress"]
        if way not in types or space not in (None, pod[0]):
            return False
        return holds(spec["selector"], self.calico_labels(pod)) and holds(spaces, self.calico_space(pod[0]))

    def calico_labels(self, pod: Any) -> dict[str, str]:
        return {**pod[2], "projectcalico.org/namespace": pod[0]}

    def calico_space(self, name: str) -> dict[str, str]:
        return {**self.space(name), "projectcalico.org/name": name}

    def hit(self, rule: Doc, space: str | None, other: Any, target: Any, protocol: str, port: int) -> bool:
        if rule.get("protocol", protocol) != protocol or not self.picked(rule["other"], space, other):
            return False
        if "ports" in rule and not any(self.calico_port(e, target, protocol, port) for e in rule["ports"]):
            return False
        return not any(self.calico_port(each, target, protocol, port) for each in rule.get("notPorts", []))

    def picked(self, entity: Doc, space: str | None, other: Any) -> bool:
        ip = ip_address(other if isinstance(other, str) else other[3])
        if "nets" in entity and not any(ip in ip_network(each) for each in entity["nets"]):
            return False
        if any(ip in ip_network(each) for each in entity.get("notNets", [])):
            return False
        if "selector" not in entity and "namespaceSelector" not in entity:
            return True
        if isinstance(other, str) or not holds(entity.get("selector", ("all",)), self.calico_labels(other)):
            return False
        if "namespaceSelector" in entity:
            return holds(entity["namespaceSelector"], self.calico_space(other[0]))
        return space in (None, other[0])

    def calico_port(self, each: Any, target: Any, protocol: str, port: int) -> bool:
        if each == "http":
            return not isinstance(target, str) and (each, protocol, port) in NAMED
        first, _, last = str(each).partition(":")
        return int(first) <= port <= int(last or first)


@settings(max_examples=150, deadline=None)
@given(st.lists(PLAIN, max_size=2), st.lists(CALICOS, min_size=1, max_size=4), TIERS)
def test_calico_is_read_as_its_documentation_says(
    policies: list[Doc], drawn: list[tuple[Doc, str | None, Any]], tiers: Doc
) -> None:
    for number, each in enumerate(policies):
        each["metadata"]["name"] = f"p{number}"
    calicos = [(number, *each) for number, each in enumerate(drawn)]
    docs = [
        {
            "apiVersion": "crd.projectcalico.org/v1",
            "kind": "Tier",
            "metadata": {"name": name},
            "spec": {"order": ORDERS[name], "defaultAction": action},
        }
        for name, action in tiers.items()
    ]
    docs += [written(*each) for each in calicos]
    agree([*policies, *docs], CalicoJudge(policies, calicos, tiers), outside_unknown=True)
