"""Ways to more rights in words, in rows, as evidence and as data, for every answer that shows some."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from bot.answer import Table
from bot.commands import rights
from checks.access.caveats import beyond
from checks.access.escalation.catalogue import CATALOGUE
from checks.access.escalation.cut import Cheapest
from checks.access.escalation.places import Goal, Place, in_words
from checks.access.escalation.steps import Chain, Permission, Step
from checks.access.escalation.told import right
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Subject
from checks.wording import some

_ALWAYS = (
    "Admission webhooks and policies may refuse a step.",
    "Defaults or exemptions of Pod Security in the API server's own file do not show.",
    "A way of a group is a way of each of its members.",
)


def step_in_words(step: Step) -> str:
    """One act, as part of a sentence."""
    if _holds_everything(step):
        return f"{in_words(step.identity)} holds everything"
    return _act(step, f" as {in_words(step.identity)}")


def step_alone(step: Step) -> str:
    """The same beside a column that says who does it."""
    return "holds everything" if _holds_everything(step) else _act(step, "")


def _holds_everything(step: Step) -> bool:
    return step.gains is Goal.ADMIN and step.move.technique == "E1"


def _act(step: Step, who: str) -> str:
    by = f" ({step.uses})" if step.uses else ""
    only = f", if {step.condition}" if step.condition else ""
    return f"{CATALOGUE[step.move.technique].title}{who}{by}, which gives {in_words(step.gains)}{only}"


def allowed_by(permission: Permission) -> str:
    """Binding, role and rule in one line."""
    because = permission.because
    if because is None:
        return "rights gained in the step before"
    return f"{rights.named(because.binding)} → {rights.named(because.role)} rules[{because.rule}]"


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
        only = f", if {step.condition}" if step.condition else ""
        yield (
            f"{number}.{at}",
            in_words(step.identity),
            f"{technique.title} ({technique.id}{also}){by}{only}",
            "; ".join(right(each.request) for each in step.permissions) or "-",
            "; ".join(dict.fromkeys(allowed_by(each) for each in step.permissions)) or "-",
            in_words(step.gains),
        )


def cut_table(cut: Cheapest) -> Table:
    """What to remove, and how many of the ways that were looked at each of them breaks."""
    rows = tuple((str(each), str(sum(each in chain.cuts for chain in cut.chains))) for each in cut.remove)
    return Table("Cheapest cut", ("Remove", "Breaks ways"), rows, code=("Remove",), named=("Breaks ways",))


def facts(snapshot: Snapshot, chains: Iterable[Chain]) -> tuple[Evidence, ...]:
    """Each permission's rule as it stands, once."""
    found = (
        rights.fact(snapshot, each.through, each.because, "nothing that leads to more rights")
        for chain in chains
        for step in chain.steps
        for each in step.permissions
        if each.because is not None and each.through is not None
    )
    return tuple({(fact.source, fact.path): fact for fact in found}.values())


class PermissionDocument(Struct, frozen=True):
    """One request that the step takes, and why it is allowed: null for rights gained on the way."""

    request: rights.Asking
    through: Subject | None
    because: rights.Chain | None


class StepDocument(Struct, frozen=True):
    """An act: `technique` and `also` are ids of the catalogue, `uses` what it goes by, `condition` what must
    be so or happen besides."""

    identity: str
    technique: str
    also: tuple[str, ...]
    permissions: tuple[PermissionDocument, ...]
    uses: str
    gains: str
    condition: str = ""


class WayDocument(Struct, frozen=True):
    """A way, and how many acts it takes."""

    acts: int
    steps: tuple[StepDocument, ...]


class RemovalDocument(Struct, frozen=True):
    """A binding to remove, or (`subject`) only one subject of it."""

    binding: rights.Ref
    subject: Subject | None


class CutDocument(Struct, frozen=True):
    """The cheapest cut. `exact`: nothing smaller does it; `verified`: with these gone all was computed anew,
    and no way was left; `unbreakable`: ways that rest on what Kubernetes itself grants."""

    remove: tuple[RemovalDocument, ...]
    exact: bool
    complete: bool
    verified: bool
    unbreakable: int


class BecomesDocument(Struct, frozen=True):
    """Somebody who can be become, and by how many acts."""

    who: str
    acts: int


def ways_as_data(chains: Iterable[Chain]) -> tuple[WayDocument, ...]:
    """Ways as the JSON form has them."""
    return tuple(WayDocument(chain.acts, tuple(_step(step) for step in chain.steps)) for chain in chains)


def _step(step: Step) -> StepDocument:
    permissions = tuple(
        PermissionDocument(
            rights.asking(each.request),
            each.through,
            rights.chain(each.because) if each.because else None,
        )
        for each in step.permissions
    )
    identity, gains = in_words(step.identity), in_words(step.gains)
    return StepDocument(
        identity, step.move.technique, step.move.also, permissions, step.uses, gains, step.condition
    )


def cut_as_data(cut: Cheapest, *, verified: bool) -> CutDocument:
    """The cheapest cut as the JSON form has it."""
    remove = tuple(
        RemovalDocument(rights.Ref(kind, namespace or None, name), each.subject)
        for each in cut.remove
        for kind, namespace, name in (each.binding,)
    )
    return CutDocument(remove, cut.exact, cut.complete, verified, len(cut.stuck))


def becomes_as_data(becomes: Iterable[tuple[Place, int]]) -> tuple[BecomesDocument, ...]:
    """Whom one can become as the JSON form has it."""
    return tuple(BecomesDocument(in_words(place), acts) for place, acts in becomes)


def becomes_table(becomes: tuple[tuple[Place, int], ...]) -> Table:
    """Whom one can become, nearest first."""
    rows = tuple((in_words(place), str(acts)) for place, acts in becomes[: rights.MOST_ROWS])
    return Table("Whom it can become", ("Who", "Steps"), rows, len(becomes), ("Who",), ("Steps",))


def cut_in_words(cut: Cheapest, *, verified: bool) -> str:
    """What ends it, in a sentence."""
    if not cut.remove:
        return (
            "No binding that people made can be removed to end it: it rests on what Kubernetes itself grants."
        )
    what = some([str(each) for each in cut.remove], 3)
    sure = "" if cut.exact else " (a smaller set may do: the search was given up)"
    ends = "ends it" if verified else "is not enough by itself"
    return f"Removing {what} {ends}{sure}."


def not_covered(snapshot: Snapshot, unread: Iterable[str]) -> tuple[str, ...]:
    """What an answer about ways to more rights does not cover."""
    said = [
        f"{kind} objects could not be read ({snapshot.of(kind).reason or snapshot.of(kind).state}): there "
        "may be more ways."
        for kind in unread
    ]
    return (*said, *_ALWAYS, *beyond(snapshot))
