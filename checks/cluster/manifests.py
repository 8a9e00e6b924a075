"""Files of manifests as a Snapshot: what the cluster would hold if they were applied.

Whatever is wrong with one file or one object becomes a Problem with its place, and the rest is still judged.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from checks.cluster import objects as o
from checks.cluster.defaults import aggregated, defaulted
from checks.cluster.documents import Document, Unreadable, parse
from checks.cluster.errors import BadManifest
from checks.cluster.files import Source, readable
from checks.cluster.kinds import KINDS, Kind, of_wire
from checks.cluster.objects import wire
from checks.cluster.params import params_in, references
from checks.cluster.rendering import sources_of
from checks.cluster.snapshot import Snapshot
from checks.cluster.whole import Asked, asked_for, from_files
from checks.model import ClusterInfo, CoverageState, KindCoverage, Problem

NEWEST_VERSION = "v1.37"
"""What manifests are judged for when nobody says."""

_TEMPLATE = "{{"
_UNQUOTED = re.compile("Expected `str.*got `(bool|int|float)`")
_RENDER_FIRST = "looks like a Helm template, which is not YAML yet; render it first with `helm template`"
_OLD_GROUPS = frozenset(("extensions",)) | {kind.group for kind in KINDS.values()}
_Key = tuple[str, str | None, str]


class Reader:
    """Objects of known kinds gathered from documents, the last of a name winning as it does when applied."""

    def __init__(self) -> None:
        self.objects: dict[_Key, o.Object] = {}
        self.problems: list[Problem] = []
        self.skipped: Counter[str] = Counter()
        self._places: dict[_Key, tuple[str, int]] = {}
        self.documents: dict[tuple[str, str, str, str], dict[str, Any]] = {}
        self._said: set[Problem] = set()

    def read(self, source: Source) -> None:
        """Take in one file."""
        try:
            text = source.text()
        except UnicodeDecodeError:
            self._problem(source.name, None, "not text in UTF-8 or UTF-16")
            return
        documents, unreadable = parse(text)
        if _TEMPLATE in text and (unreadable or any(_unrendered(each.data) for each in documents)):
            self._problem(source.name, _line_of_template(text), _RENDER_FIRST)
            return
        for broken in unreadable:
            self._broken(source.name, broken)
        for document in documents:
            for line, oddity in document.oddities:
                self._problem(source.name, line, oddity)
            if document.data is not None:
                self._take(source.name, document, document.data, "$")

    def _take(self, file: str, document: Document, data: Any, path: str) -> None:
        """Take in one object, or each of a list's."""
        line = document.line_of(path)
        if not isinstance(data, dict) or not _text(data.get("apiVersion")) or not _text(data.get("kind")):
            self._problem(file, line, "not a Kubernetes object: it has no apiVersion and kind")
            return
        version, name = data["apiVersion"], data["kind"]
        items = data.get("items")
        if name.endswith("List") and isinstance(items, list):
            for index, item in enumerate(items):
                whole = {"apiVersion": version, "kind": name.removesuffix("List")} if name != "List" else {}
                whole = whole | item if isinstance(item, dict) else item
                self._take(file, document, whole, f"{path}.items[{index}]")
            return
        self._keep(data)
        known = of_wire(version, name)
        for each in known:
            self._object(file, document, data, path, each)
        if known:
            return
        kind = KINDS.get(name)
        if kind is not None and version.rpartition("/")[0] in _OLD_GROUPS:
            self._problem(file, line, f"{name} is not judged as {version}; change it to {kind.api_version}")
        self.skipped[f"{version} {name}"] += 1

    def _object(self, file: str, document: Document, data: dict[str, Any], path: str, kind: Kind) -> None:
        try:
            item = wire.convert(data, kind.type)
        except msgspec.ValidationError as error:
            reason, _, where = str(error).partition(" - at `$")
            inside = where.removesuffix("`")
            at = f" at {inside.lstrip('.')}" if inside else ""
            line = document.line_of(path + inside)
            hint = "; put it in quotes" if _UNQUOTED.match(reason) else ""
            self._problem(file, line, f"{data['kind']} {_name_in(data)} is not valid{at}: {reason}{hint}")
            return
        line = document.line_of(f"{path}.metadata.name" if item.metadata.name else path)
        name = item.metadata.name or _generated(data)
        if not name and kind.elsewhere:
            name = self._name_of_file(kind, file, line)
        if not name:
            self._problem(file, line, f"{data['kind']} has no metadata.name")
            return
        item = defaulted(replace(item, metadata=replace(item.metadata, name=name)))
        if not kind.holds(item):
            return
        key = (kind.name, item.metadata.namespace, _key_name(kind, item))
        if key in self._places:
            where = "{}:{}".format(*self._places[key])
            self._problem(file, line, f"{item.resource} is also in {where}; this one counts")
        self._places[key] = (file, line)
        self.objects[key] = item

    def _keep(self, data: dict[str, Any]) -> None:
        """Remember the document as it stands, for expressions that look at whole objects."""
        metadata = data.get("metadata")
        named = metadata if isinstance(metadata, dict) else {}
        where = tuple(str(named.get(each) or "") for each in ("namespace", "name"))
        self.documents[(data["apiVersion"], data["kind"], *where)] = data

    def _name_of_file(self, kind: Kind, file: str, line: int) -> str:
        """What a component's own file is called, which has no name inside: the shortest that is not taken."""
        names = (Path(file).name, file, f"{file}:{line}")
        return next((name for name in names if (kind.name, None, name) not in self._places), names[-1])

    def by_kind(self) -> dict[str, tuple[Any, ...]]:
        """What was gathered of every kind, in the order it was given."""
        gathered: dict[str, list[o.Object]] = {name: [] for name in KINDS}
        for (kind, _, _), item in self.objects.items():
            gathered[kind].append(item)
        return {name: tuple(items) for name, items in gathered.items()}

    def _broken(self, file: str, broken: Unreadable) -> None:
        self._problem(file, broken.line, broken.reason)

    def _problem(self, file: str, line: int | None, message: str) -> None:
        problem = Problem(file, line, message)
        if problem not in self._said:  # an object of two kinds says it twice
            self._said.add(problem)
            self.problems.append(problem)


