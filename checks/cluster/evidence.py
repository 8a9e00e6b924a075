"""Files given beside a target: what no list in the API has, such as an EncryptionConfiguration of the node.

What the API does list is taken from there alone: a file about it would be hearsay, and is named as a Problem.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from checks.cluster.files import read_all, readable
from checks.cluster.kinds import KINDS
from checks.cluster.manifests import Reader
from checks.cluster.snapshot import Snapshot
from checks.model import CoverageState, KindCoverage, Problem


class Given(Struct, frozen=True):
    """What the evidence files hold, by kind, and what of them is no use. `origin` names them."""

    objects: dict[str, tuple[Any, ...]]
    problems: tuple[Problem, ...]
    origin: str

    def added_to(self, snapshot: Snapshot, kinds: tuple[str, ...] = ()) -> Snapshot:
        """The snapshot with these objects and a coverage that says where they are from.

        kinds: only these; all when empty. Of a kind that the snapshot has from elsewhere too (a snapshot that
        was saved with evidence, manifests), a name given again is replaced.
        """
        if not (self.objects or self.problems):
            return snapshot
        new = {name: items for name, items in self.objects.items() if not kinds or name in kinds}
        objects = dict(snapshot.objects)
        coverage = {each.kind: each for each in snapshot.coverage}
        for name, items in new.items():
            names = {item.metadata.name for item in items}
            kept = tuple(item for item in objects.get(name, ()) if item.metadata.name not in names)
            objects[name] = (*kept, *items)
            coverage[name] = KindCoverage(
                name,
                KINDS[name].api_version,
                CoverageState.COLLECTED,
                len(objects[name]),
                f"given as evidence in {self.origin}",
            )
        return replace(
            snapshot,
            objects={name: objects[name] for name in KINDS if name in objects},
            coverage=tuple(coverage[name] for name in KINDS if name in coverage),
            problems=(*snapshot.problems, *self.problems),
        )


def read_evidence(paths: tuple[Path, ...]) -> Given:
    """What is in these files and folders. Raises BadManifest for one that cannot be read."""
    reader = Reader()
    for path in paths:
        for source in read_all(path):
            if isinstance(source, Problem):
                reader.problems.append(source)
            else:
                reader.read(source)
    found = {name: items for name, items in reader.by_kind().items() if items}
    taken = {KINDS[name].type.kind for name in found if KINDS[name].elsewhere}
    of_the_cluster = {name: len(items) for name, items in found.items() if KINDS[name].type.kind not in taken}
    origin = ", ".join(readable(path) for path in paths)
    foreign = [*of_the_cluster.items(), *reader.skipped.items()]
    return Given(
        objects={name: items for name, items in found.items() if KINDS[name].elsewhere},
        problems=(*reader.problems, *(_foreign(origin, name, amount) for name, amount in foreign)),
        origin=origin,
    )


def _foreign(origin: str, name: str, amount: int) -> Problem:
    return Problem(
        origin,
        None,
        f"{amount} {name} not taken as evidence: that is only what no list in the API has "
        f"({', '.join(kind.name for kind in KINDS.values() if kind.elsewhere) or 'nothing yet'})",
    )
