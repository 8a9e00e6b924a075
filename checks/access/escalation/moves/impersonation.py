"""Acting as somebody else (E4), by the bare verb `impersonate`.

A group can only be added to a user that may be impersonated as well; with any group that is system:masters.
The name of a service account or of none is asked about as it is. `uids` and `userextras` change nothing that
RBAC looks at. Source: k8s.io/apiserver pkg/endpoints/filters/impersonation.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.access.escalation.estate import Estate
from checks.access.escalation.held import Held, Hold
from checks.access.escalation.needs import IMPERSONATE_ACCOUNTS, IMPERSONATE_GROUPS, IMPERSONATE_USERS
from checks.access.escalation.places import Accounts, Anybody, Missing, NodeIdentity
from checks.access.escalation.steps import Move
from checks.access.subjects import GROUP, MASTERS, USER, user
from checks.model import Subject

_SOMEBODY = "anybody"
_NODES = "system:nodes"


def moves(there: Estate, held: Held) -> Iterator[Move]:
    """Every move by the verb `impersonate`."""
    for hold in held.of(IMPERSONATE_USERS):
        if hold.names is None:
            yield Move(Anybody.USERS, "E4", (hold.permission(),))
        for name in hold.names or ():
            if (who := user(name)).kind == USER:
                yield Move(who, "E4", (hold.permission(name),))
    for hold in held.of(IMPERSONATE_ACCOUNTS):
        yield from _accounts(there, hold)
    for groups in held.of(IMPERSONATE_GROUPS):
        for hold in held.of(IMPERSONATE_USERS, IMPERSONATE_ACCOUNTS):
            yield from _groups(groups, hold)


def _accounts(there: Estate, hold: Hold) -> Iterator[Move]:
    """Whether an account exists is not asked."""
    where = hold.where
    if hold.names is None:
        yield Move(Accounts(where), "E4", (hold.permission(),))
        yield Move(Missing(where), "E4", (hold.permission(),))
    for name in hold.names or ():
        for account in there.called(name, where):
            yield Move(account, "E4", (hold.permission(name, account.namespace),))


def _groups(groups: Hold, other: Hold) -> Iterator[Move]:
    """With a group comes a user; which one does not matter."""
    who = other.permission(_SOMEBODY if other.names is None else None)
    if groups.names is None:
        yield Move(MASTERS, "E4", (who, groups.permission(MASTERS.name)))
    for name in groups.names or ():
        yield Move(Subject(GROUP, name), "E4", (who, groups.permission(name)))
    if other.need is IMPERSONATE_USERS and other.names is None and groups.allows(_NODES):
        node = other.permission("system:node:*")
        yield Move(NodeIdentity(None), "E4", (node, groups.permission(_NODES)))
