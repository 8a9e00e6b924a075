"""What becomes of a command: carried out, narrowed to what its asker may see, or refused, with why."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from bot.commands.export import Export
from bot.commands.questions import Question
from bot.grammar import understand
from bot.rights.narrowing import RULES, Narrowed, Rule
from bot.rights.roles import ANY, Asker, Rights, Role, Standing, of_namespaces

_UNRULED = Rule(Role.ADMIN, lambda _asked, _spaces: "no rule says how it is narrowed", of_cluster=False)
"""What takes a command that the table forgot: whoever may do everything."""


class Outcome(StrEnum):
    ALLOWED = "allowed"
    NARROWED = "narrowed"
    REFUSED = "refused"


class Kept(Struct, frozen=True):
    """What a kept run is of, which a command that names a run shows. No namespaces: of all of them."""

    cluster: str
    namespaces: tuple[str, ...] = ()


class Decision(Struct, frozen=True):
    """What to do. `commands` are carried out, none when refused; each stays within `namespaces`.

    `role` is the asker's highest where it was asked, `missing` the one it takes, `why` one sentence on a
    narrowing or a refusal. `clusters` are those that the command may look at.
    """

    outcome: Outcome
    commands: tuple[Any, ...] = ()
    clusters: tuple[str, ...] = ()
    namespaces: frozenset[str] = frozenset({ANY})
    role: Role | None = None
    missing: Role | None = None
    why: str = ""

    @property
    def bounded(self) -> bool:
        """Whether only some namespaces may be seen."""
        return ANY not in self.namespaces


def decide(
    asker: Asker,
    command: Any,
    clusters: tuple[str, ...],
    kept: Kept | None = None,
    *,
    seeing: bool = False,
) -> Decision:
    """Decide on a command, where these are the clusters of the settings, the default one first.

    kept: of the run that the command names, None also where there is no such run. seeing: whether its answer,
    which is there, may be seen.
    """
    rule = RULES.get(type(command), _UNRULED)
    if seeing and rule.seen_by is not None:
        rule = replace(rule, role=rule.seen_by)
    if asker.standing is not Standing.MEMBER:
        why = f"I answer full members of this workspace only; you are {asker.standing}."
        return Decision(Outcome.REFUSED, missing=rule.role, why=why)
    if rule.role is None:
        return Decision(Outcome.ALLOWED, (command,), clusters, role=asker.rights.best())
    if isinstance(command, Export) and isinstance(question := understand(command.question), Question):
        return _of_a_question(asker, command, question, clusters)
    if not rule.of_cluster:
        return _of_no_cluster(asker.rights, rule, command, clusters)
    if getattr(command, "run", None):
        return _of_a_run(asker.rights, rule, command, clusters, kept)
    return _of_a_cluster(asker.rights, rule, command, clusters)


def _of_a_question(asker: Asker, command: Export, question: Question, clusters: tuple[str, ...]) -> Decision:
    """What becomes of the question whose answer is exported."""
    decision = decide(asker, question, clusters)
    if len(decision.commands) > 1:
        why = f"{decision.why} An export is of one namespace: name it."
        return Decision(Outcome.REFUSED, role=decision.role, missing=decision.missing, why=why)
    exports = tuple(
        command if each == question else replace(command, question=each.canonical)
        for each in decision.commands
    )
    return replace(decision, commands=exports)


def _of_no_cluster(rights: Rights, rule: Rule, command: Any, clusters: tuple[str, ...]) -> Decision:
    role = rule.role or Role.VIEWER
    seen = tuple(each for each in clusters if rights.namespaces(role, each))
    bound = isinstance(rule.narrow(command, frozenset()), str)
    if rights.everywhere(role) or (rights.has(role) and not bound):
        return Decision(Outcome.ALLOWED, (command,), seen, role=rights.best())
    why = f"Your role {rights.best()} is bound to some clusters or namespaces." if rights.has(role) else ""
    return _refused(rights, rule, None, why)


def _of_a_run(
    rights: Rights, rule: Rule, command: Any, clusters: tuple[str, ...], kept: Kept | None
) -> Decision:
    role = rule.role or Role.VIEWER
    if kept is None:
        if rights.everywhere(role):
            return Decision(Outcome.ALLOWED, (command,), clusters, role=rights.best())
        return _refused(rights, rule, None, "It names no run of a cluster that you may see.")
    spaces = rights.namespaces(role, kept.cluster)
    if ANY in spaces or (kept.namespaces and spaces.issuperset(kept.namespaces)):
        allowed = (kept.cluster,)
        return Decision(Outcome.ALLOWED, (command,), allowed, spaces, role=rights.best(kept.cluster))
    why = f"That run is not limited to {of_namespaces(spaces)}." if spaces else ""
    return _refused(rights, rule, kept.cluster, why)


def _of_a_cluster(rights: Rights, rule: Rule, command: Any, clusters: tuple[str, ...]) -> Decision:
    role = rule.role or Role.VIEWER
    seen = tuple(each for each in clusters if rights.namespaces(role, each))
    if not rights.has(role):
        return _refused(rights, rule, command.cluster)
    if not clusters or (seen and command.cluster and command.cluster not in clusters):
        # There is no such cluster, as whoever carries it out will say.
        return Decision(Outcome.ALLOWED, (command,), seen, role=rights.best())
    default = clusters[0]
    cluster = command.cluster or (default if default in seen else next(iter(seen), default))
    if cluster not in seen:
        return _refused(rights, rule, cluster)
    spaces = rights.namespaces(role, cluster)
    asked = command if command.cluster or cluster == default else replace(command, cluster=cluster)
    found: Narrowed = (asked,) if ANY in spaces else rule.narrow(asked, spaces)
    best = rights.best(cluster)
    if isinstance(found, str):
        if (meant := _about_a_cluster(command, clusters)) is not None:
            return _of_a_cluster(rights, rule, meant, clusters)
        why = f"Your role {best} in {cluster} is bound to {of_namespaces(spaces)}, and {found}."
        return _refused(rights, rule, cluster, why)
    if found == (asked,):
        return Decision(Outcome.ALLOWED, found, seen, spaces, best)
    why = f"This is of {of_namespaces(spaces)} alone: your role {best} in {cluster} is bound to that."
    return Decision(Outcome.NARROWED, found, seen, spaces, best, why=why)


def _about_a_cluster(command: Any, clusters: tuple[str, ...]) -> Any | None:
    """The command as it was meant where “in production” names a cluster."""
    namespace = getattr(command, "namespace", "")
    if command.cluster or namespace not in clusters:
        return None
    return replace(command, namespace="", cluster=namespace)


def _refused(rights: Rights, rule: Rule, cluster: str | None, why: str = "") -> Decision:
    role = rule.role or Role.VIEWER
    return Decision(
        Outcome.REFUSED,
        role=rights.best(cluster),
        missing=role,
        why=why or _lacking(rights, role, cluster),
    )


def _lacking(rights: Rights, role: Role, cluster: str | None) -> str:
    best = rights.best(cluster)
    where = f" in {cluster}" if cluster else ""
    return f"This takes the role {role}{where}; {f'yours is {best}' if best else 'you have none'}."
