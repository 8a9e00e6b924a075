"""The words every room shares: what a check is, what it says, and about what.

A check yields verdicts; `checks.run` turns verdicts into results by adding what the check itself must not
know: severity, fingerprint, requirements. All of it is frozen data, encoded by msgspec as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from checks.cluster.snapshot import Snapshot


class Status(StrEnum):
    """A verdict. All but the first two always carry a reason; none of those five ever counts as a pass."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    WAIVED = "waived"
    MANUAL = "manual"
    NOT_APPLICABLE = "not_applicable"
    NOT_EVALUATED = "not_evaluated"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """0 for the worst: fail, error, not_evaluated, manual, waived, pass, not_applicable."""
        return _BADNESS[self]


_WORST_FIRST = (
    Status.FAIL,
    Status.ERROR,
    Status.NOT_EVALUATED,
    Status.MANUAL,
    Status.WAIVED,
    Status.PASS,
    Status.NOT_APPLICABLE,
)
_BADNESS = {status: rank for rank, status in enumerate(_WORST_FIRST)}


class Severity(StrEnum):
    """How much a failure matters, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for critical, growing as it matters less: sorts worst first."""
        return list(Severity).index(self)


class Theme(StrEnum):
    """What a check is about. Mappings to standards whose controls are broad go by theme, not by check."""

    ACCESS = "access"
    ADMISSION = "admission"
    AUDIT = "audit"
    CONTROL_PLANE = "control-plane"
    IMAGES = "images"
    MESH = "mesh"
    NETWORK = "network"
    NODES = "nodes"
    OWN = "own"
    SECRETS = "secrets"
    WORKLOADS = "workloads"


class Resource(Struct, frozen=True, rename="camel", gc=False):
    """What a result is about: the top owner (Deployment, CronJob …), a role, a namespace or the cluster."""

    api_version: str
    kind: str
    namespace: str | None
    name: str
    uid: str | None = None

    def __str__(self) -> str:
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {where}{self.name}"


class Evidence(Struct, frozen=True, rename="camel", gc=False, omit_defaults=True):
    """One observed fact. `observed` is JSON and never a secret's value.

    `source` names the object that was looked at where it is not the result's resource itself (a Pod under
    its Deployment, a role behind a binding); `uid` and `resource_version` are that object's.
    """

    path: str
    observed: Any
    expected: str
    source: str | None = None
    uid: str | None = None
    resource_version: str | None = None


class Verdict(Struct, frozen=True, gc=False):
    """What a check function yields for one resource (and one locus in it, such as `containers/app`)."""

    status: Status
    resource: Resource
    message: str = ""
    locus: str = ""
    reason: str | None = None
    evidence: tuple[Evidence, ...] = ()


class Result(Struct, frozen=True, rename="camel", gc=False):
    """One check's verdict on one resource, complete. Field names are the published contract."""

    check: str
    status: Status
    severity: Severity
    reason: str | None
    message: str
    resource: Resource
    locus: str
    evidence: tuple[Evidence, ...]
    fingerprint: str
    requirements: tuple[str, ...]


CheckFunction = Callable[["Snapshot"], Iterator[Verdict]]


class Remediation(Struct, frozen=True):
    """What to do: one or two sentences and a YAML snippet that can be pasted."""

    text: str
    snippet: str


class Check(Struct, frozen=True):
    """A check's metadata and its pure function.

    `needs`: kinds without which no verdict is possible; one missing makes the whole check not evaluated.
    `population`: kinds whose objects it judges; a missing one is not evaluated, the others are judged.
    `also`: kinds that inform the judgement where they are; one that is there and unread is not evaluated.
    `hints`: kinds that only add to what is found: that one is unread changes no verdict into a gap.
    A check reads no other kinds.
    `how`: how it is decided, where that is not the function's docstring (an expression of an own check).
    `because`: one sentence that says why it has this severity: what it takes, and what is then lost.
    `theme`: its module's `THEME`; `own` for a check that an operator wrote.
    """

    id: str
    title: str
    severity: Severity
    needs: tuple[str, ...]
    population: tuple[str, ...]
    rationale: str
    remediation: Remediation
    function: CheckFunction
    also: tuple[str, ...] = ()
    because: str = ""
    how: str = ""
    hints: tuple[str, ...] = ()
    theme: Theme = Theme.OWN

    @property
    def explanation(self) -> str:
        """How it is decided, in one paragraph: `how`, else the function's docstring."""
        return " ".join((self.how or self.function.__doc__ or "").split())

    @property
    def kinds(self) -> tuple[str, ...]:
        """Every kind it reads."""
        return (*self.needs, *self.population, *self.also, *self.hints)


class CheckInfo(Struct, frozen=True, rename="camel"):
    """A check's metadata as a scan carries it, so that a report can be drawn without the code."""

    id: str
    title: str
    severity: Severity
    rationale: str
    remediation: Remediation


class CoverageState(StrEnum):
    COLLECTED = "collected"
    FORBIDDEN = "forbidden"
    ABSENT = "absent"
    FAILED = "failed"


class KindCoverage(Struct, frozen=True, rename="camel"):
    """What was seen of one kind: how many objects, or why none could be.

    `custom`: it comes with an add-on, so that its absence is a fact about the cluster.
    """

    kind: str
    api_version: str
    state: CoverageState
    listed: int = 0
    reason: str | None = None
    custom: bool = False

    @property
    def gap(self) -> bool:
        """Whether there may be objects of this kind that were not seen."""
        match self.state:
            case CoverageState.COLLECTED:
                return False
            case CoverageState.ABSENT:
                return not self.custom
            case CoverageState.FORBIDDEN | CoverageState.FAILED:
                return True