def read_manifests(
    path: Path,
    *,
    version: str | None,
    now: datetime,
    whole: tuple[Asked, ...] = (),
    values: tuple[Path, ...] = (),
) -> Snapshot:
    """The manifests under `path` as a Snapshot, judged for Kubernetes `version`.

    A Helm chart, with `values` files, or a Kustomize folder is rendered first.

    Its uid is made of the contents: the same files are the same cluster. Raises BadManifest when nothing in
    them is judged.
    """
    reader, digest = Reader(), hashlib.sha256()
    for source in sources_of(path, values, _version(version)):
        if isinstance(source, Problem):
            reader.problems.append(source)
            continue
        digest.update(len(source.content).to_bytes(8) + source.content)
        reader.read(source)
    if not reader.objects:
        raise _nothing(path, reader)
    cluster = ClusterInfo(
        uid=f"manifests:{digest.hexdigest()[:16]}",
        name="manifests" if path.name in ("", "-") else readable(Path(path.name)),
        version=_version(version),
        provider="",
        source="manifests",
        origin=readable(path),
    )
    return assemble(reader, cluster, now, whole)


def assemble(reader: Reader, cluster: ClusterInfo, now: datetime, whole: tuple[Asked, ...] = ()) -> Snapshot:
    """What a reader gathered, as a Snapshot."""
    by_kind = reader.by_kind()
    by_kind["ClusterRole"] = aggregated(by_kind["ClusterRole"])
    seen = [kind for kind in KINDS.values() if by_kind[kind.name] or not kind.elsewhere]
    policies = by_kind["ValidatingAdmissionPolicy"], by_kind["ValidatingAdmissionPolicyBinding"]
    return Snapshot(
        cluster=cluster,
        started=now,
        finished=now,
        coverage=tuple(
            KindCoverage(
                kind.name,
                kind.api_version,
                CoverageState.COLLECTED,
                len(by_kind[kind.name]),
                custom=kind.custom,
            )
            for kind in seen
        ),
        problems=tuple(reader.problems),
        skipped=dict(sorted(reader.skipped.items())),
        objects={kind.name: by_kind[kind.name] for kind in seen},
        params=params_in(reader.documents.values(), references(*policies)),
        whole=from_files(reader.documents.values(), asked_for(whole, *policies)),
    )


def _version(version: str | None) -> str:
    return NEWEST_VERSION if version is None else f"v{version.removeprefix('v')}"


def _nothing(path: Path, reader: Reader) -> BadManifest:
    if reader.problems:
        more = f" (and {len(reader.problems) - 1} more problems)" if len(reader.problems) > 1 else ""
        return BadManifest(
            f"Nothing in {path} can be judged. {reader.problems[0]}{more}.", "Mend the file, then try again."
        )
    if reader.skipped:
        kinds = ", ".join(list(reader.skipped)[:5])
        return BadManifest(f"{path} holds no objects of a kind that is judged, only: {kinds}.", _GIVE_OTHERS)
    return BadManifest(f"There are no .yaml, .yml or .json files with objects in {path}.", _GIVE_OTHERS)


_GIVE_OTHERS = "Give a file or folder of Kubernetes manifests."


def _text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _key_name(kind: Kind, item: o.Object) -> str:
    """What tells an object from others read as the same kind: its name, in whole groups its kind too."""
    return f"{item.resource.kind}/{item.metadata.name}" if kind.plural == o.ANY else item.metadata.name


def _generated(data: dict[str, Any]) -> str:
    """The prefix that the API server would complete to a name."""
    prefix = data.get("metadata", {}).get("generateName")
    return prefix if isinstance(prefix, str) else ""


def _name_in(data: dict[str, Any]) -> str:
    metadata = data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) else "without a name"


def _unrendered(data: Any) -> bool:
    """Whether a template's braces stand where an object's own names are."""
    metadata = data.get("metadata") if isinstance(data, dict) else None
    names = metadata if isinstance(metadata, dict) else {}
    return any(isinstance(names.get(key), str) and _TEMPLATE in names[key] for key in ("name", "namespace"))


def _line_of_template(text: str) -> int:
    return text.count("\n", 0, text.index(_TEMPLATE)) + 1


def objects_of(snapshot: Snapshot) -> Iterator[o.Object]:
    """Every object of a snapshot, kind by kind."""
    for items in snapshot.objects.values():
        yield from items
