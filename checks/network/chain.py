"""What policies come to for one pod in one direction: stages of rules, asked in order, for all ports at once.

Every kind of policy fits: the admin tier, then NetworkPolicies, then the baseline, each a stage of ordered
rules. A rule that may or may not match makes both outcomes possible, and what has two is unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum, StrEnum

from msgspec import Struct

from checks.cluster import objects as o
from checks.network.peers import Endpoint
from checks.network.ports import ALL, NONE, Ports


class Match(IntEnum):
    NO = 0
    MAYBE = 1
    YES = 2


class Action(StrEnum):
    """PASS leaves the stage and goes on with the next."""

    ALLOW = "allow"
    DENY = "deny"
    PASS = "pass"  # noqa: S105


PeerTest = Callable[[Endpoint], Match]
PortTest = Callable[[Endpoint], Ports]


class Rule(Struct, frozen=True):
    """One rule. `ports` are asked of the destination, which named ports belong to.

    `doubt` says what of it is not modelled, so that where it matches it only may.
    """

    action: Action
    policy: o.Object
    path: str
    peer: PeerTest
    ports: PortTest
    doubt: str = ""


Stage = tuple[Rule, ...]


class Step(Struct, frozen=True):
    """A rule that decided something: which ports, and whether it surely did."""

    rule: Rule
    ports: Ports
    sure: bool


class Decision(Struct, frozen=True):
    """What becomes of the ports that were asked for. `steps` in the order they were taken."""

    allowed: Ports
    denied: Ports
    unknown: Ports
    steps: tuple[Step, ...] = ()


def anyone(_: Endpoint) -> Match:
    """Every peer there is."""
    return Match.YES


def nobody(_: Endpoint) -> Match:
    """No peer at all."""
    return Match.NO


def any_port(_: Endpoint) -> Ports:
    """Every port there is."""
    return ALL


def decide(stages: tuple[Stage, ...], other: Endpoint, destination: Endpoint, wanted: Ports) -> Decision:
    """Ask the stages about traffic between the pod they are for and another."""
    may, deny, steps = NONE, NONE, []
    arriving = wanted
    for stage in stages:
        passed = NONE
        for rule in stage:
            if not arriving:
                break
            match = rule.peer(other)
            taken = arriving & rule.ports(destination) if match else NONE
            if not taken:
                continue
            sure = match is Match.YES and not rule.doubt
            match rule.action:
                case Action.ALLOW:
                    may |= taken
                case Action.DENY:
                    deny |= taken
                case Action.PASS:
                    passed |= taken
            steps.append(Step(rule, taken, sure))
            if sure:
                arriving -= taken
        arriving |= passed
        if not arriving:
            break
    may |= arriving
    both = may & deny
    return Decision(may - both, deny - both, both, tuple(steps))
