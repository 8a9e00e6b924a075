"""A policy in one shape, wherever it is from: an own check's file, or a cluster's admission policy."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from checks.cel.protocol import Program
from checks.cluster import objects as o
from checks.model import Remediation, Severity

REFUSES = "Deny"


class Bound(Struct, frozen=True):
    """One way in which a policy takes effect: a binding, or the only one of an own check."""

    name: str = ""
    match: o.MatchResources = o.MatchResources()
    actions: tuple[str, ...] = (REFUSES,)
    param_ref: o.ParamRef | None = None


class Policy(Struct, frozen=True):
    """What to judge, by which expressions, and how to speak of it.

    own: from a file of own checks: an error while evaluating is an error, not a refusal.
    kind: apiVersion and kind to judge, instead of `match`.
    """

    id: str
    title: str
    severity: Severity
    rationale: str
    remediation: Remediation
    program: Program
    because: str = ""
    how: str = ""
    own: bool = False
    kind: tuple[str, str] | None = None
    match: o.MatchResources = o.MatchResources()
    bound: tuple[Bound, ...] = ()
    param_kind: o.ParamKind | None = None
    params: Any = None
    ignores_errors: bool = False
    requirements: tuple[str, ...] = ()
    source: str = ""
