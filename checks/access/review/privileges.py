"""The rights that make somebody privileged, most dangerous first.

Each is a right that a way of the escalation catalogue begins with, and is told from roles and bindings alone,
so that a kept run can be asked as well. E10 and E22 begin with rights that are here already. E16, E19 and E21
(moving pods, redirecting traffic, reaching ports) gain no identity by themselves and make nobody privileged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from msgspec import Struct

from checks.access.escalation.needs import (
    APPROVE_SIGNER,
    APPROVED_AS_NODE,
    AS_ACCOUNT,
    AS_GROUP,
    AS_NODE,
    AS_OWN_NODE,
    AS_USER,
    ATTACH,
    BIND_CLUSTER_ROLES,
    BIND_ROLES,
    CHANGE_CONFIG_MAPS,
    CHANGE_NAMESPACES,
    CHANGE_PODS,
    CHANGE_SECRETS,
    CREATE_SECRETS,
    CREATE_VOLUMES,
    DEBUG,
    ESCALATE_CLUSTER_ROLES,
    ESCALATE_ROLES,
    EVERYTHING,
    EXEC,
    IMPERSONATE_ACCOUNTS,
    IMPERSONATE_GROUPS,
    IMPERSONATE_USERS,
    MINT,
    NODE_PROXY,
    READ_SECRETS,
    REGISTRATION,
    START_PODS,
    Given,
    Need,
    given_of,
)
from checks.cluster import objects as o


class Place(Struct, frozen=True, gc=False):
    """The only objects that a right makes privileged about; `on_eks`: on EKS alone."""

    namespace: str
    name: re.Pattern[str]
    on_eks: bool = False


class Privilege(Struct, frozen=True, gc=False):
    """A right that makes somebody privileged: any one of `needs`, in `place` if it is about one. `technique`
    is of the catalogue."""

    id: str
    title: str
    technique: str
    needs: tuple[Need, ...]
    place: Place | None = None


def _writing(group: str, *resources: str) -> tuple[Need, ...]:
    return tuple(
        Need(verbs, resource, group, cluster=True)
        for resource in resources
        for verbs in (("create",), ("update", "patch"))
    )


_GUARDS = ("mutating", "validating")
_KINDS_OF_GUARD = ("webhookconfigurations", "admissionpolicies", "admissionpolicybindings")
_ADMISSION = tuple(f"{guard}{kind}" for guard in _GUARDS for kind in _KINDS_OF_GUARD)

HOLD_EVERYTHING = Privilege("hold-everything", "do everything", "E1", (EVERYTHING,))
EDIT_AWS_AUTH = Privilege(
    "edit-aws-auth",
    "edit the aws-auth ConfigMap",
    "E18",
    (CHANGE_CONFIG_MAPS,),
    Place("kube-system", re.compile("aws-auth"), on_eks=True),
)

PRIVILEGES: tuple[Privilege, ...] = (
    HOLD_EVERYTHING,
    Privilege("escalate-roles", "escalate roles", "E2", (ESCALATE_CLUSTER_ROLES, ESCALATE_ROLES)),
    Privilege("bind-roles", "bind roles", "E3", (BIND_CLUSTER_ROLES, BIND_ROLES)),
    Privilege(
        "impersonate",
        "impersonate",
        "E4",
        (
            IMPERSONATE_GROUPS,
            IMPERSONATE_USERS,
            IMPERSONATE_ACCOUNTS,
            AS_USER,
            AS_GROUP,
            AS_ACCOUNT,
            AS_NODE,
            AS_OWN_NODE,
        ),
    ),
    EDIT_AWS_AUTH,
    Privilege(
        "approve-certificates", "have certificates approved", "E13", (APPROVE_SIGNER, APPROVED_AS_NODE)
    ),
    Privilege("mint-tokens", "mint tokens", "E9", (MINT,)),
    Privilege("read-secrets", "read secrets", "E11", (READ_SECRETS,)),
    Privilege(
        "make-bootstrap-tokens",
        "make bootstrap tokens",
        "E23",
        (CREATE_SECRETS, CHANGE_SECRETS),
        Place("kube-system", re.compile(r"bootstrap-token-[a-z0-9]{6}")),
    ),
    Privilege("use-kubelets", "use kubelets (nodes/proxy)", "E12", (NODE_PROXY,)),
    Privilege(
        "change-admission",
        "change admission",
        "E14",
        (
            *_writing(REGISTRATION, *_ADMISSION),
            *(Need(("delete",), resource, REGISTRATION, cluster=True) for resource in _ADMISSION),
        ),
    ),
    Privilege(
        "take-over-apis",
        "take over APIs",
        "E20",
        (
            *_writing("apiregistration.k8s.io", "apiservices"),
            *_writing("apiextensions.k8s.io", "customresourcedefinitions"),
        ),
    ),
    Privilege("start-pods", "start pods", "E5", START_PODS),
    Privilege("enter-pods", "get into pods", "E6", (EXEC, ATTACH, DEBUG, CHANGE_PODS)),
    Privilege("make-volumes", "make volumes of node files", "E15", (CREATE_VOLUMES,)),
    Privilege("lift-pod-security", "lift Pod Security", "E17", (CHANGE_NAMESPACES,)),
)

OF_NEED: Mapping[Need, Privilege] = MappingProxyType(
    {need: privilege for privilege in PRIVILEGES for need in privilege.needs}
)
"""The privilege that a need makes."""


def kinds_given(rules: tuple[o.PolicyRule, ...], *, wide: bool) -> tuple[Privilege, ...]:
    """The kinds of privilege that rules give, in the whole cluster or inside some namespace; without those
    that are about certain objects of one."""
    found = {OF_NEED[need] for need in privileged(rules) if wide or not need.cluster}
    return tuple(each for each in PRIVILEGES if each in found and each.place is None)


@lru_cache(maxsize=16384)
def privileged(rules: tuple[o.PolicyRule, ...]) -> dict[Need, tuple[Given, ...]]:
    """What these rules give of all this. A role with everything gives that, and the rest is in it."""
    found = given_of(rules, OF_NEED)
    return {EVERYTHING: found[EVERYTHING]} if EVERYTHING in found else found
