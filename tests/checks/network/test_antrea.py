"""Antrea's policies leave open what they could change, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from checks.network.peers import peers
from checks.network.reach import Outcome, reach, wanted_ports
from tests.checks.network.network_objects import Doc, only, pod, policy
from tests.harness.fixture_snapshot import snapshot_of

SHOP, FRONT, DB = pod("shop", app="shop"), pod("front", app="front"), pod("db", "data", app="db")


def antrea(namespace: str | None = "web", tier: str | None = None, **rules: Any) -> Doc:
    kind = "NetworkPolicy" if namespace else "ClusterNetworkPolicy"
    meta = {"name": "a", "namespace": namespace} if namespace else {"name": "a"}
    spec = {"priority": 5, "tier": tier, "appliedTo": [{"podSelector": {}}], **rules}
    return {"apiVersion": "crd.antrea.io/v1beta1", "kind": kind, "metadata": meta, "spec": spec}


def outcome(*policies: Doc, to: str = "shop") -> Outcome:
    snapshot = snapshot_of(SHOP, FRONT, DB, *policies)
    found = {each.name.partition(" ")[2]: each for listed in peers(snapshot).values() for each in listed}
    wanted = wanted_ports(found[to], 80, None)
    return reach(snapshot, found["front"], found[to], wanted).outcome


DENY = policy("deny", only(app="shop"), types="Ingress")


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        ((antrea(ingress=[{"action": "Drop"}]),), Outcome.UNKNOWN),
        ((antrea(ingress=[{"action": "Allow"}]),), Outcome.ALLOWED),
        ((antrea(ingress=[{"action": "Pass"}]),), Outcome.ALLOWED),
        ((antrea(ingress=[{"action": "Allow"}]), DENY), Outcome.UNKNOWN),
        ((antrea(ingress=[{"action": "Drop"}]), DENY), Outcome.DENIED),
        ((antrea(ingress=[{"action": "Pass"}]), DENY), Outcome.DENIED),
        ((antrea(tier="baseline", ingress=[{"action": "Allow"}]), DENY), Outcome.DENIED),
        ((antrea(tier="Baseline", ingress=[{"action": "Reject"}]),), Outcome.UNKNOWN),
        ((antrea(egress=[{"action": "Drop"}]),), Outcome.UNKNOWN),
        ((antrea("data", ingress=[{"action": "Drop"}]),), Outcome.ALLOWED),
        ((antrea(None, ingress=[{"action": "Drop"}]),), Outcome.UNKNOWN),
        ((antrea(ingress=[]),), Outcome.ALLOWED),
    ],
)
def test_what_it_could_change_is_unknown(policies: tuple[Doc, ...], expected: Outcome) -> None:
    assert outcome(*policies) is expected
