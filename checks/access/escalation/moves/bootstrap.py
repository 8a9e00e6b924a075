"""Logging in by a bootstrap token: a Secret of kube-system that whoever may write it makes up (E23).

The API server takes any Secret `bootstrap-token-ID` of the type `bootstrap.kubernetes.io/token` for a user
of the group `system:bootstrappers`, and of every group below it that the Secret names. What that is worth is
what is bound to these groups; kubeadm binds what a kubelet joins with, which becomes a node's certificate.
Which groups a token names that is there is not known, since no Secret's content is read.
Source: plugin/pkg/auth/authenticator/token/bootstrap (Kubernetes v1.37).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from msgspec import Struct

from checks.access.escalation.estate import Estate, bound_subjects
from checks.access.escalation.held import Held
from checks.access.escalation.needs import CHANGE_SECRETS, CREATE_SECRETS, READ_SECRETS
from checks.access.escalation.places import Bootstrapper
from checks.access.escalation.steps import Move
from checks.access.subjects import BOOTSTRAPPERS, GROUP
from checks.cluster.snapshot import Snapshot, derived
from checks.control_plane.components import components
from checks.control_plane.flags import FlagValue

_SYSTEM = "kube-system"
_PREFIX = "bootstrap-token-"
_SOME = f"{_PREFIX}abcdef"
_NAME = re.compile(rf"{_PREFIX}[a-z0-9]{{6}}")
_GROUP = re.compile(rf"{BOOTSTRAPPERS.name}(:[a-z0-9:-]{{0,255}}[a-z0-9])?")
_SWITCH = "enable-bootstrap-token-auth"
_UNSEEN = f"the API server takes bootstrap tokens (--{_SWITCH}): its flags were not seen"
_NAMED = "the token names these groups: what it names is not read"


class _Bootstrap(Struct, frozen=True):
    """What a bootstrap token can be worth: the groups that are bound to something (none where the API server
    takes no such tokens), and on what condition."""

    groups: tuple[str, ...]
    condition: str


def moves(snapshot: Snapshot, there: Estate, held: Held) -> Iterator[Move]:
    """Every move to the holder of a bootstrap token."""
    if not (worth := _worth(snapshot)).groups:
        return
    target = Bootstrapper(worth.groups)
    kept = sorted(name for where, name in there.secrets if where == _SYSTEM and _NAME.fullmatch(name))
    for create in held.of(CREATE_SECRETS):
        free = (name for name in create.names or ("",) if name not in kept and _NAME.fullmatch(name or _SOME))
        for name in islice(free, 1 if create.reaches(_SYSTEM) else 0):
            asked = create.permission(name or None, _SYSTEM)
            yield Move(target, "E23", (asked,), "a new bootstrap token", condition=worth.condition)
    for use in held.of(CHANGE_SECRETS, READ_SECRETS):
        unread = () if use.need is CHANGE_SECRETS else (_NAMED,)
        condition = "; ".join(each for each in (worth.condition, *unread) if each)
        for name in (each for each in kept if use.reaches(_SYSTEM) and use.allows(each)):
            asked = use.permission(name, _SYSTEM)
            yield Move(target, "E23", (asked,), f"Secret {_SYSTEM}/{name}", condition=condition)


@derived
def _worth(snapshot: Snapshot) -> _Bootstrap:
    servers = components(snapshot).api_servers
    flags = [server.flag(_SWITCH) for server in servers]
    if servers and all(server.complete for server in servers) and not any(map(_may_be_on, flags)):
        return _Bootstrap((), "")
    bound = {each.name for each in bound_subjects(snapshot) if each.kind == GROUP}
    groups = tuple(sorted(name for name in bound if _GROUP.fullmatch(name)))
    sure = any(flag is not None and flag.known and flag.switch for flag in flags)
    return _Bootstrap(groups, "" if sure else _UNSEEN)


def _may_be_on(flag: FlagValue | None) -> bool:
    return flag is not None and not (flag.known and flag.switch is False)
