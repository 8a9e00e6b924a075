"""Many policies of one cluster are judged in a time that grows with their number, not with its square."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from checks.model import Status, Theme
from checks.network.chain import Match
from checks.network.stages import _by_priority
from checks.registry import all_checks
from tests.checks.network.network_objects import Doc, pod
from tests.harness.fixture_snapshot import snapshot_of


def test_thousands_of_policies_of_one_priority_take_no_time() -> None:
    policies: Any = tuple(
        (SimpleNamespace(position=(1, number), rules=()), Match.YES) for number in range(20_000)
    )
    started = time.monotonic()
    assert list(_by_priority(policies)) == []
    assert time.monotonic() - started < 5


def cluster_network_policy(number: int) -> Doc:
    theirs = {"namespaces": {"matchLabels": {"env": "dev"}}}
    subject: Doc = {"namespaces": {"matchLabels": {"team": f"t{number % 50}"}} if number % 2 else {}}
    spec = {
        "tier": "Admin",
        "priority": number,
        "subject": subject,
        "ingress": [{"action": "Deny", "from": [theirs]}],
        "egress": [{"action": "Deny", "to": [theirs]}],
    }
    return _wide("ClusterNetworkPolicy", "policy.networking.k8s.io/v1alpha2", number, spec)


def cilium(number: int) -> Doc:
    chosen = {"matchExpressions": [{"key": "app", "operator": "In", "values": [f"a{number}", "web"]}]}
    spec: Doc = {"endpointSelector": chosen, "ingress": [{}], "egress": [{"toEntities": ["world"]}]}
    return _wide("CiliumClusterwideNetworkPolicy", "cilium.io/v2", number, spec)


def calico(number: int) -> Doc:
    spec: Doc = {
        "selector": f"app == 'a{number}' || has(web)",
        "namespaceSelector": f"team in {{'t{number % 50}', 't1'}}",
        "types": ["Ingress", "Egress"],
        "ingress": [{"action": "Allow", "source": {"selector": "app == 'front'"}}],
    }
    return _wide("GlobalNetworkPolicy", "crd.projectcalico.org/v1", number, spec)


def _wide(kind: str, version: str, number: int, spec: Doc) -> Doc:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": f"w{number}"}, "spec": spec}


@pytest.mark.parametrize("policy", [cluster_network_policy, cilium, calico])
def test_three_thousand_namespaces_and_three_hundred_policies_for_the_whole_cluster(
    policy: Callable[[int], Doc],
) -> None:
    """It took 36 s when each policy was asked about each namespace."""
    docs: list[Doc] = [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "name": f"n{number}",
                "labels": {"team": f"t{number % 50}", "env": "dev" if number % 3 else "prod"},
            },
        }
        for number in range(3_000)
    ]
    docs += [pod(f"p{number}", f"n{number}", app=f"a{number}") for number in range(3_000)]
    docs += [policy(number) for number in range(300)]
    snapshot = snapshot_of(*docs)
    started = time.process_time()
    found = [
        verdict for each in all_checks() if each.theme is Theme.NETWORK for verdict in each.function(snapshot)
    ]
    assert time.process_time() - started < 4
    assert len(found) > 15_000
    assert not [each for each in found if each.status is Status.ERROR]
