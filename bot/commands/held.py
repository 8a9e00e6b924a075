"""What somebody may do, drawn by namespace: one row for rules that say the same of several resources, or all.

What holds in the whole cluster is not repeated for each namespace.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from bot.answer import Table
from bot.commands import rights
from checks.access.engine import HeldRule, subject_rules
from checks.access.subjects import MASTERS
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Subject
from checks.wording import plural, some

EVERYWHERE = "whole cluster"
_EVERY_URL = "every URL"
_MOST_RESOURCES = 12
_MOST_RIGHTS = 5_000
"""Of one rule: no rule that people write comes near, and a hostile one must not fill the memory."""
_Right = tuple[str, str]
"""A resource with its group (or a URL), and the one name it is limited to, empty for none."""


def held(
    snapshot: Snapshot, subject: Subject, groups: tuple[str, ...], namespace: str
) -> tuple[HeldRule, ...]:
    """Every rule that a subject holds; with a namespace, those that count there."""
    return tuple(
        each
        for each in subject_rules(snapshot, subject, groups)
        if not namespace or each.namespace in (None, namespace)
    )


def verdict(subject: Subject, found: tuple[HeldRule, ...], namespace: str, doubt: str) -> str:
    """How much it is, in one sentence. doubt: why there may be more, empty where there is no reason."""
    more = f"; there may be more: {doubt}" if doubt else ""
    there = f" in {namespace}" if namespace else ""
    if subject == MASTERS:
        return f"{subject} can do everything: it is allowed before RBAC is asked{more}."
    if not found:
        return f"{subject} can do nothing{there}{more}."
    everywhere = sum(each.namespace is None for each in found)
    spaces = sorted({each.namespace for each in found if each.namespace is not None})
    parts = [f"{plural(everywhere, 'rule')} in the whole cluster"] if everywhere else []
    if spaces:
        parts.append(f"{plural(len(found) - everywhere, 'rule')} in {some(spaces)}")
    roles = len({(each.because.role, each.namespace) for each in found})
    return f"{subject} holds {' and '.join(parts)}, through {plural(roles, 'role')}{more}."


def tables(found: tuple[HeldRule, ...], *, full: bool) -> tuple[Table, ...]:
    """The rules as a table: one row each where `full`, else resources with the same verbs in one."""
    if not found:
        return ()
    if not full:
        heads = ("Where", "Verbs", "Resources or URLs", "Names")
        rows = tuple(compact(found))
        return (Table("Rights", heads, rows[: rights.MOST_ROWS], len(rows), code=heads[2:]),)
    columns = ("Where", "Rule", "Named as", "Binding", "Role", "Index")
    ordered = sorted(found, key=lambda each: (each.namespace or "", str(each.through)))
    rows = tuple(
        (
            each.namespace or EVERYWHERE,
            rule_text(each.rule),
            str(each.through),
            rights.named(each.because.binding),
            rights.named(each.because.role),
            str(each.because.rule),
        )
        for each in ordered
    )
    return (Table("Rules", columns, rows, total=len(rows), code=("Rule", "Binding", "Role")),)


def rule_text(rule: o.PolicyRule) -> str:
    """A rule in words: `get, list pods, deployments.apps named a, b`."""
    what = [name for name, _ in islice(_unnamed(rule), _MOST_RESOURCES + 1)]
    more = " and more" if len(what) > _MOST_RESOURCES else ""
    names = f" named {some(rule.resource_names)}" if rule.resource_names else ""
    return f"{', '.join(rule.verbs or ())} {', '.join(what[:_MOST_RESOURCES])}{more}{names}"


def compact(found: tuple[HeldRule, ...]) -> Iterator[tuple[str, ...]]:
    """Where, verbs, resources and names: one row for all that is said alike."""
    verbs: dict[str | None, dict[_Right, dict[str, None]]] = {}
    for each in found:
        place = verbs.setdefault(each.namespace, {})
        for right in islice(_rights(each.rule), _MOST_RIGHTS):
            place.setdefault(right, {}).update(dict.fromkeys(each.rule.verbs or ()))
    everywhere = verbs.get(None, {})
    for where in sorted(verbs, key=lambda name: name or ""):
        rows: dict[tuple[str, ...], dict[str, list[str]]] = {}
        for (what, name), said in sorted(verbs[where].items()):
            mine = {verb for verb in said if where is None or not _covered(everywhere, what, name, verb)}
            shown = ("*",) if "*" in mine else tuple(verb for verb in said if verb in mine)
            if shown:
                rows.setdefault(shown, {}).setdefault(what, []).append(name)
        for shown, resources in rows.items():
            yield from _row(where or EVERYWHERE, shown, resources)


def _row(where: str, verbs: tuple[str, ...], resources: dict[str, list[str]]) -> Iterator[tuple[str, ...]]:
    """One row for the resources that are not limited to names, one for each that is."""
    plain = [what for what, names in resources.items() if "" in names]
    if plain:
        more = f" and {len(plain) - _MOST_RESOURCES} more" if len(plain) > _MOST_RESOURCES else ""
        yield where, ", ".join(verbs), ", ".join(plain[:_MOST_RESOURCES]) + more, ""
    for what, names in resources.items():
        if "" not in names:
            yield where, ", ".join(verbs), what, some(names)


def _covered(everywhere: dict[_Right, dict[str, None]], what: str, name: str, verb: str) -> bool:
    """Whether the same is held in the whole cluster, as it is written or by stars alone."""
    wider = _EVERY_URL if what.startswith("/") else "*"
    held_there = (everywhere.get((each, limit), {}) for each in (what, wider) for limit in (name, ""))
    return any(verb in verbs or "*" in verbs for verbs in held_there)


def _rights(rule: o.PolicyRule) -> Iterator[_Right]:
    for what, is_url in _unnamed(rule):
        for name in ("",) if is_url else rule.resource_names or ("",):
            yield what, name


def _unnamed(rule: o.PolicyRule) -> Iterator[tuple[str, bool]]:
    """Each resource with its group, and each URL, with whether it is one."""
    for group in rule.api_groups or ():
        for resource in rule.resources or ():
            yield _qualified(resource, group), False
    for url in rule.non_resource_urls or ():
        yield _EVERY_URL if url == "*" else url, True


def _qualified(resource: str, group: str) -> str:
    if resource == "*" and group == "*":
        return "*"
    name, slash, subresource = resource.partition("/")
    return f"{name}.{group}{slash}{subresource}" if group else resource
