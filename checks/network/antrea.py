"""Antrea's own policies: present, and not modelled. What they may do leaves answers open; it decides none.

Their tiers come before NetworkPolicies, but for the baseline tier. A rule allows, drops, rejects, or leaves
it to the tiers below (Pass). They isolate nobody by being there. Sources: antrea-io/antrea
pkg/apis/crd/v1beta1/types.go (rules, tiers' priorities) and docs/antrea-network-policy.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.network.chain import Action, Match, Rule, any_port, anyone
from checks.network.compiled import Compiled, Layer
from checks.network.policies import Direction, namespace_of

Policy = o.AntreaNetworkPolicy | o.AntreaClusterNetworkPolicy

_ACTIONS = {"Allow": Action.ALLOW, "Drop": Action.DENY, "Reject": Action.DENY, "Pass": Action.PASS}
_BASELINE = "baseline"
_DOUBT = "Antrea's own policies are not modelled"


def all_of(snapshot: Snapshot) -> Iterator[Compiled]:
    """Every policy of Antrea's."""
    found: tuple[Policy, ...] = (
        *snapshot.all(o.AntreaNetworkPolicy),
        *snapshot.all(o.AntreaClusterNetworkPolicy),
    )
    for policy in found:
        yield from compiled(policy)


def compiled(policy: Policy) -> Iterator[Compiled]:
    """A policy, once for each direction in which it has rules: for whom and about what, only maybe."""
    namespace = namespace_of(policy) if isinstance(policy, o.AntreaNetworkPolicy) else None
    spec = policy.spec
    for direction, written in ((Direction.INGRESS, spec.ingress), (Direction.EGRESS, spec.egress)):
        names = [each.action or "Allow" for each in written or ()]
        actions = {_ACTIONS.get(name, Action.DENY): number for number, name in enumerate(names)}
        if not actions:
            continue
        yield Compiled(
            policy=policy,
            direction=direction,
            layer=Layer.BASELINE if (spec.tier or "").lower() == _BASELINE else Layer.ADMIN,
            selects=lambda _: Match.MAYBE,
            whole=lambda _: False,
            rules=tuple(
                Rule(action, policy, f"spec.{direction.lower()}[{number}]", anyone, any_port, _DOUBT)
                for action, number in actions.items()
            ),
            namespace=namespace,
            position=(spec.priority or 0.0, policy.metadata.name),
            doubt=_DOUBT,
        )
