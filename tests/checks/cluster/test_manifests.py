"""Manifests: whatever is wrong with one file or object is named with its place, and the rest is judged."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from checks.cluster import files
from checks.cluster import objects as o
from checks.cluster.errors import BadManifest
from checks.cluster.manifests import read_manifests
from checks.cluster.snapshot import Snapshot
from checks.model import CoverageState

NOW = datetime(2026, 11, 24, tzinfo=UTC)

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: good}
spec: {containers: [{name: app, image: example}]}
"""


def read(folder: Path, **texts: str | bytes) -> Snapshot:
    """Write files, `name_yaml` as name.yaml, and read the folder."""
    for name, text in texts.items():
        path = folder / name.replace("_", ".")
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_manifests(folder, version=None, now=NOW)


def problems(snapshot: Snapshot) -> list[tuple[str, int | None]]:
    return [(each.file, each.line) for each in snapshot.problems]


def names(snapshot: Snapshot) -> list[str]:
    return [pod.metadata.name for pod in snapshot.all(o.Pod)]


def test_files_folders_documents_lists_and_json(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "b.yml").write_text(POD.replace("good", "deep") + "---\n" + POD)
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "c.yaml").write_text(POD.replace("good", "hidden"))
    (tmp_path / "notes.txt").write_text("not looked at")
    one = {"metadata": {"name": "listed"}, "spec": {}}
    (tmp_path / "a.json").write_text(json.dumps({"apiVersion": "v1", "kind": "PodList", "items": [one]}))
    listed = "{apiVersion: v1, kind: Pod, metadata: {name: in-a-list}}"
    snapshot = read(tmp_path, z_yaml=f"apiVersion: v1\nkind: List\nitems:\n- {listed}\n")
    assert names(snapshot) == ["listed", "in-a-list", "deep", "good"]
    assert snapshot.problems == ()
    assert snapshot.of("Pod").listed == 4
    assert all(each.state is CoverageState.COLLECTED for each in snapshot.coverage)


def test_the_same_contents_are_the_same_cluster(tmp_path: Path) -> None:
    first = read(tmp_path, a_yaml=POD)
    again = read(tmp_path, a_yaml=POD)
    changed = read(tmp_path, a_yaml=POD + "# more\n")
    assert first.cluster == again.cluster
    assert first.cluster.uid.startswith("manifests:")
    assert first.cluster.uid != changed.cluster.uid
    assert first.cluster.source == "manifests"
    assert first.cluster.version == "v1.37"
    assert first.all(o.Pod)[0].metadata.uid is None


@pytest.mark.parametrize("given", ["1.35", "v1.35"])
def test_the_version_they_are_judged_for(tmp_path: Path, given: str) -> None:
    (tmp_path / "a.yaml").write_text(POD)
    assert read_manifests(tmp_path, version=given, now=NOW).cluster.version == "v1.35"


def test_broken_yaml_is_named_and_the_rest_judged(tmp_path: Path) -> None:
    snapshot = read(
        tmp_path, a_yaml="a: b\nc: [\n", b_yaml=POD + "---\nkind: [\n---\n" + POD.replace("good", "late")
    )
    assert names(snapshot) == ["good", "late"]
    assert problems(snapshot) == [("a.yaml", 3), ("b.yaml", 7)]


def test_what_is_not_kubernetes_is_named(tmp_path: Path) -> None:
    snapshot = read(
        tmp_path, values_yaml="replicas: 3\n", pod_yaml="# one\n\n---\n" + POD, list_yaml="- a\n- b\n"
    )
    assert names(snapshot) == ["good"]
    assert problems(snapshot) == [("list.yaml", 1), ("values.yaml", 1)]
    assert "no apiVersion and kind" in snapshot.problems[0].message


def test_a_wrong_type_is_named_by_file_line_and_path(tmp_path: Path) -> None:
    bad = (
        POD.replace("good", "bad")
        .replace("[{name: app", "\n  - {name: one}\n  - {name: 12")
        .replace("}]}", "}")
    )
    bad = bad.replace("spec: {containers:", "spec:\n  containers:")
    snapshot = read(tmp_path, a_yaml=bad, b_yaml=POD)
    assert names(snapshot) == ["good"]
    [problem] = snapshot.problems
    assert (problem.file, problem.line) == ("a.yaml", 7)
    assert "Pod bad" in problem.message
    assert "spec.containers[1].name" in problem.message
    assert "put it in quotes" in problem.message
    assert str(problem).startswith("a.yaml:7: ")


def test_a_wrong_type_in_a_list_is_at_its_own_item(tmp_path: Path) -> None:
    text = """\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  metadata: {name: a}
- apiVersion: v1
  kind: Pod
  metadata:
    name: b
    labels: {x: 1}
"""
    snapshot = read(tmp_path, a_yaml=text)
    assert names(snapshot) == ["a"]
    assert snapshot.problems[0].line == 11


