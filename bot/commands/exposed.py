"""`exposed web/shop`: whether a workload is open to outside, by what publishes it and what guards it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from bot.answer import Answer, Table, Tone
from bot.commands import policies
from bot.errors import CommandError
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence
from checks.nearest import did_you_mean
from checks.network.addresses import PUBLIC
from checks.network.chain import Step
from checks.network.exposure import from_anywhere
from checks.network.groups import Group, groups
from checks.network.peers import Outside
from checks.network.policies import namespace_of
from checks.network.reach import Reach, reach, wanted_ports

KINDS = (*policies.KINDS, "Service", "Ingress")
_PUBLISHED = ("NodePort", "LoadBalancer")
_MOST_FACTS = 20


class IsExposed(Struct, frozen=True, tag=True):
    """Whether a workload or a Service (`NAMESPACE/NAME`, or a name that is there once) is open to outside."""

    name: str
    cluster: str | None = None

    @property
    def canonical(self) -> str:
        return f"exposed {self.name}" + (f" cluster={self.cluster}" if self.cluster else "")


class Way(Struct, frozen=True):
    """One way in from outside: through what, and the fact that makes it one."""

    through: str
    how: str
    fact: Evidence


def describe(command: IsExposed, snapshot: Snapshot) -> Answer:
    """Whether, by what and past which policies. Raises CommandError where nothing has that name."""
    found = _found(command, snapshot)
    ways = tuple(_ways(found, snapshot))
    outside = [
        reach(snapshot, Outside(PUBLIC[0]), each.peer, wanted_ports(each.peer, None, None)) for each in found
    ]
    let_in = any(each.allowed for each in outside)
    doubt = not let_in and any(each.unknown for each in outside)
    unread = [kind for kind in KINDS if snapshot.of(kind).gap]
    return Answer(
        command=command.canonical,
        verdict=_verdict(command.name, ways, let_in=let_in, doubt=doubt or bool(unread)),
        tone=Tone.BAD if ways and let_in else Tone.NEUTRAL if doubt or unread or let_in else Tone.GOOD,
        tables=tuple(table for table in (_published(ways), _guards(found, outside, snapshot)) if table.rows),
        evidence=(*(way.fact for way in ways), *policies.facts_of(_steps(outside)))[:_MOST_FACTS],
        caveats=(*_beside(found, snapshot), *policies.caveats(snapshot)),
        extra={
            "exposed": None if doubt or (unread and not ways) else bool(ways) and let_in,
            "published_by": [way.through for way in ways],
            "policies_let_in": None if doubt else let_in,
            "incomplete": bool(unread),
        },
    )


def _verdict(name: str, ways: tuple[Way, ...], *, let_in: bool, doubt: bool) -> str:
    through = ", ".join(way.through for way in ways[:3]) + (
        f" and {len(ways) - 3} more" if len(ways) > 3 else ""
    )
    if ways and let_in:
        return f"yes, {name} is exposed: {through} publishes it, and the policies let the Internet in."
    if doubt:
        known = f": {through} publishes it" if ways else ""
        return f"whether {name} is exposed cannot be told for certain{known}."
    if ways:
        return f"no, {through} publishes {name}, but the policies do not let the Internet in."
    guarded = "though the policies would let it in" if let_in else "and the policies would not let it in"
    return f"no, nothing of its own publishes {name} to the Internet, {guarded}."


def _found(command: IsExposed, snapshot: Snapshot) -> tuple[Group, ...]:
    """The pods of the workload, or those that the Service selects."""
    known = groups(snapshot)
    space, slash, name = command.name.casefold().rpartition("/")
    here = [each for each in known if not slash or each.workload.namespace == space]
    called = [each for each in here if each.workload.name.casefold() == name]
    if not called:
        for service in snapshot.all(o.Service):
            if service.metadata.name == name and (not slash or namespace_of(service) == space):
                called += [each for each in here if _selects(service, each)]
    if not called:
        there = sorted({f"{each.workload.namespace}/{each.workload.name}" for each in known})
        raise CommandError(
            f"There is no workload or Service with pods called {command.name[:80]}.",
            f"{did_you_mean(command.name.casefold(), there)}Name it as NAMESPACE/NAME.",
        )
    places = sorted({str(each.workload.namespace) for each in called})
    if len(places) > 1:
        raise CommandError(
            f"There is a {name[:80]} in more than one namespace: {', '.join(places[:5])}.",
            f"Say which, for example exposed {places[0]}/{name[:80]}.",
        )
    return tuple(called)


def _selects(service: o.Service, group: Group) -> bool:
    selector = service.spec.selector
    if not selector or namespace_of(service) != group.workload.namespace:
        return False
    return selector.items() <= group.peer.labels.items()


def _ways(found: tuple[Group, ...], snapshot: Snapshot) -> Iterator[Way]:
    for service in snapshot.all(o.Service):
        spec, meta = service.spec, service.metadata
        if not any(_selects(service, each) for each in found):
            continue
        if spec.type in _PUBLISHED or spec.external_ips:
            how = f"of type {spec.type}" if spec.type in _PUBLISHED else "with external IPs"
            if spec.type == "LoadBalancer" and spec.load_balancer_source_ranges:
                how += f", only from {', '.join(spec.load_balancer_source_ranges[:5])}"
            path = "spec.type" if spec.type in _PUBLISHED else "spec.externalIPs"
            observed = spec.type if spec.type in _PUBLISHED else list(spec.external_ips or ())
            fact = Evidence(
                path, observed, "ClusterIP", str(service.resource), meta.uid, meta.resource_version
            )
            yield Way(f"Service {meta.name}", how, fact)
    if any(each.peer.on_node_network for each in found):
        fact = Evidence("spec.hostNetwork", True, "false", str(found[0].workload))
        yield Way("its node", "its pods are on their node's network, where no policy is for them", fact)


def _published(ways: tuple[Way, ...]) -> Table:
    rows = tuple((way.through, way.how) for way in ways)
    return Table("Published by", ("What", "How"), rows, code=("What",))


def _guards(found: tuple[Group, ...], outside: list[Reach], snapshot: Snapshot) -> Table:
    """What the policies let in, from the Internet and from a pod that no rule names."""
    rows = tuple(
        dict.fromkeys(
            (
                each.peer.name,
                str(internet.allowed),
                "all ports" if each.peer.on_node_network else str(from_anywhere(snapshot, each.peer).allowed),
            )
            for each, internet in zip(found, outside, strict=True)
        )
    )
    return Table(
        "Let in by the policies", ("Pod", "From the Internet", "From any namespace"), rows, code=("Pod",)
    )


def _steps(outside: list[Reach]) -> Iterator[Step]:
    for each in outside:
        for side in each.sides:
            yield from side.decision.steps if side.decision else ()


def _beside(found: tuple[Group, ...], snapshot: Snapshot) -> Iterator[str]:
    """Ingresses and routes lead to Services by names that are not read."""
    space = found[0].workload.namespace
    count = sum(namespace_of(each) == space for each in snapshot.all(o.Ingress))
    if count:
        yield f"{space} has {count} {'Ingress' if count == 1 else 'Ingresses'}; where they lead is not read."
