"""The four roles, what somebody holds of them and where, and who is asking."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from checks.wording import some

ANY = "*"
EVERYWHERE = frozenset({ANY})


class Role(StrEnum):
    """What somebody may do. Each may do all that the ones before it may."""

    VIEWER = "viewer"
    """Ask questions and see the status."""
    OPERATOR = "operator"
    """Start what takes the cluster's time and is kept: scans and reports."""
    APPROVER = "approver"
    """Decide for others. There is nothing yet to decide, so they may do what operators may."""
    ADMIN = "admin"
    """Read the audit log, and be named to whoever lacks a role."""

    def reaches(self, other: Role) -> bool:
        """Whether this role is that one or above it."""
        return _ORDER.index(self) >= _ORDER.index(other)


_ORDER = tuple(Role)


class Held(Struct, frozen=True):
    """A role in some clusters (by their names in the settings) and namespaces; `*` stands for every one."""

    role: Role
    clusters: frozenset[str] = EVERYWHERE
    namespaces: frozenset[str] = EVERYWHERE

    def __contains__(self, cluster: str) -> bool:
        return ANY in self.clusters or cluster in self.clusters

    def __str__(self) -> str:
        if ANY in self.clusters and ANY in self.namespaces:
            return f"{self.role} everywhere"
        clusters = "every cluster" if ANY in self.clusters else some(sorted(self.clusters))
        namespaces = "" if ANY in self.namespaces else f", {of_namespaces(self.namespaces)} alone"
        return f"{self.role} in {clusters}{namespaces}"


def of_namespaces(spaces: frozenset[str]) -> str:
    """Namespaces in words."""
    return f"the namespace{'s' if len(spaces) > 1 else ''} {some(sorted(spaces))}"


class Rights(Struct, frozen=True):
    """All that somebody holds: what one role allows is not limited by another."""

    held: tuple[Held, ...] = ()

    def __str__(self) -> str:
        return (
            f"You are {'; '.join(dict.fromkeys(map(str, self.held)))}." if self.held else "You have no role."
        )

    def namespaces(self, role: Role, cluster: str) -> frozenset[str]:
        """Where in a cluster they have this role or one above it; `*` among them for everywhere."""
        return frozenset[str]().union(
            *(each.namespaces for each in self.held if each.role.reaches(role) and cluster in each)
        )

    def best(self, cluster: str | None = None) -> Role | None:
        """The highest role held, in a cluster or in any."""
        found = {each.role for each in self.held if cluster is None or cluster in each}
        return max(found, key=_ORDER.index, default=None)

    def has(self, role: Role) -> bool:
        """Whether they have this role or one above it somewhere."""
        return (best := self.best()) is not None and best.reaches(role)

    def everywhere(self, role: Role) -> bool:
        """Whether they have this role or one above it in every cluster and namespace."""
        return any(
            each.role.reaches(role) and ANY in each.clusters and ANY in each.namespaces for each in self.held
        )


class Standing(StrEnum):
    """What somebody is to the workspace. Only a full member ever has rights."""

    MEMBER = "a full member of this workspace"
    GUEST = "a guest"
    STRANGER = "of another workspace"
    BOT = "a bot"
    GONE = "a deactivated account"
    UNKNOWN = "somebody whom Slack did not let me look up"


class Asker(Struct, frozen=True):
    """Who asks: a Slack user's id, or who of the house does (`command line`, `schedule weekly`).

    `channel` is where they asked. `doubts`: what could not be found out about them, which can only have
    cost them rights.
    """

    name: str
    rights: Rights = Rights()
    channel: str = ""
    standing: Standing = Standing.MEMBER
    doubts: tuple[str, ...] = ()

    @classmethod
    def of_the_house(cls, name: str) -> Asker:
        """Whoever runs Quarterdeck itself may do everything: they could read its database, too."""
        return cls(name, Rights((Held(Role.ADMIN),)))
