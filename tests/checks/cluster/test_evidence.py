"""Files given beside a cluster: taken for what no API list has, refused for what one has."""

from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

import pytest

from checks.cluster import kinds
from checks.cluster import objects as o
from checks.cluster.errors import BadManifest
from checks.cluster.evidence import read_evidence
from checks.cluster.kinds import KINDS, Kind
from checks.cluster.objects import wire
from checks.cluster.snapshot import Snapshot
from checks.cluster.snapshot_file import save
from checks.cluster.source import Manifests, Sample, SavedSnapshot, Target, take_snapshot
from checks.model import CoverageState


class Rigging(o.Object, frozen=True):
    """Of a node's own files: no name, no list."""

    api_version: ClassVar[str] = "rigging.example.com/v1"
    kind: ClassVar[str] = "Rigging"
    sails: int = 0


@pytest.fixture(autouse=True)
def rigging(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = Kind(Rigging, namespaced=False, elsewhere="give the node's file with --evidence")
    table = MappingProxyType({**KINDS, "Rigging": kind})
    for module in ("manifests", "evidence", "snapshot", "snapshot_file", "defaults", "source"):
        monkeypatch.setattr(f"checks.cluster.{module}.KINDS", table)
    monkeypatch.setitem(kinds._BY_WIRE, ("rigging.example.com/v1", "Rigging"), (kind,))


def write(folder: Path, *sails: int, name: str = "node-1.yaml") -> Path:
    documents = [f"apiVersion: rigging.example.com/v1\nkind: Rigging\nsails: {each}\n" for each in sails]
    (folder / name).write_text("---\n".join(documents))
    return folder / name


def take(target: Target, *only: str) -> Snapshot:
    return take_snapshot(target, progress=lambda *_: None, kinds=only)


def sails(snapshot: Snapshot) -> list[tuple[str, int]]:
    return [(each.metadata.name, each.sails) for each in snapshot.all(Rigging)]


def test_it_is_added_with_its_origin(tmp_path: Path) -> None:
    path = write(tmp_path, 3, 4)
    snapshot = take(Sample(evidence=(path,)))
    assert sails(snapshot) == [("node-1.yaml", 3), (f"{path}", 4)]
    coverage = snapshot.of("Rigging")
    assert (coverage.state, coverage.listed, coverage.gap) == (CoverageState.COLLECTED, 2, False)
    assert str(path) in str(coverage.reason)
    assert snapshot.problems == ()
    assert snapshot.all(o.Pod) == take(Sample()).all(o.Pod)


def test_without_it_the_kind_is_a_gap_that_says_how_it_can_be_given() -> None:
    snapshot = take(Sample())
    assert not snapshot.saw("Rigging")
    assert "--evidence" in str(snapshot.of("Rigging").reason)
    assert "Rigging" not in {each.kind for each in snapshot.coverage}


def test_only_the_kinds_that_are_wanted(tmp_path: Path) -> None:
    path = write(tmp_path, 3)
    assert not take(Sample(evidence=(path,)), "Pod").saw("Rigging")
    assert take(Sample(evidence=(path,)), "Pod", "Rigging").saw("Rigging")


def test_what_the_api_lists_is_no_evidence(tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {}\n")
    (tmp_path / "odd.yaml").write_text("apiVersion: odd/v1\nkind: Odd\nmetadata: {name: x}\n")
    write(tmp_path, 3)
    snapshot = take(Sample(evidence=(tmp_path,)))
    assert snapshot.all(o.Pod) == take(Sample()).all(o.Pod)
    said = " ".join(map(str, snapshot.problems))
    assert "1 Pod not taken" in said
    assert "odd/v1 Odd" in said
    assert sails(snapshot) == [("node-1.yaml", 3)]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadManifest):
        take(Sample(evidence=(tmp_path / "gone",)))


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("apiVersion: rigging.example.com/v1\nkind: Rigging\nsails: many\n")
    [problem] = take(Sample(evidence=(tmp_path,))).problems
    assert (problem.file, problem.line) == ("a.yaml", 3)


def test_it_is_saved_with_the_snapshot_and_can_be_given_again(tmp_path: Path) -> None:
    path = write(tmp_path, 3)
    taken = take(Sample(evidence=(path,)))
    save(taken, tmp_path / "saved")
    assert wire.encode(take(SavedSnapshot(tmp_path / "saved"))) == wire.encode(taken)
    write(tmp_path, 5)
    other = write(tmp_path, 6, name="node-2.yaml")
    again = take(SavedSnapshot(tmp_path / "saved", evidence=(path, other)))
    assert [each for _, each in sails(again)] == [5, 6]


def test_manifests_may_hold_it_too(tmp_path: Path) -> None:
    write(tmp_path, 3)
    assert sails(take(Manifests(tmp_path))) == [("node-1.yaml", 3)]


def test_contents_of_config_maps_can_be_given_and_keep_no_value(tmp_path: Path) -> None:
    file = tmp_path / "configmaps.yaml"
    file.write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {password: hunter2}\n")
    given = read_evidence((file,))
    assert not given.problems
    (content,) = given.objects["ConfigMapContent"]
    assert list(content.data) == ["password"]
    assert "hunter2" not in repr(given)
