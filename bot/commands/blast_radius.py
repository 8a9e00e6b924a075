"""`blast-radius`: what somebody inside a pod could do, the verdict first for whoever is on call."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from msgspec import Struct

from bot.answer import Answer, Table, Tone
from bot.commands import held, rights, ways
from bot.commands.escalate import KINDS as ESCALATE
from bot.commands.policies import KINDS as POLICIES
from bot.errors import CommandError
from checks.access.engine import HeldRule, subject_rules
from checks.access.escalation.estate import KINDS as ESTATE
from checks.access.escalation.ways import holds
from checks.blast.neighbours import CLOUD_METADATA, INTERNET
from checks.blast.radius import Blast, Inside, blast, pods_called, workloads_called
from checks.cluster.snapshot import Snapshot
from checks.model import Resource
from checks.network.plugin import plugin
from checks.wording import plural
from checks.workloads import workloads

KINDS = tuple(dict.fromkeys((*ESCALATE, *POLICIES)))
_MOST_WAYS = 3
_POD = "pod"


class BlastRadius(Struct, frozen=True, tag=True):
    """What somebody inside `name` (NAMESPACE/NAME) could do; `kind` is `pod`, a workload's kind, or empty."""

    name: str
    kind: str = ""
    cluster: str | None = None

    @property
    def canonical(self) -> str:
        where = f"cluster={self.cluster}" if self.cluster else ""
        return " ".join(word for word in ("blast-radius", self.kind, self.name, where) if word)


class NeighbourDocument(Struct, frozen=True):
    """Somebody whom the pod may talk to; `sure` is false where a rule that matters is not understood."""

    who: str
    ports: str
    sure: bool


def describe(command: BlastRadius, snapshot: Snapshot) -> Answer:
    """The answer from a snapshot. Raises CommandError for a pod or workload that there is not."""
    target, inside = _found(command, snapshot)
    found = blast(snapshot, target, inside)
    account = found.account if any(each.seat.token for each in inside) else None
    verified = bool(found.cut.remove) and account is not None and holds(snapshot, found.cut.remove, [account])
    chains = found.cut.chains or found.cut.stuck
    rules = subject_rules(snapshot, account) if account else ()
    unread = [kind for kind in dict.fromkeys((*ESTATE, "NetworkPolicy")) if not snapshot.saw(kind)]
    tables = (
        _glance(found, rules),
        ways.ways_table(chains, _MOST_WAYS, "Ways to cluster-admin"),
        ways.cut_table(found.cut),
        ways.becomes_table(found.becomes),
        *held.tables(rules, full=False),
        _given(found),
        _neighbours(found),
    )
    verdict = _verdict(found, rules, verified=verified)
    if unread:
        verdict = f"Not complete, because {', '.join(unread)} could not be read. From the rest: {verdict}"
    return Answer(
        command=command.canonical,
        verdict=verdict,
        tone=Tone.BAD if found.way or found.breaks_out else Tone.NEUTRAL,
        tables=tuple(table for table in tables if table.rows),
        evidence=(*found.host, *ways.facts(snapshot, chains[:_MOST_WAYS])),
        caveats=(*_network(snapshot), *ways.not_covered(snapshot, unread)),
        extra={
            "target": found.target,
            "service_account": found.account,
            "token": found.token,
            "cloud_identities": found.cloud,
            "nodes": found.nodes,
            "acts": found.way.acts if found.way else None,
            "ways": ways.ways_as_data(chains),
            "cut": ways.cut_as_data(found.cut, verified=verified),
            "becomes": ways.becomes_as_data(found.becomes),
            "host": found.host,
            "breaks_out": found.breaks_out,
            "given": found.given,
            "neighbours": tuple(
                NeighbourDocument(each.who, str(each.ports), each.sure) for each in found.neighbours
            ),
            "incomplete": bool(unread),
        },
    )


def _found(command: BlastRadius, snapshot: Snapshot) -> tuple[Resource, tuple[Inside, ...]]:
    namespace, slash, name = command.name.partition("/")
    if not slash or not namespace or not name:
        raise CommandError(
            f"“{command.name[:80]}” names no pod.", "Write NAMESPACE/NAME, as in blast-radius payments/api-0."
        )
    kind = command.kind.casefold()
    pods = pods_called(snapshot, namespace, name) if kind in ("", _POD) else ()
    if pods:
        return Resource("v1", "Pod", namespace, name), pods
    named = {} if kind == _POD else workloads_called(snapshot, namespace, name)
    chosen = [each for each in named.items() if kind in ("", "workload", each[0].kind.casefold())]
    if len(chosen) > 1:
        kinds = ", ".join(sorted(target.kind for target, _ in chosen))
        raise CommandError(f"{command.name} is more than one: {kinds}.", "Say which, before the name.")
    if chosen:
        return chosen[0]
    what = command.kind or "pod or workload"
    raise CommandError(f"There is no {what} {command.name[:80]} that runs.", _near(command, snapshot))


