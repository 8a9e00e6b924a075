"""`list run-as-root`: where a check fails, or a few of a kind, as a list: a view of the checks, now."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from msgspec import Struct

from bot import __version__
from bot.answer import Answer, Table, Tone
from bot.errors import CommandError
from checks.cluster.snapshot import Snapshot
from checks.model import Check, Resource, Result, Status
from checks.nearest import did_you_mean
from checks.registry import all_checks
from checks.run import evaluate
from checks.wording import some

_MOST_ROWS = 100
_FACTS = 40
_COLUMNS = ("Namespace", "What", "Where", "Because")
_FAILED = frozenset({Status.FAIL})
_UNSURE = frozenset({Status.NOT_EVALUATED, Status.ERROR, Status.MANUAL})


class Listed(Struct, frozen=True):
    """A list: what is said of those on it, of one and of many, and the checks that put them there."""

    one: str
    many: str
    checks: tuple[str, ...]


def _of(one: str, many: str, *checks: str) -> Listed:
    return Listed(one, many, checks)


LISTS: Mapping[str, Listed] = MappingProxyType(
    {
        "run-as-root": _of("runs as root", "run as root", "pod-runs-as-root"),
        "may-run-as-root": _of("may run as root", "may run as root", "pod-root-not-prevented"),
        "privileged": _of("is privileged", "are privileged", "pod-privileged"),
        "privilege-escalation": _of(
            "allows privilege escalation", "allow privilege escalation", "pod-privilege-escalation"
        ),
        "capabilities": _of("has added capabilities", "have added capabilities", "pod-added-capabilities"),
        "host-network": _of("is on the host's network", "are on the host's network", "pod-host-network"),
        "host-pid": _of("sees the host's processes", "see the host's processes", "pod-host-pid"),
        "host-path": _of("mounts paths of the host", "mount paths of the host", "pod-host-path"),
        "host-port": _of("takes a port of the host", "take a port of the host", "pod-host-port"),
        "runtime-socket": _of(
            "mounts the container runtime's socket",
            "mount the container runtime's socket",
            "pod-runtime-socket",
        ),
        "writable-root": _of(
            "has a writable root file system",
            "have a writable root file system",
            "pod-writable-root-filesystem",
        ),
        "no-seccomp": _of("has no seccomp profile", "have no seccomp profile", "pod-no-seccomp-profile"),
        "latest-images": _of("uses a latest image", "use a latest image", "image-latest-tag"),
        "no-digest": _of(
            "uses an image without a digest", "use an image without a digest", "image-no-digest"
        ),
        "unlimited": _of("has no memory limit", "have no memory limit", "container-no-memory-limit"),
        "no-requests": _of(
            "requests no CPU or memory",
            "request no CPU or memory",
            "container-no-cpu-request",
            "container-no-memory-request",
        ),
        "no-probes": _of(
            "has no probe", "have no probe", "container-no-liveness-probe", "container-no-readiness-probe"
        ),
        "secrets-in-env": _of(
            "has a secret in its environment",
            "have a secret in their environment",
            "secret-in-environment",
            "secret-value-in-environment",
        ),
        "default-service-account": _of(
            "uses the default service account",
            "use the default service account",
            "workload-default-service-account",
        ),
        "mounted-tokens": _of(
            "mounts a token of its service account",
            "mount a token of their service account",
            "workload-token-mounted",
        ),
        "bare-pods": _of("belongs to no controller", "belong to no controller", "workload-bare-pod"),
        "no-default-deny": _of(
            "lacks a default deny",
            "lack a default deny",
            "namespace-default-deny-ingress",
            "namespace-default-deny-egress",
        ),
        "no-network-policy": _of(
            "has no network policy", "have no network policy", "namespace-network-policy-missing"
        ),
        "no-pod-security": _of(
            "enforces no level of Pod Security",
            "enforce no level of Pod Security",
            "namespace-pod-security-unlabelled",
        ),
        "no-quota": _of("has no resource quota", "have no resource quota", "namespace-no-resource-quota"),
        "published": _of(
            "is published outside of the cluster",
            "are published outside of the cluster",
            "service-node-port",
            "service-load-balancer-open",
            "service-external-ips",
        ),
        "no-tls": _of("serves without TLS", "serve without TLS", "ingress-no-tls", "gateway-listener-no-tls"),
        "internet-egress": _of(
            "may reach the Internet", "may reach the Internet", "workload-internet-egress"
        ),
        "wildcard-roles": _of("grants with a wildcard", "grant with a wildcard", "rbac-wildcard-role"),
    }
)
"""The lists by name. Every check is one too, by its id."""


class ListFailing(Struct, frozen=True, tag=True):
    """What fails the checks of a list (a name of LISTS, or a check's id), in a namespace or everywhere."""

    name: str
    namespace: str = ""
    cluster: str | None = None
    full: bool = False

    @property
    def canonical(self) -> str:
        words = ["list", self.name]
        words += [f"namespace={self.namespace}"] if self.namespace else []
        words += [f"cluster={self.cluster}"] if self.cluster else []
        return shlex.join([*words, *(["--full"] if self.full else [])])


def kinds(command: ListFailing) -> tuple[str, ...]:
    """What its checks read. Raises CommandError for a list that there is not."""
    return tuple(dict.fromkeys(("Namespace", *(kind for check in _checks(command) for kind in check.kinds))))


def describe(command: ListFailing, snapshot: Snapshot) -> Answer:
    """Where the checks of the list fail. Raises CommandError for a list that there is not."""
    checks = _checks(command)
    wanted = (command.namespace,) if command.namespace else ()
    scan = evaluate(snapshot, checks, (), tool_version=__version__, namespaces=wanted)
    failing = _by_resource(scan.results, _FAILED)
    open_ones = {
        each: why for each, why in _by_resource(scan.results, _UNSURE).items() if each not in failing
    }
    listed = LISTS.get(command.name) or Listed(f"fails {command.name}", f"fail {command.name}", ())
    judged = len({result.resource for result in scan.results if result.status is Status.PASS} | set(failing))
    return Answer(
        command=command.canonical,
        verdict=_verdict(command, listed, len(failing), judged, open_ones),
        tone=Tone.BAD if failing else Tone.NEUTRAL if open_ones else Tone.GOOD,
        tables=tuple(
            table
            for table in (
                _table(f"What {listed.one}", failing, full=command.full),
                _table("Of which it cannot be told", open_ones, full=command.full),
            )
            if table.rows
        ),
        evidence=tuple(fact for each in failing.values() for found in each for fact in found.evidence)[
            :_FACTS
        ],
        notes=tuple(
            f"explain {check.id} tells why it matters, fix {check.id} how to mend it." for check in checks
        ),
        extra={
            "list": command.name,
            "checks": [check.id for check in checks],
            "failing": [
                {"resource": each.resource, "check": each.check, "locus": each.locus, "message": each.message}
                for results in failing.values()
                for each in results
            ],
            "incomplete": any(each.gap for each in snapshot.coverage)
            or any(each.status is Status.ERROR for each in scan.results),
        },
    )


def _checks(command: ListFailing) -> tuple[Check, ...]:
    known = {check.id: check for check in all_checks()}
    names = LISTS[command.name].checks if command.name in LISTS else (command.name,)
    if names[0] not in known:
        raise CommandError(
            f"There is no list called {command.name[:80]}.",
            f"{did_you_mean(command.name, (*LISTS, *known))}"
            f"Lists are {', '.join(LISTS)}, and every check's id.",
        )
    return tuple(known[name] for name in names)


def _by_resource(results: Iterable[Result], wanted: frozenset[Status]) -> dict[Resource, list[Result]]:
    found: dict[Resource, list[Result]] = {}
    for result in results:
        if result.status in wanted:
            found.setdefault(result.resource, []).append(result)
    order = sorted(found, key=lambda each: (each.namespace or "", each.kind, each.name))
    return {resource: found[resource] for resource in order}


def _verdict(
    command: ListFailing, listed: Listed, failing: int, judged: int, open_ones: Mapping[Resource, object]
) -> str:
    where = f" in {command.namespace}" if command.namespace else ""
    verb = listed.one if failing == 1 else listed.many
    everything = any(each.kind == "Cluster" for each in open_ones)
    others = "others" if everything else f"{len(open_ones)} more"
    number = str(failing) if failing or open_ones else "none"
    return f"{number} of {judged}{where} {verb}{f'; of {others} it cannot be told' if open_ones else ''}."


def _table(title: str, found: Mapping[Resource, list[Result]], *, full: bool) -> Table:
    rows = tuple(_row(resource, results) for resource, results in found.items())
    shown = rows if full else rows[:_MOST_ROWS]
    return Table(title, _COLUMNS, shown, total=len(rows), code=("What", "Where"))


def _row(resource: Resource, results: list[Result]) -> tuple[str, ...]:
    places = some(list(dict.fromkeys(each.locus for each in results if each.locus)), 3)
    said = (each.message or each.reason or each.status.replace("_", " ") for each in results)
    because = "; ".join(list(dict.fromkeys(each.rstrip(".") for each in said))[:2])
    return (resource.namespace or "", f"{resource.kind}/{resource.name}", places, because)
