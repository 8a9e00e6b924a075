"""What the second readings of Cilium's and Calico's policies share: worlds, documents, and the comparison."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from checks.network.peers import Endpoint, Outside, peers
from checks.network.reach import Outcome, reach, wanted_ports
from tests.checks.network.network_objects import policy
from tests.checks.network.test_reach_oracle import ASKED, OUTSIDE, PODS, POLICIES, SPACES, Doc, Judge, world
from tests.harness.fixture_snapshot import snapshot_of

IN_SPACE = st.sampled_from(sorted(SPACES))
MOST = 2
PLAIN = st.one_of(
    POLICIES,
    st.builds(
        lambda space: policy("p", {}, space, types="Ingress Egress", ingress=[{}], egress=[{}]), IN_SPACE
    ),
)
"""NetworkPolicies beside them: any, and often one that opens a namespace."""


def some(what: st.SearchStrategy[Any], least: int = 1) -> st.SearchStrategy[list[Any]]:
    """One or two of these."""
    return st.lists(what, min_size=least, max_size=MOST)


def document(kind: str, version: str, spec: Doc, namespace: str | None = None) -> Doc:
    """A policy of a kind that is not Kubernetes' own."""
    metadata: Doc = {"name": "p"} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def agree(docs: list[Doc], judge: Judge, *, outside_unknown: bool) -> None:
    """Every connection of the world. What labels an outside address has in Calico is not known."""
    snapshot = snapshot_of(*world(), *docs)
    found = {(each.namespace, each.name): each for listed in peers(snapshot).values() for each in listed}
    known: list[tuple[Any, Endpoint]] = [(ip, Outside(ip)) for ip in OUTSIDE]
    for namespace, listed in PODS.items():
        known += [((namespace, *each), found[(namespace, f"Pod {each[0]}")]) for each in listed]
    for here, source in known:
        for there, destination in known:
            outside = isinstance(here, str) or isinstance(there, str)
            if isinstance(here, str) and isinstance(there, str):
                continue
            for protocol, port in ASKED:
                answer = reach(
                    snapshot, source, destination, wanted_ports(destination, port, protocol)
                ).outcome
                if outside and outside_unknown and answer is Outcome.UNKNOWN:
                    continue
                expected = judge.allows(here, there, protocol, port)
                assert answer is (Outcome.ALLOWED if expected else Outcome.DENIED), (
                    here,
                    there,
                    protocol,
                    port,
                )