class Subject(Struct, frozen=True, gc=False):
    """Someone RBAC can name. `namespace` is set for service accounts only."""

    kind: str
    name: str
    namespace: str | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class ObjectRef(Struct, frozen=True, gc=False, omit_defaults=True):
    """A binding or a role, as evidence names it."""

    kind: str
    name: str
    namespace: str | None = None
    uid: str | None = None
    resource_version: str | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class Because(Struct, frozen=True, gc=False):
    """Why a subject holds a right: this binding, to this role, by this rule (index in `rules`)."""

    binding: ObjectRef
    role: ObjectRef
    rule: int


class AdminHolder(Struct, frozen=True, rename="camel"):
    """Someone who can do everything in the cluster, and how they come to it.

    `how`: `implicit` (system:masters, before RBAC), `cluster-admin` (the role of that name) or
    `equivalent` (another role with the same content). `because` is empty for the implicit one.
    """

    subject: Subject
    how: str
    because: tuple[Because, ...]
    note: str = ""
    created: datetime | None = None


class Expectations(Struct, frozen=True, rename="camel", omit_defaults=True):
    """What this cluster's operator expects beyond what holds for every cluster.

    allowed_registries: where images may come from (`registry.example.com/team`); any when empty.
    """

    allowed_registries: tuple[str, ...] = ()


MANAGED = frozenset(("eks", "gke", "aks"))
"""Providers that run the control plane themselves and show nothing of it."""


class ClusterInfo(Struct, frozen=True, rename="camel"):
    """Which cluster this is. `uid` is the kube-system namespace's; everything is keyed by it.

    `source`: `cluster`, `manifests` or `sample`; `origin` says it in words (a context, a path).
    """

    uid: str
    name: str
    version: str
    provider: str
    source: str = "cluster"
    origin: str = ""


class Problem(Struct, frozen=True, rename="camel"):
    """Something in the input that could not be used: a broken or foreign document, by file and line."""

    file: str
    line: int | None
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.message}"


class ToolInfo(Struct, frozen=True):
    """Which judgement this was: the product's version and the hash of its checks and frameworks."""

    version: str
    checks: str


class Fix(Struct, frozen=True, rename="camel"):
    """What mending all failures of one check would add to a score, in points of 100."""

    check: str
    resources: int
    gain: float


class Score(Struct, frozen=True, rename="camel"):
    """0 to 100, rounded down, weighted by severity (docs/score.md explains it).

    `value` is None where there is nothing to score, for the `reason` given. `with_waivers` is what it would
    be if accepted risks counted as mended. Of `applicable` (checks, or a framework's requirements) `decided`
    were decided by evidence. `fixes` are the checks whose failures cost the most.
    """

    value: int | None
    with_waivers: int | None
    decided: int
    applicable: int
    fixes: tuple[Fix, ...] = ()
    reason: str | None = None


class RequirementResult(Struct, frozen=True, rename="camel"):
    """One numbered requirement's status, derived from its checks' results. `section` groups a framework's."""

    id: str
    title: str
    level: int | None
    assessment: str
    status: Status
    reason: str | None
    checks: tuple[str, ...]
    section: str = ""


class FrameworkResult(Struct, frozen=True, rename="camel"):
    """A framework with all its requirements: counts add up to their number.

    `indicative`: it is a mapping of ours, in which checks alone never decide.
    """

    id: str
    title: str
    version: str
    requirements: tuple[RequirementResult, ...]
    counts: dict[Status, int]
    score: Score | None = None
    indicative: bool = False


class WayStep(Struct, frozen=True, rename="camel"):
    """One step of a way to more rights, in words: who does what (`technique` is its id in the catalogue) by
    which rights, on what, through which bindings, and whom or what they hold then. `cuts`: each of these
    taken away (a binding, or one subject from a binding) ends the step."""

    identity: str
    technique: str
    title: str
    rights: tuple[str, ...]
    uses: str
    bindings: tuple[str, ...]
    cuts: tuple[str, ...]
    gains: str


class Escalations(Struct, frozen=True, rename="camel"):
    """How many service accounts reach cluster-admin without having it, by what people granted, and the ways
    of the first of them, shortest first. `remove`: the fewest bindings, or subjects of bindings,
    without which none does; `holds`: that was computed anew without them."""

    reaching: int
    ways: tuple[tuple[WayStep, ...], ...] = ()
    remove: tuple[str, ...] = ()
    holds: bool = False


class Scan(Struct, frozen=True, rename="camel", tag_field="schema", tag="quarterdeck.scan/v1", weakref=True):
    """Everything one evaluation of one snapshot says. Encoded as `quarterdeck.scan/v1`."""

    cluster: ClusterInfo
    started: datetime
    finished: datetime
    tool: ToolInfo
    coverage: tuple[KindCoverage, ...]
    results: tuple[Result, ...]
    frameworks: tuple[FrameworkResult, ...]
    checks: tuple[CheckInfo, ...]
    cluster_admins: tuple[AdminHolder, ...] = ()
    namespaces: tuple[str, ...] | None = None
    problems: tuple[Problem, ...] = ()
    score: Score | None = None
    escalations: Escalations | None = None