def _near(command: BlastRadius, snapshot: Snapshot) -> str:
    known = {f"{each.namespace}/{each.resource.name}" for each in workloads(snapshot)}
    near = difflib.get_close_matches(command.name, known, n=1)
    return f"Did you mean {near[0]}?" if near else "See kubectl get pods -A."


def _verdict(found: Blast, rules: tuple[HeldRule, ...], *, verified: bool) -> str:
    where = f"whoever is inside {found.target}"
    said = (_worst(found, rules), _ends(found, verified=verified), _besides(found))
    return f"{where} {' '.join(each for each in said if each)}"


def _worst(found: Blast, rules: tuple[HeldRule, ...]) -> str:
    if found.way is not None:
        if not found.way.acts:
            return f"has the whole cluster: {found.account} holds everything."
        steps = f"{found.way.acts} step{'s' if found.way.acts > 1 else ''}"
        return f"has the whole cluster in {steps}: {ways.step_in_words(found.way.steps[0])}."
    others = len(found.becomes)
    become = f" and can become {others} other{'s' if others > 1 else ''}" if others else ""
    if found.breaks_out:
        return f"has its node ({found.breaks_out[0]}){become}."
    if others:
        return f"can become {others} other{'s' if others > 1 else ''}, none of them cluster-admin."
    if rules:
        return f"has what {found.account} may do, which leads to nobody else."
    return "is contained: no token that is worth anything, and no way to the node."


def _ends(found: Blast, *, verified: bool) -> str:
    if found.way is None:
        return ""
    if found.breaks_out and not found.cut.remove:
        return "No binding ends it: take the hold on its node away."
    return ways.cut_in_words(found.cut, verified=verified)


def _besides(found: Blast) -> str:
    secrets = len({each.name for each in found.given if each.kind == "Secret"})
    said = [f"inside {'lie' if secrets > 1 else 'lies'} {plural(secrets, 'secret')}"] if secrets else []
    if found.on_node_network:
        said.append("it is on its node's network, where no policy holds")
    elif found.asked:
        may = [each for each in found.neighbours if each.sure]
        internet = (
            "the Internet among them" if any(each.who == INTERNET for each in may) else "not the Internet"
        )
        said.append(f"it may talk to {len(may)} of {found.asked} others, {internet}")
    words = "; ".join(said)
    return f"{words[0].upper()}{words[1:]}." if words else ""


def _glance(found: Blast, rules: tuple[HeldRule, ...]) -> Table:
    counts = {
        kind: len({each.name for each in found.given if each.kind == kind})
        for kind in ("Secret", "ConfigMap", "PersistentVolumeClaim")
    }
    metadata = next((each for each in found.neighbours if each.who == CLOUD_METADATA), None)
    rows = (
        ("Service account", str(found.account) if found.account else "none"),
        ("Its token", found.token),
        ("Its rules", plural(len(rules), "rule") if rules else "none"),
        ("Cloud identity", ", ".join(found.cloud)),
        ("Way to cluster-admin", plural(found.way.acts, "step") if found.way else "no way found"),
        ("Becomes", f"{len(found.becomes)} others" if found.becomes else "nobody"),
        ("Its node", ", ".join(found.nodes) or "not known"),
        ("Way to the node", "; ".join(found.breaks_out) or "none found"),
        ("Holds on it", ", ".join(fact.path.rpartition("spec.")[2] for fact in found.host)),
        ("Secrets inside", plural(counts["Secret"], "secret") if counts["Secret"] else "none"),
        ("Brought past the API", "; ".join(found.stores)),
        ("ConfigMaps, claims", f"{counts['ConfigMap']} and {counts['PersistentVolumeClaim']}"),
        ("Cloud metadata", "may be reached" if metadata else "may not be reached"),
    )
    return Table("At a glance", ("What", "Found"), tuple(row for row in rows if row[1]))


def _given(found: Blast) -> Table:
    rows = tuple((each.kind, each.name, each.how) for each in found.given)
    return Table("What it was given", ("Kind", "Name", "How"), rows[: rights.MOST_ROWS], len(rows), ("Name",))


def _neighbours(found: Blast) -> Table:
    rows = tuple(
        (each.who, str(each.ports) if each.sure else f"perhaps {each.ports}") for each in found.neighbours
    )
    return Table("Whom it may talk to", ("Who", "Ports"), rows[: rights.MOST_ROWS], len(rows), ("Who",))


def _network(snapshot: Snapshot) -> Iterator[str]:
    names = plugin(snapshot)
    if names.enforces is False:
        yield f"The network plugin seems to be {names.why}: it may be that no policy holds."
    yield "Secrets and files are named, not read; what a program keeps in memory does not show."
