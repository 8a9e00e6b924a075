"""What the settings grant to whom, as `rights:` in the settings file."""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from bot.rights.roles import ANY, Role

MOST_GROUPS = 20
"""User groups that may be named: Slack lets us ask for the members of twenty a minute."""
_IDS = {"users": "UW", "groups": "S", "channels": "CG"}
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,63}")


class Part(BaseModel):
    """Unknown keys are mistakes, not silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class GrantSettings(Part):
    """A role for everybody who is named here in one of the four ways, in these clusters and namespaces."""

    role: Role
    users: tuple[str, ...] = Field(default=(), description="Slack users' ids (U0123ABCD)")
    groups: tuple[str, ...] = Field(
        default=(), description="Ids of Slack user groups (S0123ABCD); takes a paid plan of Slack"
    )
    channels: tuple[str, ...] = Field(
        default=(), description="Channels' ids: whoever asks in one of them has the role there"
    )
    email_domains: tuple[str, ...] = Field(
        default=(), description="Whoever has an address of such a domain (`example.com`, not its subdomains)"
    )
    clusters: tuple[str, ...] = Field(default=(ANY,), description="Names under `clusters:`; `*` is every one")
    namespaces: tuple[str, ...] = Field(
        default=(ANY,), description="Namespaces; `*` is every one and what is outside of namespaces"
    )

    @field_validator("users", "groups", "channels")
    @classmethod
    def _ids(cls, values: tuple[str, ...], about: object) -> tuple[str, ...]:
        first = _IDS[str(getattr(about, "field_name", ""))]
        for value in values:
            if not re.fullmatch(f"[{first}][A-Z0-9]{{2,20}}", value):
                raise ValueError(f"{value!r} is not an id that begins with {' or '.join(first)}")
        return values

    @field_validator("email_domains")
    @classmethod
    def _domains(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if not _DOMAIN.fullmatch(value.casefold()):
                raise ValueError(f"{value!r} is not a domain; write it as example.com")
        return tuple(value.casefold() for value in values)

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if not (self.users or self.groups or self.channels or self.email_domains):
            raise ValueError("names nobody: give users, groups, channels or email_domains")
        if not self.clusters or not self.namespaces:
            raise ValueError(f"bound to nothing: leave clusters and namespaces out, or name some or {ANY!r}")
        return self


class RightsSettings(Part):
    """Who may do what. Guests, other workspaces' people and bots never may do anything."""

    grants: tuple[GrantSettings, ...] = Field(
        default=(), description="Roles for some; what several of them allow adds up"
    )
    everyone: Literal["none", "viewer", "operator"] | None = Field(
        default=None,
        description="The role of every full member of the workspace, everywhere; if left out, operator as "
        "long as `grants` is empty, and none from then on",
    )
    sensitive: Literal["private", "public"] = Field(
        default="private",
        description="Whether the answer to a mention that tells who can do what goes to the asker alone",
    )
    remember_seconds: int = Field(
        default=300,
        ge=60,
        le=86_400,
        description="How long what Slack says of a person or a user group is taken to hold",
    )
    stale_seconds: int = Field(
        default=3600,
        ge=60,
        le=604_800,
        description="How long at most it is used when Slack does not say it anew; then it counts for nothing",
    )

    @model_validator(mode="after")
    def _times_agree(self) -> Self:
        if self.stale_seconds < self.remember_seconds:
            raise ValueError("stale_seconds must not be shorter than remember_seconds")
        if len(self.groups) > MOST_GROUPS:
            raise ValueError(
                f"grants name {len(self.groups)} user groups; {MOST_GROUPS} at most can be kept fresh"
            )
        return self

    @property
    def groups(self) -> tuple[str, ...]:
        """The user groups that some grant names."""
        return tuple(dict.fromkeys(group for grant in self.grants for group in grant.groups))

    @property
    def users(self) -> tuple[str, ...]:
        """The users that some grant names."""
        return tuple(dict.fromkeys(user for grant in self.grants for user in grant.users))

    @property
    def by_email(self) -> bool:
        """Whether anybody's address matters."""
        return any(grant.email_domains for grant in self.grants)

    @property
    def of_everyone(self) -> Role | None:
        """What every full member holds."""
        chosen = self.everyone or ("none" if self.grants else Role.OPERATOR)
        return None if chosen == "none" else Role(chosen)

    @property
    def admins(self) -> tuple[str, ...]:
        """The Slack users and groups who can be asked for a role."""
        named = ((*each.users, *each.groups) for each in self.grants if each.role is Role.ADMIN)
        return tuple(dict.fromkeys(each for ids in named for each in ids))