def test_helm_templates_give_one_problem_a_file(tmp_path: Path) -> None:
    template = "{{- if .Values.on }}\n" + POD.replace("good", "{{ .Release.Name }}") + "{{- end }}\n"
    quoted = POD.replace("good", '"{{ .Release.Name }}"')
    innocent = (
        POD + '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: alerts}\ndata: {text: "{{ $value }}"}\n'
    )
    snapshot = read(tmp_path, a_yaml=template, b_yaml=quoted, c_yaml=innocent)
    assert names(snapshot) == ["good"]
    assert problems(snapshot) == [("a.yaml", 1), ("b.yaml", 3)]
    assert all("helm template" in each.message for each in snapshot.problems)


def test_unknown_kinds_are_counted_and_no_problem(tmp_path: Path) -> None:
    custom = "---\napiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n"
    knative = "---\napiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: s}\n"
    snapshot = read(tmp_path, a_yaml=POD + custom + custom + knative)
    assert snapshot.skipped == {"example.com/v1 Widget": 2, "serving.knative.dev/v1 Service": 1}
    assert snapshot.problems == ()


def test_an_old_version_of_a_known_kind_is_a_problem(tmp_path: Path) -> None:
    old = "---\napiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: old}\n"
    snapshot = read(tmp_path, a_yaml=POD + old)
    assert problems(snapshot) == [("a.yaml", 6)]
    assert "change it to apps/v1" in snapshot.problems[0].message


def test_an_object_given_twice_is_said_and_the_last_counts(tmp_path: Path) -> None:
    snapshot = read(tmp_path, a_yaml=POD, b_yaml=POD.replace("image: example", "image: newer"))
    assert [pod.spec.containers[0].image for pod in snapshot.all(o.Pod) if pod.spec.containers] == ["newer"]
    assert problems(snapshot) == [("b.yaml", 3)]
    assert "a.yaml:3" in snapshot.problems[0].message


def test_no_name_and_a_generated_name(tmp_path: Path) -> None:
    generated = POD.replace("{name: good}", "{generateName: import-}")
    snapshot = read(tmp_path, a_yaml=generated, b_yaml=POD.replace("{name: good}", "{labels: {a: b}}"))
    assert names(snapshot) == ["import-"]
    assert problems(snapshot) == [("b.yaml", 1)]


def test_links_that_loop_and_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "back").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "self.yaml").symlink_to(tmp_path / "self.yaml")
    (tmp_path / "linked.yaml").symlink_to(tmp_path / "folder" / "pod.yaml")
    (tmp_path / "folder" / "pod.yaml").write_text(POD)
    os.mkfifo(tmp_path / "pipe.yaml")
    snapshot = read(tmp_path)
    assert names(snapshot) == ["good"]
    assert {each.file for each in snapshot.problems} == {
        "gone.yaml",
        "self.yaml",
        "pipe.yaml",
        "folder/pod.yaml",
    }


def test_a_huge_file_and_bytes_that_are_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 1000)
    snapshot = read(tmp_path, a_yaml="# " * 1000, b_yaml=b"\xff\xfe\xfd" * 9, c_yaml=POD, d_yaml=b"\x80abc")
    assert names(snapshot) == ["good"]
    assert [each.file for each in snapshot.problems] == ["a.yaml", "b.yaml", "d.yaml"]


def test_too_much_altogether(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_TOTAL_BYTES", len(POD) + 10)
    snapshot = read(tmp_path, a_yaml=POD, b_yaml=POD.replace("good", "left-out"))
    assert names(snapshot) == ["good"]
    assert "was not read" in snapshot.problems[0].message


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks(tmp_path: Path, encoding: str) -> None:
    assert names(read(tmp_path, a_yaml=POD.encode(encoding))) == ["good"]


def test_one_file_by_any_name(tmp_path: Path) -> None:
    path = tmp_path / "rendered.txt"
    path.write_text(POD)
    assert names(read_manifests(path, version=None, now=NOW)) == ["good"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "no .yaml"),
        ("", "no .yaml"),
        ("a: [\n", "a.yaml:2"),
        ("apiVersion: example.com/v1\nkind: Widget\n", "example.com/v1 Widget"),
    ],
)
def test_nothing_to_judge_is_an_error(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(BadManifest) as caught:
        read_manifests(tmp_path, version=None, now=NOW)
    assert said in caught.value.message
    assert caught.value.next_step


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadManifest, match="No such file"):
        read_manifests(tmp_path / "nowhere", version=None, now=NOW)


def test_no_value_of_a_secret_or_variable_is_kept(tmp_path: Path) -> None:
    secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {key: hunter2}\n"
    pod = POD.replace("image: example", "image: example, env: [{name: PASSWORD, value: hunter2}]")
    snapshot = read(tmp_path, a_yaml=pod + secret)
    assert len(snapshot.all(o.Secret)) == 1
    assert "hunter2" not in repr(snapshot)


def test_a_file_name_that_is_not_utf8_can_be_written_out(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/\xff"
    os.mkdir(folder)  # noqa: PTH102 - bytes that are no text
    for name, text in ((b"/bad\xff.yaml", b"a: [\n"), (b"/good.yaml", POD.encode())):
        with open(folder + name, "wb") as file:  # noqa: PTH123
            file.write(text)
    snapshot = read_manifests(Path(os.fsdecode(folder)), version=None, now=NOW)
    assert snapshot.problems[0].file == "bad\ufffd.yaml"
    assert msgspec.json.encode(snapshot)
