"""Ways to more rights in words, in rows, as evidence and as data, for every answer that shows some."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import to_builtins

from bot.answer import Table
from checks.access.escalation.catalogue import CATALOGUE
from checks.access.escalation.cut import Cheapest
from checks.access.escalation.places import Goal, in_words
from checks.access.escalation.steps import Chain, Cut, Permission, Step
from checks.access.matching import Request
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, ObjectRef

_CLOUDS = {
    "eks": "EKS access entries give rights by AWS IAM, outside of RBAC.",
    "gke": "Google Cloud IAM gives rights beside RBAC.",
    "aks": "Microsoft Entra role assignments may give rights outside of RBAC.",
}
_ALWAYS = (
    (
        "RBAC, pods and labels are what was looked at. Admission webhooks and policies may refuse a step; "
        "defaults or exemptions of Pod Security in the API server's own file do not show."
    ),
    "Who is in a group Kubernetes does not know: a way of a group is a way of each of its members.",
)


def step_in_words(step: Step) -> str:
    """One act, as part of a sentence."""
    technique = CATALOGUE[step.move.technique]
    by = f" ({step.uses})" if step.uses else ""
    if step.gains is Goal.ADMIN and technique.id == "E1":
        return f"{in_words(step.identity)} holds everything"
    return f"{technique.title} as {in_words(step.identity)}{by}, which gives {in_words(step.gains)}"


def request_in_words(request: Request) -> str:
    """A request with its name and namespace, as kubectl would have it."""
    name = f" {request.name}" if request.name else ""
    where = f" -n {request.namespace}" if request.namespace else ""
    return f"{request}{name}{where}"


def allowed_by(permission: Permission) -> str:
    """Binding, role and rule in one line."""
    because = permission.because
    if because is None:
        return "rights gained in the step before"
    return f"{_ref(because.binding)} → {_ref(because.role)} rules[{because.rule}]"


def ways_table(chains: Iterable[Chain], most: int, title: str = "Shortest ways") -> Table:
    """Every step of the first ways, a row each."""
    every = tuple(chains)
    rows = tuple(row for number, chain in enumerate(every[:most], 1) for row in _rows(number, chain))
    columns = ("Way", "As", "Does", "Allowed", "By", "Gains")
    return Table(title, columns, rows, code=("Allowed", "By"), named=("Way",))


def _rows(number: int, chain: Chain) -> Iterator[tuple[str, ...]]:
    for at, step in enumerate(chain.steps, 1):
        technique = CATALOGUE[step.move.technique]
        also = f", also {', '.join(step.move.also)}" if step.move.also else ""
        by = f": {step.uses}" if step.uses else ""
        yield (
            f"{number}.{at}",
            in_words(step.identity),
            f"{technique.title} ({technique.id}{also}){by}",
            "; ".join(request_in_words(each.request) for each in step.permissions) or "-",
            "; ".join(dict.fromkeys(allowed_by(each) for each in step.permissions)) or "-",
            in_words(step.gains),
        )


def cut_table(cut: Cheapest) -> Table:
    """What to remove, and how many of the ways that were looked at each of them breaks."""
    rows = tuple((str(each), str(sum(each in chain.cuts for chain in cut.chains))) for each in cut.remove)
    return Table("Cheapest cut", ("Remove", "Breaks ways"), rows, code=("Remove",), named=("Breaks ways",))


def facts(chains: Iterable[Chain]) -> Iterator[Evidence]:
    """Each permission's rule as it stands, once."""
    seen: set[tuple[str, str]] = set()
    for chain in chains:
        for step in chain.steps:
            for each in step.permissions:
                because, bound = each.because, each.bound
                if because is None or bound is None:
                    continue
                source = f"{each.through} → {_ref(because.binding)} → {_ref(because.role)}"
                path = f"rules[{because.rule}]"
                if (source, path) not in seen:
                    seen.add((source, path))
                    yield Evidence(
                        path,
                        to_builtins((bound.role.rules or ())[because.rule]),
                        "nothing that leads to more rights",
                        source,
                        because.binding.uid,
                        because.binding.resource_version,
                    )


def chain_as_data(chain: Chain) -> dict[str, Any]:
    """A way as the JSON form has it."""
    return {"acts": chain.acts, "steps": [_step_as_data(step) for step in chain.steps]}


def _step_as_data(step: Step) -> dict[str, Any]:
    return {
        "identity": in_words(step.identity),
        "technique": step.move.technique,
        "also": list(step.move.also),
        "permissions": [
            {
                "request": to_builtins(each.request),
                "through": to_builtins(each.through),
                "because": to_builtins(each.because),
            }
            for each in step.permissions
        ],
        "uses": step.uses,
        "gains": in_words(step.gains),
    }


def cut_as_data(cut: Cheapest, *, verified: bool) -> dict[str, Any]:
    """The cheapest cut as the JSON form has it."""
    return {
        "remove": [_cut_as_data(each) for each in cut.remove],
        "exact": cut.exact,
        "complete": cut.complete,
        "verified": verified,
        "unbreakable": len(cut.stuck),
    }


def _cut_as_data(cut: Cut) -> dict[str, Any]:
    kind, namespace, name = cut.binding
    return {
        "binding": {"kind": kind, "namespace": namespace or None, "name": name},
        "subject": to_builtins(cut.subject),
    }


def cut_in_words(cut: Cheapest, *, verified: bool) -> str:
    """What ends it, in a sentence."""
    if not cut.remove:
        return (
            "No binding that people made can be removed to end it: it rests on what Kubernetes itself grants."
        )
    what = ", ".join(str(each) for each in cut.remove[:3])
    more = f" and {len(cut.remove) - 3} more" if len(cut.remove) > 3 else ""
    sure = "" if cut.exact else " (a smaller set may do: the search was given up)"
    ends = "ends it" if verified else "is not enough by itself"
    return f"Removing {what}{more} {ends}{sure}."


def caveats(snapshot: Snapshot, unread: Iterable[str]) -> tuple[str, ...]:
    """What an answer about ways to more rights does not cover."""
    said = [
        f"{kind} objects could not be read ({snapshot.of(kind).reason or snapshot.of(kind).state}): there "
        "may be more ways."
        for kind in unread
    ]
    if snapshot.cluster.source == "manifests":
        said.append("These are files: pods are their templates, and what else the cluster holds is not seen.")
    cloud = _CLOUDS.get(snapshot.cluster.provider)
    return (*said, *_ALWAYS, *((cloud,) if cloud else ()))


def _ref(ref: ObjectRef) -> str:
    return f"{ref.kind} {ref.namespace}/{ref.name}" if ref.namespace else f"{ref.kind} {ref.name}"
