"""Who may talk to whom on which ports, workload by workload: what micro-segmentation comes to.

Of a namespace: everybody into it, and from it to everybody. Of the whole cluster: everybody to everybody.
Each pair is asked of the reachability engine; how many are asked is limited, and what is left out is counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from checks.cluster.snapshot import Snapshot
from checks.model import Resource
from checks.network.addresses import PUBLIC
from checks.network.chain import Step
from checks.network.groups import Group, by_workload
from checks.network.peers import Endpoint, Outside
from checks.network.ports import NONE, Ports
from checks.network.reach import reached

MOST_PAIRS = 200_000
INTERNET = Resource("", "Internet", None, "the Internet")
"""What stands for every address that is nobody's in the cluster: one public address is asked about."""


class Flow(Struct, frozen=True, gc=False):
    """From one workload to another: the ports that some of its pods may use, and those of which it is not
    known."""

    source: Resource
    destination: Resource
    allowed: Ports
    unknown: Ports


class Matrix(Struct, frozen=True):
    """The flows that are there, or may be. `workloads` were asked about, `left_out` more were not.

    `pairs`: how many were asked. `others`: every workload of the cluster, and the Internet. `on_node`: those
    of the workloads with pods on their node's network, for which no policy is. `steps`: rules that decided.
    """

    workloads: tuple[Resource, ...]
    left_out: int
    others: tuple[Resource, ...]
    pairs: int
    flows: tuple[Flow, ...]
    steps: tuple[Step, ...] = ()
    on_node: tuple[Resource, ...] = ()


def matrix(snapshot: Snapshot, namespace: str | None = None, most_pairs: int = MOST_PAIRS) -> Matrix:
    """The matrix of a namespace, or of the whole cluster, workloads by kind, namespace and name."""
    every = [_Place(found[0].workload, _ends(found)) for found in by_workload(snapshot).values()]
    every.sort(key=lambda place: _order(place.workload))
    everybody = [*every, _Place(INTERNET, (Outside(PUBLIC[0]),))]
    own = [place for place in every if namespace in (None, place.workload.namespace)]
    each = 2 * len(everybody) if namespace is not None else len(everybody)
    asked = own[: max(1, most_pairs // each)]
    found = _Found(snapshot)
    for place in asked:
        for other in everybody:
            found.ask(other, place)
        if namespace is not None:
            for other in everybody:
                if other.workload.namespace != namespace:
                    found.ask(place, other)
    return Matrix(
        tuple(place.workload for place in asked),
        len(own) - len(asked),
        tuple(place.workload for place in everybody),
        found.pairs,
        tuple(found.flows),
        tuple(found.steps.values()),
        tuple(place.workload for place in asked if any(map(_on_node, place.ends))),
    )


class _Place(Struct, frozen=True):
    workload: Resource
    ends: tuple[Endpoint, ...]


def _ends(found: Sequence[Group]) -> tuple[Endpoint, ...]:
    return tuple(group.peer for group in found)


def _order(workload: Resource) -> tuple[str, str, str]:
    return (workload.namespace or "", workload.name, workload.kind)


class _Found:
    """What was asked so far: the flows, and each rule that decided one."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.pairs = 0
        self.flows: list[Flow] = []
        self.steps: dict[tuple[int, str], Step] = {}

    def ask(self, source: _Place, destination: _Place) -> None:
        """Whether one workload reaches another: some pod of it some pod of the other, never itself."""
        self.pairs += 1
        may, perhaps = NONE, NONE
        for one, other in _pairs(source, destination):
            allowed, unknown, steps = reached(self._snapshot, one, other)
            may |= allowed
            perhaps |= unknown
            for step in steps if allowed or unknown else ():
                self.steps.setdefault((id(step.rule.policy), step.rule.path), step)
        if may or perhaps:
            self.flows.append(Flow(source.workload, destination.workload, may, perhaps - may))


def _pairs(source: _Place, destination: _Place) -> Iterator[tuple[Endpoint, Endpoint]]:
    for one in source.ends:
        for other in destination.ends:
            if one is other and not isinstance(one, Outside):
                yield replace(one, name=f"{one.name} (another)"), other
            else:
                yield one, other


def _on_node(end: Endpoint) -> bool:
    return not isinstance(end, Outside) and end.on_node_network
