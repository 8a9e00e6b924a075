"""Rights over what is nobody's own: kubelets, admission, the map of AWS identities (E12, E14, E18)."""

from __future__ import annotations

from collections.abc import Iterator

from checks.access.escalation.estate import Estate
from checks.access.escalation.held import Held
from checks.access.escalation.needs import CHANGE_ADMISSION, CHANGE_CONFIG_MAPS, NODE_PROXY
from checks.access.escalation.places import Later, Pods, PodsOn
from checks.access.escalation.steps import Move
from checks.access.subjects import MASTERS
from checks.cluster.snapshot import Snapshot

_AWS_AUTH = "aws-auth"
_SYSTEM = "kube-system"


def moves(snapshot: Snapshot, there: Estate, held: Held) -> Iterator[Move]:
    """Every such move."""
    for hold in held.of(NODE_PROXY):
        if hold.names is None:
            yield Move(Pods(None), "E12", (hold.permission(),))
        for name in hold.names or ():
            if name in there.on_node:
                yield Move(PodsOn(name), "E12", (hold.permission(name),))
    for hold in held.of(*CHANGE_ADMISSION):
        yield Move(Later.PODS, "E14", (hold.permission(),), "a webhook or policy that changes pods")
    if snapshot.cluster.provider == "eks":
        for hold in held.of(CHANGE_CONFIG_MAPS):
            if hold.reaches(_SYSTEM) and hold.allows(_AWS_AUTH):
                asked = hold.permission(_AWS_AUTH, _SYSTEM)
                yield Move(MASTERS, "E18", (asked,), f"ConfigMap {_SYSTEM}/{_AWS_AUTH}")
