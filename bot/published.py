"""The published shapes of answers as JSON: what `docs/schema` holds. Field names are stable within `v1`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from bot.answer import Table
from bot.commands.access_changes import ChangeDocument
from bot.commands.blast_radius import NeighbourDocument
from bot.commands.can import DecisionDocument
from bot.commands.chains import HeldDocument
from bot.commands.escalate import ReachingDocument
from bot.commands.review_documents import (
    ManifestDocument,
    NarrowerDocument,
    PrivilegedDocument,
    UnusedDocument,
)
from bot.commands.used_documents import (
    DisagreementDocument,
    EnoughDocument,
    LogDocument,
    UsedDocument,
)
from bot.commands.verify import Verification
from bot.commands.ways import BecomesDocument, CutDocument, WayDocument
from bot.commands.who_can import HolderDocument, WhoCanQuery
from checks.blast.given import Given
from checks.model import ClusterInfo, Evidence, KindCoverage, Resource, Subject
from checks.schema import ADDRESS
from reports.history.records import AuditEntry


class FileDocument(Struct, frozen=True):
    """A file that belongs to the answer."""

    name: str
    media_type: str


class AnswerDocument(Struct, frozen=True, kw_only=True):
    """Any answer. `command` is the canonical command that was understood, `verdict` one sentence."""

    schema: Literal["quarterdeck.answer/v1"]
    command: str
    verdict: str
    tables: tuple[Table, ...]
    evidence: tuple[Evidence, ...]
    caveats: tuple[str, ...]
    notes: tuple[str, ...]
    files: tuple[FileDocument, ...]
    cluster: ClusterInfo | None
    age_seconds: int | None
    run_id: str | None


class WhoCanDocument(AnswerDocument, frozen=True, kw_only=True):
    """`who-can --format json`. `incomplete`: there may be more, as not everything could be read."""

    query: WhoCanQuery
    subjects: tuple[HolderDocument, ...]
    incomplete: bool
    coverage: tuple[KindCoverage, ...]
    verification: Verification | UnsetType = UNSET


class CanDocument(AnswerDocument, frozen=True, kw_only=True):
    """`can --format json` and `why --format json`.

    Without a verb `rules` are all that the subject holds. With one, `allowed` says whether any of the
    requests is (null: not all was read), and `decisions` has each of them.
    """

    subject: Subject
    groups: tuple[str, ...]
    incomplete: bool
    coverage: tuple[KindCoverage, ...]
    rules: tuple[HeldDocument, ...] | UnsetType = UNSET
    allowed: bool | UnsetType | None = UNSET
    decisions: tuple[DecisionDocument, ...] | UnsetType = UNSET
    verification: Verification | UnsetType = UNSET


class EscalateDocument(AnswerDocument, frozen=True, kw_only=True):
    """`escalate --format json`. With a subject `acts` is how many it takes to cluster-admin (null: no way was
    found); with none `reaching` is everybody who gets there, and `ways` are the nearest ones' alone."""

    ways: tuple[WayDocument, ...]
    cut: CutDocument
    incomplete: bool
    coverage: tuple[KindCoverage, ...]
    subject: Subject | UnsetType = UNSET
    acts: int | UnsetType | None = UNSET
    becomes: tuple[BecomesDocument, ...] | UnsetType = UNSET
    reaching: tuple[ReachingDocument, ...] | UnsetType = UNSET


class ReviewDocument(AnswerDocument, frozen=True, kw_only=True):
    """`review --format json`. `privileged`: most dangerous first. `runs`, `oldest_run`: the kept runs that
    tell since when (0 and null: not known). `incomplete`: there may be more, as not all could be read.

    With an audit log `used` has what was used of each binding, `enough` what would have been enough,
    `bindings_after` the old bindings, in YAML, as all of these together leave them."""

    privileged: tuple[PrivilegedDocument, ...]
    unused: tuple[UnusedDocument, ...]
    narrower: tuple[NarrowerDocument, ...]
    manifests: tuple[ManifestDocument, ...]
    runs: int
    oldest_run: datetime | None
    incomplete: bool
    coverage: tuple[KindCoverage, ...]
    audit_log: LogDocument | UnsetType = UNSET
    used: tuple[UsedDocument, ...] | UnsetType = UNSET
    enough: tuple[EnoughDocument, ...] | UnsetType = UNSET
    bindings_after: str | UnsetType = UNSET
    disagreements: tuple[DisagreementDocument, ...] | UnsetType = UNSET


class BlastRadiusDocument(AnswerDocument, frozen=True, kw_only=True):
    """`blast-radius --format json`. `breaks_out`: each way from the pod to its node, in words."""

    target: Resource
    service_account: Subject | None
    token: str
    cloud_identities: tuple[str, ...]
    nodes: tuple[str, ...]
    acts: int | None
    ways: tuple[WayDocument, ...]
    cut: CutDocument
    becomes: tuple[BecomesDocument, ...]
    host: tuple[Evidence, ...]
    breaks_out: tuple[str, ...]
    given: tuple[Given, ...]
    neighbours: tuple[NeighbourDocument, ...]
    incomplete: bool
    coverage: tuple[KindCoverage, ...]


class DiffDocument(AnswerDocument, frozen=True, kw_only=True):
    """`diff --format json`. `before`, `after`: when the two were read. `incomplete`: nothing can be told."""

    before: datetime
    after: datetime
    changes: tuple[ChangeDocument, ...]
    new_admins: tuple[Subject, ...]
    former_admins: tuple[Subject, ...]
    incomplete: bool
    coverage: tuple[KindCoverage, ...]


class AuditDocument(AnswerDocument, frozen=True, kw_only=True):
    """`audit --format json`. `decision` is allowed, narrowed or refused; `result` null: not ended."""

    entries: tuple[AuditEntry, ...]


class FailingDocument(Struct, frozen=True):
    """One failure on a list."""

    resource: Resource
    check: str
    locus: str
    message: str


class ListDocument(AnswerDocument, frozen=True, kw_only=True):
    """`list --format json`. `checks`: whose failures are listed. `incomplete`: not everything was judged."""

    list: str
    checks: tuple[str, ...]
    failing: tuple[FailingDocument, ...]
    incomplete: bool
    coverage: tuple[KindCoverage, ...]


class ExposedDocument(AnswerDocument, frozen=True, kw_only=True):
    """`exposed --format json`. `exposed` null: it cannot be told; `policies_let_in` likewise."""

    exposed: bool | None
    published_by: tuple[str, ...]
    policies_let_in: bool | None
    incomplete: bool
    coverage: tuple[KindCoverage, ...]


class DriftDocument(AnswerDocument, frozen=True, kw_only=True):
    """`drift --format json`. `before`, `after`: the runs; findings by their fingerprints."""

    before: str
    after: str
    new: tuple[str, ...]
    reopened: tuple[str, ...]
    fixed: tuple[str, ...]


_DOCUMENTS: dict[str, type[AnswerDocument]] = {
    "answer": AnswerDocument,
    "who-can": WhoCanDocument,
    "can": CanDocument,
    "escalate": EscalateDocument,
    "review": ReviewDocument,
    "blast-radius": BlastRadiusDocument,
    "diff": DiffDocument,
    "audit": AuditDocument,
    "list": ListDocument,
    "exposed": ExposedDocument,
    "drift": DriftDocument,
}


def schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema (draft 2020-12) of each, by name."""
    return {
        name: {"$schema": ADDRESS, "title": f"{name}/v1", **msgspec.json.schema(document)}
        for name, document in _DOCUMENTS.items()
    }
