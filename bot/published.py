"""The published shapes of answers as JSON: what `docs/schema` holds. Field names are stable within `v1`."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from bot.answer import Table
from bot.commands.can import DecisionDocument, HeldDocument
from bot.commands.who_can import HolderDocument, WhoCanQuery
from checks.model import ClusterInfo, Evidence, KindCoverage, Subject
from checks.schema import ADDRESS


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


_DOCUMENTS: dict[str, type[AnswerDocument]] = {
    "answer": AnswerDocument,
    "who-can": WhoCanDocument,
    "can": CanDocument,
}


def schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema (draft 2020-12) of each, by name."""
    return {
        name: {"$schema": ADDRESS, "title": f"{name}/v1", **msgspec.json.schema(document)}
        for name, document in _DOCUMENTS.items()
    }
