"""The report's parts, in reading order. Strings from a cluster are kept as they are; renderers tame them."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from checks.model import CheckInfo, ClusterInfo, CoverageState, Problem, Score, Severity, Status, ToolInfo
from reports.drawing import Drawing

Counts = dict[Status, int]
"""How many of each status; every status is a key, so that the counts visibly add up."""


class Line(Struct, frozen=True):
    """One requirement. `note` is the number of its reason among the matrix's notes."""

    id: str
    title: str
    level: int | None
    assessment: str
    status: Status
    checks: tuple[str, ...]
    note: int | None


class Section(Struct, frozen=True):
    """Requirements listed together."""

    title: str
    counts: Counts
    lines: tuple[Line, ...]


class Matrix(Struct, frozen=True):
    """All requirements of one framework, grouped; `notes` are the distinct reasons, each said once."""

    id: str
    title: str
    version: str
    counts: Counts
    score: Score | None
    sections: tuple[Section, ...]
    notes: tuple[str, ...]
    indicative: bool = False

    @property
    def total(self) -> int:
        return sum(self.counts.values())


class Fact(Struct, frozen=True):
    """One row of evidence: what was seen where, and what would have passed."""

    path: str
    observed: str
    expected: str
    source: str | None


class Finding(Struct, frozen=True):
    """A failed result with the first of its facts; `more` are left out. `new`: since the run before."""

    kind: str
    namespace: str | None
    name: str
    locus: str
    message: str
    facts: tuple[Fact, ...]
    more: int
    new: bool


class FailedCheck(Struct, frozen=True):
    """A check with failures: what it is, and as many findings as there is room for."""

    check: CheckInfo
    requirements: tuple[tuple[str, tuple[str, ...]], ...]
    findings: int
    resources: int
    shown: tuple[Finding, ...]

    @property
    def more(self) -> int:
        return self.findings - len(self.shown)


class Open(Struct, frozen=True):
    """Verdicts other than pass and fail of one check; `reasons` are the most frequent of `reasons_total`."""

    status: Status
    check: str
    title: str
    count: int
    reasons: tuple[tuple[str, int], ...]
    reasons_total: int


class Kind(Struct, frozen=True):
    """What was seen of a kind. `judged` counts its objects that got a verdict under their own name."""

    kind: str
    api_version: str
    state: CoverageState
    listed: int
    judged: int
    reason: str | None


class Scope(Struct, frozen=True):
    """What was looked at, and what was not. `unused`: kinds of add-ons that the cluster has no object of."""

    kinds: tuple[Kind, ...]
    unused: tuple[str, ...]
    namespaces: tuple[str, ...] | None
    problems: tuple[Problem, ...]
    problems_total: int
    open: tuple[Open, ...]


class Gone(Struct, frozen=True):
    """A finding of the run before that is fixed."""

    title: str
    kind: str
    namespace: str | None
    name: str
    locus: str


class Delta(Struct, frozen=True):
    """What changed since the run before; `gone` are the first of what is fixed.

    A finding that could not be judged again is not fixed.
    """

    since: datetime | None
    run: str | None
    new: int
    fixed: int
    still_open: int
    no_longer_evaluated: int
    newly_evaluated: int
    checks_changed: bool
    gone: tuple[Gone, ...]


class Gain(Struct, frozen=True):
    """A check whose mending would move the score most, and by how many points of 100."""

    check: str
    title: str
    resources: int
    points: float


class Summary(Struct, frozen=True):
    """The first page: everything on it is counted from the scan."""

    verdict: str
    results: Counts
    severities: tuple[tuple[Severity, int, int], ...]
    risks: tuple[FailedCheck, ...]
    delta: Delta | None
    kinds_read: int
    kinds_total: int
    score: Score | None = None
    gains: tuple[Gain, ...] = ()

    @property
    def findings(self) -> int:
        return self.results[Status.FAIL]


class Grant(Struct, frozen=True):
    """One way to a right: a binding, the role it gives, and the index of the rule in that role."""

    binding: str
    role: str
    rule: int


class Admin(Struct, frozen=True):
    """A row of the access review; `grants` are the first of `grants_total`."""

    kind: str
    name: str
    how: str
    grants: tuple[Grant, ...]
    grants_total: int
    note: str
    created: datetime | None


class Ways(Struct, frozen=True):
    """Ways of service accounts to cluster-admin: how many have one, the picture of as many as a page holds,
    the first of the `remove_total` bindings without which none has. `holds`: that was made sure of."""

    reaching: int
    drawing: Drawing
    remove: tuple[str, ...]
    remove_total: int
    holds: bool


class Document(Struct, frozen=True):
    """A whole report. `evidence` are the canonical bytes of the scan and `sha256` is their hash."""

    report_id: str
    cluster: ClusterInfo
    tool: ToolInfo
    started: datetime
    finished: datetime
    run_id: str | None
    evidence: bytes
    sha256: str
    summary: Summary
    scope: Scope
    matrices: tuple[Matrix, ...]
    failed: tuple[FailedCheck, ...]
    admins: tuple[Admin, ...]
    admins_total: int
    rbac_read: bool
    ways: Ways | None = None

    @property
    def file_stem(self) -> str:
        """The file's name without its ending: cluster, ISO week and the start of the evidence hash."""
        return self.report_id

    @property
    def findings_shown(self) -> int:
        return sum(len(check.shown) for check in self.failed)

    @property
    def rows_shown(self) -> int:
        return sum(len(finding.facts) or 1 for check in self.failed for finding in check.shown)
