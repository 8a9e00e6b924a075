"""`reach`: whether one pod gets to another, who gets to a workload, what a workload gets to, who is closed.

The answer is what the policies say. Whether the network plugin enforces them is said as a caveat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from bot.answer import Answer, Table, Tone
from bot.commands.policies import KINDS, caveats, facts_of
from bot.errors import CommandError
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence
from checks.nearest import did_you_mean
from checks.network.addresses import METADATA, PUBLIC, address
from checks.network.chain import Step
from checks.network.groups import groups
from checks.network.isolation import isolation, namespaces
from checks.network.peers import Endpoint, Outside, Peer, peers
from checks.network.policies import Direction
from checks.network.ports import Ports
from checks.network.reach import Outcome, Reach, on_node_network, reach, wanted_ports
from checks.wording import some

ANYBODY = "any"
_MOST_ROWS = 200
_MOST_FACTS = 40
_SOME = 3
_MANY = 5
"""From so many on, those of whom the same is said share a row."""


class CanReach(Struct, frozen=True, tag=True):
    """Whether `source` reaches `destination` (`NAMESPACE/NAME` or an address), `any` for whoever does.

    Both `any`: which namespaces are closed by default. `port` as `443`, `53/UDP` or a name; empty for any.
    """

    source: str = ANYBODY
    destination: str = ANYBODY
    port: str = ""
    cluster: str | None = None

    @property
    def canonical(self) -> str:
        words = ["reach", self.source, self.destination, self.port]
        where = f"cluster={self.cluster}" if self.cluster else ""
        return " ".join(word for word in (*words, where) if word)


def describe(command: CanReach, snapshot: Snapshot) -> Answer:
    """The answer from a snapshot. Raises CommandError for a workload there is not."""
    unread = [kind for kind in KINDS if not snapshot.saw(kind)]
    if command.source == command.destination == ANYBODY:
        verdict, tables, facts = _closed(snapshot)
        outcome = None
    else:
        found = _answers(snapshot, command)
        verdict, outcome = _verdict(command, found), _together(found).value
        tables, facts = (_table(found),), tuple(facts_of(_steps(found)))[:_MOST_FACTS]
    if unread:
        verdict = f"Not certain, because {', '.join(unread)} could not be read. From the rest: {verdict}"
    return Answer(
        command=command.canonical,
        verdict=verdict,
        tone=Tone.NEUTRAL,
        tables=tables,
        evidence=facts,
        caveats=(*caveats(snapshot), *(_notes(found) if outcome else ())),
        extra={"outcome": outcome, "incomplete": bool(unread)},
    )


def _answers(snapshot: Snapshot, command: CanReach) -> tuple[Reach, ...]:
    sources, destinations = _ends(snapshot, command.source), _ends(snapshot, command.destination)
    any_one = ANYBODY in (command.source, command.destination)
    asked = tuple(
        reach(snapshot, _another(source, destination), destination, _wanted(destination, command.port))
        for source in sources
        for destination in destinations
        if not (any_one and source == destination)
        and not (isinstance(source, Outside) and isinstance(destination, Outside))
    )
    if not asked:
        raise CommandError(
            "Neither end is a pod of this cluster.", "Name a workload as NAMESPACE/NAME for one of them."
        )
    return asked


def _another(source: Endpoint, destination: Endpoint) -> Endpoint:
    """Asked about a workload and itself, two of its pods are meant: one always reaches itself."""
    if isinstance(source, Outside) or source != destination:
        return source
    return replace(source, name=f"{source.name} (another)")


def _wanted(destination: Endpoint, port: str) -> Ports:
    text, _, protocol = port.partition("/")
    number = int(text) if text.isdigit() else text or None
    return wanted_ports(destination, number, protocol.upper() or None)


def _ends(snapshot: Snapshot, name: str) -> tuple[Endpoint, ...]:
    """The pods or addresses that a name stands for. Raises CommandError for none, or for too many."""
    plain = name.casefold()
    if plain in ("internet", "the internet"):
        return (Outside(PUBLIC[0]),)
    if plain in ("metadata", "the metadata address"):
        return tuple(Outside(each) for each in METADATA)
    if address(plain) is not None:
        return (Outside(plain),)
    known = groups(snapshot)
    if name == ANYBODY:
        return (*(each.peer for each in known), Outside(PUBLIC[0]))
    namespace, slash, short = plain.rpartition("/")
    pods = (peer for listed in peers(snapshot).values() for peer in listed)
    named = [peer for peer in pods if peer.name.partition(" ")[2].casefold() == short]
    named = named or [each.peer for each in known if each.workload.name.casefold() == short]
    named = [peer for peer in named if not slash or peer.namespace == namespace]
    places = sorted({peer.namespace for peer in named})
    if not named:
        there = sorted({f"{each.workload.namespace}/{each.workload.name}" for each in known})
        raise CommandError(
            f"There is no workload or pod called {name[:80]} that has traffic now.",
            f"{did_you_mean(plain, there)}Name it as NAMESPACE/NAME, or give an address, `internet` or "
            "`metadata`.",
        )
    if len(places) > 1:
        raise CommandError(
            f"There is a {short[:80]} in more than one namespace: {', '.join(places[:5])}.",
            f"Say which, for example {places[0]}/{short[:80]}.",
        )
    return tuple(named)


def _together(found: tuple[Reach, ...]) -> Outcome:
    outcomes = {each.outcome for each in found}
    return outcomes.pop() if len(outcomes) == 1 else Outcome.SOME if outcomes else Outcome.DENIED


def _verdict(command: CanReach, found: tuple[Reach, ...]) -> str:
    where = f" on port {command.port}" if command.port else ""
    unknown = [each for each in found if each.unknown and not each.allowed]
    more = f"; of {len(unknown)} more it is not known" if unknown else ""
    if command.source == ANYBODY:
        counted = _counted(found, lambda each: each.source)
        return f"{counted} may reach {command.destination}{where}{more}."
    if command.destination == ANYBODY:
        counted = _counted(found, lambda each: each.destination)
        return f"{command.source} may reach {counted}{where}{more}."
    pair = f"{command.source} reaches {command.destination}{where}"
    match _together(found):
        case Outcome.ALLOWED:
            return f"yes, {pair}."
        case Outcome.DENIED:
            return f"no, the policies do not let it: {pair} is denied."
        case Outcome.UNKNOWN:
            return f"whether {pair} cannot be told: a rule that matters is not modelled, or a fact not known."
        case Outcome.SOME:
            allowed = dict.fromkeys(str(each.allowed) for each in found if each.allowed)
            return f"{pair} in part: {'; '.join(allowed) or 'it is not known where'}."


def _counted(found: tuple[Reach, ...], other: Callable[[Reach], Endpoint]) -> str:
    """How many workloads, and whether the Internet, at the other end."""
    inside = [each for each in found if isinstance(other(each), Peer)]
    internet = any(each.allowed for each in found if not isinstance(other(each), Peer))
    may = sum(bool(each.allowed) for each in inside)
    return f"{may} of {len(inside)} workloads {'and' if internet else 'but not'} the Internet"


def _table(found: tuple[Reach, ...]) -> Table:
    ranked = sorted(found, key=lambda each: (not each.allowed, not each.unknown))
    rows: tuple[tuple[str, ...], ...] = tuple(
        (
            _named(each.source),
            _named(each.destination),
            each.outcome.value,
            str(each.allowed),
            "; ".join(dict.fromkeys(_why(each))) or "no policy is for either end",
        )
        for each in ranked[:_MOST_ROWS]
    )
    columns: tuple[str, ...] = ("From", "To", "Verdict", "Allowed", "Decided by")
    alike = [place for place in (0, 1) if len(rows) > 1 and len({row[place] for row in rows}) == 1]
    title = "Who reaches whom"
    if alike:
        title = f"Who reaches {rows[0][1]}" if alike == [1] else f"What {rows[0][0]} reaches"
        rows = _grouped(_without(row, alike[0]) for row in rows)
        columns = _without(columns, alike[0])
    total = len(rows) + max(0, len(found) - _MOST_ROWS)
    return Table(title, columns, rows, total=total, code=("From", "To"))


def _grouped(rows: Iterable[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """One row for many whom the same is said of."""
    names: dict[tuple[str, ...], list[str]] = {}
    for name, *said in rows:
        names.setdefault(tuple(said), []).append(name)
    return tuple(
        (name, *said)
        for said, those in names.items()
        for name in (those if len(those) < _MANY else [some(those, _SOME)])
    )


def _without(row: tuple[str, ...], place: int) -> tuple[str, ...]:
    return row[:place] + row[place + 1 :]


def _named(end: Endpoint) -> str:
    return f"Internet ({end})" if isinstance(end, Outside) and end.address == PUBLIC[0] else str(end)


def _why(found: Reach) -> Iterator[str]:
    for side in found.sides:
        for step in side.decision.steps if side.decision else ():
            policy = step.rule.policy.metadata
            sure = "" if step.sure else " maybe"
            where = f"{policy.namespace}/{policy.name}" if policy.namespace else policy.name
            yield f"{where} {step.rule.path}{sure} {step.rule.action.value}"


def _steps(found: tuple[Reach, ...]) -> Iterator[Step]:
    sides = (side for each in found for side in each.sides)
    return (step for side in sides if side.decision for step in side.decision.steps)


def _notes(found: tuple[Reach, ...]) -> tuple[str, ...]:
    """What each pair has to be said of, once; pods on the network of their nodes together."""
    ends = dict.fromkeys(str(end) for each in found for end in (each.source, each.destination) if _outer(end))
    more = f" and {len(ends) - _SOME} more" if len(ends) > _SOME else ""
    together = [on_node_network(f"{', '.join(list(ends)[:_SOME])}{more}")] if ends else []
    single = {on_node_network(each) for each in ends}
    notes = dict.fromkeys(note for each in found for note in each.notes if note not in single)
    return (*together, *notes)[:10]


def _outer(end: Endpoint) -> bool:
    return isinstance(end, Peer) and end.on_node_network


def _closed(snapshot: Snapshot) -> tuple[str, tuple[Table, ...], tuple[Evidence, ...]]:
    rows, open_ones, facts = [], 0, []
    for namespace in namespaces(snapshot):
        name = namespace.metadata.name
        both = [isolation(snapshot, name, direction) for direction in Direction]
        rows.append((name, *(each.isolation.value for each in both)))
        open_ones += any(each.isolation.value not in ("canonical", "isolating") for each in both)
        facts += [
            Evidence(
                f"spec.{each.direction.lower()}", each.isolation.value, "closed", str(policy.policy.resource)
            )
            for each in both
            for policy in each.deciding[:2]
        ]
    table = Table(
        "Default deny by namespace",
        ("Namespace", "Ingress", "Egress"),
        tuple(sorted(rows, key=lambda row: (row[1:] == ("canonical", "canonical"), row))),
        code=("Namespace",),
    )
    verdict = f"{open_ones} of {len(rows)} namespaces lack a default deny in one direction or both."
    return verdict, (table,), tuple(facts[:_MOST_FACTS])
