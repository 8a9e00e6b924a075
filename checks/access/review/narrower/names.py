"""Instead of all Secrets of a namespace: those that are there, by name.

`list` and `watch` hand out every value at once, of Secrets too that somebody puts there later. Proposed where
the rule is held in one namespace alone and few Secrets are in it; by name, they can be got, listed and
watched one by one.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from checks.access.asking import STANDARD
from checks.access.index import ref
from checks.access.matching import ALL
from checks.access.review.narrower.proposal import Proposal
from checks.access.review.narrower.wide import WideRule
from checks.access.review.privileges import kinds_given
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.network.policies import namespace_of
from checks.wording import some

MOST = 10
_SECRETS = "secrets"
_NAMELESS = ("create", "deletecollection")


def proposal(snapshot: Snapshot, wide: WideRule, rules: tuple[o.PolicyRule, ...]) -> Proposal | None:
    """The rule split: Secrets by name, all else as it was. `rules`: what stands instead of it already."""
    if wide.wide or len(wide.spaces) != 1 or not any(map(_reads_all, rules)):
        return None
    (space,) = wide.spaces
    names = _secrets(snapshot).get(space, ())
    if not snapshot.saw("Secret") or not 0 < len(names) <= MOST:
        return None
    return Proposal(
        target=ref(wide.role),
        what=f"all secrets of namespace {space}",
        why=f"held in {space} alone, where there {'is' if len(names) == 1 else 'are'} {some(names)}",
        keeps="every request for one of these by its name",
        drops="list and watch of all secrets at once, secrets made later",
        wide=False,
        gives=kinds_given((wide.rule,), wide=False),
        role=wide.role,
        rule=wide.number,
        rules=tuple(new for rule in rules for new in (_split(rule, names) if _reads_all(rule) else (rule,))),
    )


def _reads_all(rule: o.PolicyRule) -> bool:
    verbs = rule.verbs or ()
    return (
        _SECRETS in (rule.resources or ())
        and "" in (rule.api_groups or ())
        and not rule.resource_names
        and (ALL in verbs or "list" in verbs or "watch" in verbs)
    )


def _split(rule: o.PolicyRule, names: tuple[str, ...]) -> Iterator[o.PolicyRule]:
    verbs = STANDARD if ALL in (rule.verbs or ()) else rule.verbs or ()
    others = tuple(each for each in rule.resources or () if each != _SECRETS)
    elsewhere = tuple(each for each in rule.api_groups or () if each != "")
    nameless = tuple(each for each in verbs if each in _NAMELESS)
    named = tuple(each for each in verbs if each not in _NAMELESS)
    if others:
        yield replace(rule, resources=others)
    if elsewhere:
        yield replace(rule, api_groups=elsewhere, resources=(_SECRETS,))
    if nameless:
        yield o.PolicyRule(nameless, ("",), (_SECRETS,))
    if named:
        yield o.PolicyRule(named, ("",), (_SECRETS,), names)


@derived
def _secrets(snapshot: Snapshot) -> dict[str, tuple[str, ...]]:
    """The names of the Secrets of each namespace."""
    found: dict[str, list[str]] = {}
    for secret in snapshot.all(o.Secret):
        found.setdefault(namespace_of(secret), []).append(secret.metadata.name)
    return {namespace: tuple(sorted(names)) for namespace, names in found.items()}
