"""In which order policies are asked: the stages they make, and the rules of each.

Order: the admin tier, Calico's own tiers around it, then NetworkPolicies together with Cilium's and Calico's
default tier, then the baseline. Source: kubernetes-sigs/network-policy-api apis/v1alpha2, docs.cilium.io
security/policy, projectcalico/calico api/pkg/apis/projectcalico/v3/tier.go.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import assert_never

from msgspec.structs import replace

from checks.cluster import objects as o
from checks.network import calico
from checks.network.chain import Action, Match, Rule, Stage, any_port, anyone
from checks.network.compiled import Compiled, Layer
from checks.network.selection import Selected

CILIUM = (o.CiliumNetworkPolicy, o.CiliumClusterwideNetworkPolicy)
ALWAYS = "data.enable-policy"
"""Where Cilium is told to deny all that nothing allows, to pods that no policy selects too."""

_TIED = "another policy has the same priority, and which of them wins is not defined"
_LAST = float("inf")

Tiers = Mapping[str, tuple[float, str]]
"""Calico's tiers: their order, and what becomes of what nothing in them decides (Deny or Pass)."""
Slot = tuple[float, str]
"""Where a stage stands."""


def action_of(tier: str, tiers: Tiers) -> str:
    """What becomes of what nothing in a tier decides."""
    return tiers.get(tier, (_LAST, "Deny"))[1]


def slot(policy: Compiled, tiers: Tiers) -> Slot:
    """Where the stage of a policy stands among the others."""
    match policy.layer:
        case Layer.ADMIN:
            return (calico.ADMIN_TIER_ORDER, "")
        case Layer.STANDARD:
            return (calico.DEFAULT_TIER_ORDER, "")
        case Layer.TIER:
            return (tiers.get(policy.tier, (_LAST, ""))[0], policy.tier)
        case Layer.BASELINE:
            return (_LAST, "~")
        case _ as never:
            assert_never(never)


def stage(selected: tuple[Selected, ...], tiers: Tiers) -> Stage:
    """The rules of policies that stand in the same slot."""
    first = selected[0][0]
    match first.layer:
        case Layer.ADMIN | Layer.BASELINE:
            return tuple(_by_priority(selected))
        case Layer.STANDARD:
            return tuple(_standard(selected))
        case Layer.TIER:
            return tuple(_tier(selected, action_of(first.tier, tiers)))
        case _ as never:
            assert_never(never)


def _unsure(rule: Rule, selected: Selected, doubt: str = "") -> Rule:
    policy, match = selected
    why = doubt or (policy.doubt or "whom it is for is not known" if match is not Match.YES else "")
    return replace(rule, doubt=rule.doubt or why) if why else rule


def _by_priority(selected: tuple[Selected, ...]) -> Iterator[Rule]:
    rivals: defaultdict[object, int] = defaultdict(int)
    actions: defaultdict[object, set[Action]] = defaultdict(set)
    for policy, _ in selected:
        rivals[policy.position[0]] += 1
        actions[policy.position[0]].update(rule.action for rule in policy.rules)
    for each in selected:
        priority = each[0].position[0]
        tied = _TIED if rivals[priority] > 1 and len(actions[priority]) > 1 else ""
        yield from (_unsure(rule, each, tied) for rule in each[0].rules)


def _standard(selected: tuple[Selected, ...]) -> Iterator[Rule]:
    """Cilium's denials first, then what is allowed in Calico's order, and last the isolation they make."""
    for each in selected:
        if _adds_up(each[0]):
            yield from (_unsure(rule, each) for rule in each[0].rules if rule.action is Action.DENY)
    for each in selected:
        denied = _adds_up(each[0])
        kept = (rule for rule in each[0].rules if not (denied and rule.action is Action.DENY))
        yield from (_unsure(rule, each) for rule in kept)
    yield from _isolation(selected)


def _adds_up(policy: Compiled) -> bool:
    return isinstance(policy.policy, CILIUM)


def _isolation(selected: tuple[Selected, ...]) -> Iterator[Rule]:
    for each in selected:
        if each[0].isolates:
            last = Rule(Action.DENY, each[0].policy, _isolating_path(each[0]), anyone, any_port)
            yield _unsure(last, each)


def _isolating_path(policy: Compiled) -> str:
    if isinstance(policy.policy, o.NetworkPluginConfigMap):
        return ALWAYS
    return "spec.types" if policy.tier else "spec.policyTypes"


def _tier(selected: tuple[Selected, ...], action: str) -> Iterator[Rule]:
    for each in selected:
        yield from (_unsure(rule, each) for rule in each[0].rules)
    if action != "Pass":
        yield from _isolation(selected)
