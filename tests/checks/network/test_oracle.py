"""Selectors and defaults against the judge: a real API server selects and fills in, and so do we."""

from __future__ import annotations

from random import Random

import msgspec

from checks.cluster import objects as o
from checks.network.policies import directions
from checks.network.selectors import selects, selects_all
from tests.checks.network.network_objects import Doc, pod, policy
from tests.harness.api_server import ApiServer

KEYS, VALUES = ("app", "tier", "team"), ("a", "b", "")


def a_selector(random: Random) -> Doc:
    exact = {key: random.choice(VALUES) for key in random.sample(KEYS, random.choice((0, 0, 1, 2)))}
    expressions: list[Doc] = []
    for _ in range(random.randint(0, 2)):
        operator = random.choice(("In", "NotIn", "Exists", "DoesNotExist"))
        expression: Doc = {"key": random.choice(KEYS), "operator": operator}
        if operator in {"In", "NotIn"}:
            expression["values"] = random.sample(VALUES, random.randint(1, 2))
        expressions.append(expression)
    return {"matchLabels": exact, "matchExpressions": expressions}


def query(selector: Doc) -> str:
    """The selector as a list request writes it."""
    parts = [f"{key}={value}" for key, value in selector["matchLabels"].items()]
    for each in selector["matchExpressions"]:
        values = ",".join(each.get("values", ()))
        form = {"In": "{} in ({})", "NotIn": "{} notin ({})", "Exists": "{}", "DoesNotExist": "!{}"}
        parts.append(form[each["operator"]].format(each["key"], values))
    return ",".join(parts)


def test_selectors_pick_what_the_api_server_picks(api_server: ApiServer, namespace: str) -> None:
    random = Random(5)
    labels = [
        {},
        *(
            {key: random.choice(VALUES) for key in random.sample(KEYS, random.randint(1, 3))}
            for _ in range(12)
        ),
    ]
    for number, each in enumerate(labels):
        made = pod(f"p{number}", namespace)
        made["metadata"]["labels"] = each
        del made["status"]
        api_server.api.create(made, namespace=namespace)
    for _ in range(150):
        selector = a_selector(random)
        listed = api_server.api.get(f"/api/v1/namespaces/{namespace}/pods", labelSelector=query(selector))
        picked = {item["metadata"]["name"] for item in listed["items"]}
        ours = msgspec.convert(selector, o.LabelSelector)
        assert {f"p{n}" for n, each in enumerate(labels) if selects(ours, each)} == picked, selector
        assert not selects_all(ours) or len(picked) == len(labels)


CASES: list[tuple[Doc, str | None]] = [
    ({}, None),
    ({"egress": []}, None),
    ({"egress": [{}]}, None),
    ({"ingress": [{}]}, None),
    ({"egress": [{}]}, "Ingress"),
    ({}, "Egress"),
    ({}, "Ingress Egress"),
]


def test_rules_63_to_65_types_are_filled_in_as_the_api_server_does(
    api_server: ApiServer, namespace: str
) -> None:
    for number, (rules, types) in enumerate(CASES):
        made = policy(f"p{number}", namespace=namespace, types=types, **rules)
        ours = directions(msgspec.convert(made["spec"], o.NetworkPolicySpec))
        stored = api_server.api.create(made, namespace=namespace)
        assert list(ours) == stored["spec"]["policyTypes"]
