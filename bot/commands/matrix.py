"""`matrix`: who may talk to whom on which ports, workload by workload, into and out of a namespace.

Workloads that are alike in it share a row, and whoever may do the same is named together, so that an open
namespace is one line and a segmented one a line for each rule that lets somebody through.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from bot.answer import Answer, Table, Tone
from bot.commands.policies import KINDS, caveats, facts_of
from bot.errors import CommandError
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Resource
from checks.network.addresses import PUBLIC
from checks.network.groups import by_workload
from checks.network.matrix import INTERNET, Flow, Matrix, matrix
from checks.network.ports import Ports

_MOST_ROWS = 200
_MOST_FLOWS = 5_000
_MOST_NAMED = 4
_MOST_FACTS = 40
_MOST_DOUBTS = 10
_NO_PORT = "no port"
Ends = Callable[[Flow], tuple[Resource, Resource]]
"""Of a flow, the workload that a row is about, and the other."""


class ShowMatrix(Struct, frozen=True, tag=True):
    """The matrix of a namespace; of the whole cluster where none is named."""

    namespace: str = ""
    cluster: str | None = None

    @property
    def canonical(self) -> str:
        where = f"cluster={self.cluster}" if self.cluster else ""
        return " ".join(word for word in ("matrix", self.namespace, where) if word)


def describe(command: ShowMatrix, snapshot: Snapshot) -> Answer:
    """The answer from a snapshot. Raises CommandError for a namespace that is not there."""
    unread = [kind for kind in KINDS if not snapshot.saw(kind)]
    namespace = command.namespace.casefold()
    if not unread:
        _expect(snapshot, namespace)
    found = matrix(snapshot, namespace or None)
    verdict = _verdict(found, namespace)
    if unread:
        verdict = f"Not certain, because {', '.join(unread)} could not be read. From the rest: {verdict}"
    return Answer(
        command=command.canonical,
        verdict=verdict,
        tone=Tone.NEUTRAL,
        tables=tuple(_tables(found, namespace)),
        evidence=tuple(facts_of(found.steps))[:_MOST_FACTS],
        caveats=(*caveats(snapshot), *_caveats(found)),
        extra={"matrix": _published(found, namespace), "incomplete": bool(unread)},
    )


def _expect(snapshot: Snapshot, namespace: str) -> None:
    known = {each.metadata.name for each in snapshot.all(o.Namespace)}
    used = {found[0].workload.namespace or "" for found in by_workload(snapshot).values()}
    if namespace and namespace not in known | used:
        raise CommandError(
            f"There is no namespace called {namespace[:80]}.",
            f"Name one that has workloads, for example {min(used, default='default')}.",
        )


def _verdict(found: Matrix, namespace: str) -> str:
    open_ = sum(bool(flow.allowed) for flow in found.flows)
    unknown = sum(not flow.allowed for flow in found.flows)
    more = f"; of {unknown} it is not known" if unknown else ""
    count = f"{open_} of {found.pairs} pairs may talk on some port{more}"
    clipped = f" Only the first {len(found.workloads)} were asked about, {found.left_out} were not."
    where = f"{namespace} has" if namespace else "there are"
    total = len(found.workloads) + found.left_out
    words = "1 workload" if total == 1 else f"{total} workloads"
    return f"{where} {words}; {count}.{clipped if found.left_out else ''}"


def _tables(found: Matrix, namespace: str) -> Iterator[Table]:
    places = set(found.workloads)
    into = [flow for flow in found.flows if flow.destination in places]
    title = f"Into {namespace}" if namespace else "Who reaches whom"
    yield _table(found, title, ("To", "Ports", "From"), _to, into)
    if namespace:
        out = [flow for flow in found.flows if flow.destination.namespace != namespace]
        yield _table(found, f"Out of {namespace}", ("From", "Ports", "To"), _from, out)


def _to(flow: Flow) -> tuple[Resource, Resource]:
    return flow.destination, flow.source


def _from(flow: Flow) -> tuple[Resource, Resource]:
    return flow.source, flow.destination


def _table(
    found: Matrix, title: str, columns: tuple[str, str, str], ends: Ends, flows: Iterable[Flow]
) -> Table:
    """One row for each set of ports and partners, with all the workloads that have them."""
    reached = {workload: dict[str, list[Resource]]() for workload in found.workloads}
    for flow in flows:
        own, other = ends(flow)
        for ports in _ports(flow):
            reached[own].setdefault(ports, []).append(other)
    alike: dict[tuple[str, tuple[Resource, ...]], list[Resource]] = {}
    for own, by_ports in reached.items():
        for ports, others in by_ports.items() or ((_NO_PORT, []),):
            alike.setdefault((ports, tuple(others)), []).append(own)
    namer = _Namer(found.others)
    ordered = sorted(alike.items(), key=lambda each: (-len(each[0][1]), each[0][0], str(each[1][0])))
    rows = tuple((namer(owns), ports, namer(others)) for (ports, others), owns in ordered[:_MOST_ROWS])
    return Table(title, columns, rows, total=len(ordered), code=(columns[0], columns[2]))


def _ports(flow: Flow) -> Iterator[str]:
    if flow.allowed:
        yield str(flow.allowed)
    if flow.unknown:
        yield f"{flow.unknown}: not known"


class _Namer:
    """Names many workloads in few words: everybody, all of a namespace, or some and how many more."""

    def __init__(self, everybody: tuple[Resource, ...]) -> None:
        self._everybody = frozenset(everybody)
        self._sizes = Counter(each.namespace for each in everybody)

    def __call__(self, several: Sequence[Resource]) -> str:
        chosen = frozenset(several)
        if not chosen:
            return "nobody"
        if chosen == self._everybody:
            return "everybody, the Internet too"
        if chosen == self._everybody - {INTERNET}:
            return f"every workload ({len(chosen)})"
        parts = list(self._parts(several))
        more = sum(size for _, size in parts[_MOST_NAMED:])
        named = ", ".join(text for text, _ in parts[:_MOST_NAMED])
        return f"{named} and {more} more" if more else named

    def _parts(self, several: Sequence[Resource]) -> Iterator[tuple[str, int]]:
        by_namespace: dict[str | None, list[Resource]] = {}
        for each in several:
            by_namespace.setdefault(each.namespace, []).append(each)
        for namespace in sorted(by_namespace, key=lambda name: (name is None, name or "")):
            those = by_namespace[namespace]
            if 1 < len(those) == self._sizes[namespace]:
                yield f"all of {namespace} ({len(those)})", len(those)
            else:
                yield from ((f"{namespace}/{each.name}" if namespace else each.name, 1) for each in those)


def _caveats(found: Matrix) -> Iterator[str]:
    if found.on_node:
        names = ", ".join(f"{each.namespace}/{each.name}" for each in found.on_node[:_MOST_NAMED])
        more = f" and {len(found.on_node) - _MOST_NAMED} more" if len(found.on_node) > _MOST_NAMED else ""
        yield f"On their node's network, where no policy is for them: {names}{more}."
    yield f"The Internet stands for one public address, {PUBLIC[0]}; rules for single addresses may differ."
    doubts = dict.fromkeys(
        f"{step.rule.policy.resource} ({step.rule.path}): {step.rule.doubt}."
        for step in found.steps
        if step.rule.doubt
    )
    yield from list(doubts)[:_MOST_DOUBTS]


def _published(found: Matrix, namespace: str) -> dict[str, Any]:
    return {
        "namespace": namespace or None,
        "workloads": len(found.workloads),
        "left_out": found.left_out,
        "pairs": found.pairs,
        "flows": [
            {
                "from": _name(flow.source),
                "to": _name(flow.destination),
                "allowed": _ranges(flow.allowed),
                "unknown": _ranges(flow.unknown),
            }
            for flow in found.flows[:_MOST_FLOWS]
        ],
        "total": len(found.flows),
    }


def _name(workload: Resource) -> dict[str, str | None]:
    return {"kind": workload.kind, "namespace": workload.namespace, "name": workload.name}


def _ranges(ports: Ports) -> list[dict[str, str | int]]:
    return [{"protocol": protocol, "first": first, "last": last} for protocol, first, last in ports.ranges]
