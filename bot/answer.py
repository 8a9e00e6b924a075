"""What a command returns. It knows no medium: Slack, a terminal and JSON each draw it their own way."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any

from msgspec import Struct

from checks.model import ClusterInfo, Evidence
from reports.drawing import Drawing, Trend


class Tone(StrEnum):
    """What kind of news the verdict is: drawn as a sign and a word, never by colour alone."""

    GOOD = "good"
    BAD = "bad"
    NEUTRAL = "neutral"
    REFUSED = "refused"


class Table(Struct, frozen=True, omit_defaults=True):
    """Rows of plain text, all as long as `columns`. `total` is how many there are when fewer are here.

    `code` names the columns drawn in a fixed-width face (names of Kubernetes objects), `named` those whose
    cells say nothing without their column's name, wherever there is no header row.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: int | None = None
    code: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


class File(Struct, frozen=True, omit_defaults=True):
    """A file that belongs to the answer. The bytes stay on disk until somebody sends them."""

    name: str
    title: str
    media_type: str
    path: Path


class Picture(Struct, frozen=True):
    """A drawing that belongs to the answer: an SVG or a PNG once some medium asks for it."""

    name: str
    title: str
    drawing: Drawing | Trend


class ActionKind(StrEnum):
    """What a follow-up does."""

    RUN = "run"
    """Carries out a command; its answer is one of its own."""
    REFRESH = "refresh"
    """Carries out the answer's own command again; what comes of it takes the place of this one."""
    EXPORT = "export"
    """Gives all rows of this answer as CSV."""
    SHARE = "share"
    """Shows this answer to everybody where only the asker sees it."""


class Action(Struct, frozen=True, omit_defaults=True):
    """What can be done next. `command` is the canonical command that is run, of the kind that runs one."""

    kind: ActionKind
    label: str
    command: str = ""


class Answer(Struct, frozen=True, kw_only=True):
    """One command's answer. Encoded for `--format json` by `bot.answer.to_json`.

    `command` is the canonical command that was understood; `verdict` one sentence that stands alone;
    `actions` is what can be done next, the likeliest first; `extra` are the fields that a command with its
    own schema adds to the JSON form. `contacts` are Slack's ids of the people and user groups who can help.
    `worse`: what got worse since the run before, for whoever would not see the answer otherwise.
    `asked`: the commands that it answers, where those are several: `command` put to several namespaces.
    """

    command: str
    verdict: str
    tone: Tone = Tone.NEUTRAL
    tables: tuple[Table, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    caveats: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    files: tuple[File, ...] = ()
    picture: Picture | None = None
    actions: tuple[Action, ...] = ()
    cluster: ClusterInfo | None = None
    age_seconds: int | None = None
    run_id: str | None = None
    extra: dict[str, Any] = {}
    contacts: tuple[str, ...] = ()
    worse: str = ""
    asked: tuple[str, ...] = ()


SCHEMA = "quarterdeck.answer/v1"


SHARE = Action(ActionKind.SHARE, "Share to channel")
FOLLOW_UPS = (Action(ActionKind.REFRESH, "Refresh"), Action(ActionKind.EXPORT, "Export CSV"), SHARE)
"""What can be done with the answer to a question: ask it again, take it along, show it to others."""


def to_json(answer: Answer) -> dict[str, Any]:
    """The published form of an answer (`quarterdeck.answer/v1`), ready for `msgspec.json.encode`."""
    return {
        "schema": SCHEMA,
        "command": answer.command,
        "verdict": answer.verdict,
        "tables": answer.tables,
        "evidence": answer.evidence,
        "caveats": answer.caveats,
        "notes": answer.notes,
        "files": [{"name": file.name, "media_type": file.media_type} for file in answer.files],
        "cluster": answer.cluster,
        "age_seconds": answer.age_seconds,
        "run_id": answer.run_id,
        **answer.extra,
    }
