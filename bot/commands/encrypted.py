"""`encryption secrets`: whether something is stored encrypted, and by what that is known."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from bot.answer import Answer, Table, Tone
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.control_plane.judge import FLAGZ
from checks.encryption.evidence import absent, files
from checks.encryption.faults import faults
from checks.encryption.health import plugins
from checks.encryption.lookup import Target as Asked
from checks.encryption.lookup import group_resource, writer
from checks.encryption.metrics import measured, taken_up
from checks.encryption.openshift import KINDS as OPENSHIFT
from checks.encryption.openshift import chosen
from checks.model import Evidence, Status
from checks.version import minor_of

KINDS = (
    "Namespace",
    "Node",
    "ControlPlanePod",
    "EncryptionConfiguration",
    "EncryptionConfig",
    "ApiServerMetrics",
    *FLAGZ,
    *OPENSHIFT,
)
_UNWELL = "The API server that answered has a KMS plugin that is not well (see encryption-kms-failing)."
_OLD = "What was written before the configuration was so stays as it was until it is written anew."


class IsEncrypted(Struct, frozen=True, tag=True):
    """Whether a resource (`secrets`, `configmaps`, `deployments.apps`) is stored encrypted."""

    resource: str = "secrets"
    cluster: str | None = None

    @property
    def canonical(self) -> str:
        return f"encryption {self.resource}" + (f" {self.cluster}" if self.cluster else "")


class _Said(Struct, frozen=True):
    """What one file, or what there is instead of one, says. `encrypted` is None where it cannot be told."""

    where: str
    encrypted: bool | None
    why: str
    evidence: tuple[Evidence, ...] = ()


def describe(command: IsEncrypted, snapshot: Snapshot) -> Answer:
    """Yes, no or unknown, with the entry of the configuration that decides."""
    asked = Asked(*group_resource(command.resource))
    given = files(snapshot)
    said = [_by_file(snapshot, file, asked) for file in given] or [_without(snapshot, asked)]
    worst = min(said, key=lambda each: {False: 0, None: 1, True: 2}[each.encrypted])
    words = {True: "yes", False: "no", None: "unknown"}
    why = f"{worst.where}: i{worst.why[1:]}" if worst.why.startswith("It ") else worst.why
    return Answer(
        command=command.canonical,
        verdict=f"are {asked} stored encrypted? {words[worst.encrypted].capitalize()}. {why}",
        tone=Tone.NEUTRAL,
        tables=(
            Table(
                title=f"Encryption of {asked}",
                columns=("Where", "Encrypted", "Because"),
                rows=tuple((each.where, words[each.encrypted], each.why) for each in said),
                code=("Where",),
            ),
        ),
        evidence=tuple(fact for each in said for fact in each.evidence),
        caveats=(*((_OLD,) if given else ()), *_now(snapshot)),
        extra={
            "resource": str(asked),
            "encrypted": worst.encrypted,
            "incomplete": worst.encrypted is None,
        },
    )


def _now(snapshot: Snapshot) -> Iterator[str]:
    """What the API server says of itself that the configuration does not."""
    if not all(each.ok for each in plugins(snapshot)):
        yield _UNWELL
    told = taken_up(snapshot)
    if told is not None and told.status is Status.FAIL:
        yield told.message


def _by_file(snapshot: Snapshot, file: o.EncryptionFile, asked: Asked) -> _Said:
    where = f"{file.kind} {file.metadata.name}"
    wrong = faults(file, minor_of(snapshot.cluster.version))
    if wrong:
        return _Said(where, None, f"The API server refuses the file: {wrong[0]}.")
    found = writer(file, asked)
    observed = {"writes": found.provider, "reads": list(found.behind)}
    fact = Evidence(found.at or "resources", observed, "an encrypting provider first", where)
    if not found.at:
        return _Said(where, False, "No entry covers them, so they are plain text.", (fact,))
    why = "The provider identity writes them" if found.plain else f"{found.provider} writes them"
    return _Said(where, not found.plain, f"{why} ({found.at}).", (fact,))


def _without(snapshot: Snapshot, asked: Asked) -> _Said:
    choice = chosen(snapshot)
    verdict = measured(snapshot, asked) or (choice.of(str(asked)) if choice else absent(snapshot))
    if verdict.status is Status.PASS:
        return _Said(str(verdict.resource), True, verdict.message, verdict.evidence)
    if verdict.status is Status.FAIL:
        return _Said(str(verdict.resource), False, verdict.message, verdict.evidence)
    return _Said(str(verdict.resource), None, verdict.reason or "")
