"""One clear message says what to do next, with the documented exit code and no traceback."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.slow


def quarterdeck(
    *arguments: str | Path, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    clean = {
        key: value for key, value in os.environ.items() if not key.startswith(("SLACK_", "QUARTERDECK_"))
    }
    return subprocess.run(
        [Path(sys.executable).with_name("quarterdeck"), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=cwd or ROOT,
        env={**clean, "COLUMNS": "200", "PYTHONDONTWRITEBYTECODE": "1", **environment},
        check=False,
    )


def says(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert "Traceback" not in done.stderr + done.stdout, done.stderr
    assert done.returncode == code, (done.returncode, done.stderr)
    text = " ".join(done.stderr.split())
    assert [word for word in words if word not in text] == [], text


def kubeconfig(path: Path, server: str, **user: str) -> Path:
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "c", "cluster": {"server": server}}],
                "users": [{"name": "u", "user": user}],
                "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
                "current-context": "here",
            }
        )
    )
    return path


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_an_unknown_flag_is_a_usage_error() -> None:
    says(quarterdeck("scan", "--smaple"), 2, "No such option", "--sample")


def test_two_targets_are_a_usage_error(tmp_path: Path) -> None:
    says(quarterdeck("scan", "--sample", "--manifests", tmp_path), 2, "name one target")


def test_an_unknown_framework_names_the_known_ones() -> None:
    says(quarterdeck("scan", "--sample", "--framework", "cis-9"), 2, "cis-9", "cis-kubernetes-2.0.1")


def test_a_missing_kubeconfig_is_named(tmp_path: Path) -> None:
    says(quarterdeck("scan", "--kubeconfig", tmp_path / "none"), 3, "none")


def test_a_broken_kubeconfig_is_named(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("apiVersion: v1\nkind: Config\nclusters: [\n")
    says(quarterdeck("scan", "--kubeconfig", tmp_path / "config"), 3, "config")


def test_an_unknown_context_names_the_known_ones(tmp_path: Path) -> None:
    config = kubeconfig(tmp_path / "config", "http://127.0.0.1:1")
    says(quarterdeck("scan", "--kubeconfig", config, "--context", "their"), 3, "their", "here")


def test_a_refused_connection_is_said(tmp_path: Path) -> None:
    config = kubeconfig(tmp_path / "config", f"http://127.0.0.1:{closed_port()}")
    says(quarterdeck("scan", "--kubeconfig", config), 3, "refuses the connection")


def test_a_missing_manifest_folder_is_said(tmp_path: Path) -> None:
    says(quarterdeck("scan", "--manifests", tmp_path / "none"), 3, "none")


def test_broken_yaml_names_file_and_line_and_the_rest_is_judged(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("kind: Pod\nmetadata:\n  name: [\n")
    (tmp_path / "pod.yaml").write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "p"},
                "spec": {
                    "containers": [{"name": "c", "image": "i", "securityContext": {"privileged": True}}]
                },
            }
        )
    )
    done = quarterdeck("scan", "--manifests", tmp_path)
    says(done, 4)
    assert "pod-privileged" in done.stdout
    assert "broken.yaml" in done.stdout


def test_a_file_that_is_no_snapshot_is_said(tmp_path: Path) -> None:
    (tmp_path / "s").write_bytes(os.urandom(100))
    says(quarterdeck("scan", "--snapshot", tmp_path / "s"), 3, "snapshot")


def test_an_output_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    done = quarterdeck("scan", "--sample", "--format", "json", "--output", tmp_path / "no" / "scan.json")
    says(done, 2, "scan.json", "cannot be written")


@pytest.mark.parametrize(
    "arguments", [("scan", "--format", "json"), ("report", "--format", "html"), ("report",)]
)
def test_a_full_disk_leaves_nothing_half(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    output = tmp_path / "output"
    wrapped = (
        "import resource, runpy, signal, sys; sys.dont_write_bytecode = True; "
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); sys.argv = sys.argv[1:]; "
        "runpy.run_module('bot', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", wrapped, "quarterdeck", *arguments, "--sample", "--output", output],
        capture_output=True,
        text=True,
        timeout=180,
        cwd=ROOT,
        check=False,
    )
    says(done, 2, "output")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments", [("checks", "list"), ("ask", "who has cluster-admin", "--sample"), ("scan", "--help")]
)
def test_a_full_standard_output_is_said(arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [Path(sys.executable).with_name("quarterdeck"), *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            check=False,
        )
    assert "Traceback" not in done.stderr
    assert (done.returncode, "No space left" in done.stderr) == (2, True)


def test_an_encoding_without_our_signs_is_no_error() -> None:
    done = quarterdeck("ask", "who has cluster-admin", "--sample", PYTHONIOENCODING="ascii")
    says(done, 0)
    assert "cluster-admin" in done.stdout


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_closed_standard_streams_are_no_error(tmp_path: Path, closed: str) -> None:
    program = Path(sys.executable).with_name("quarterdeck")
    line = f"exec {program} --settings none.yaml scan --sample --format json -o out.json {closed}"
    (tmp_path / "none.yaml").write_text("")
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, cwd=tmp_path, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, b"")
    assert (tmp_path / "out.json").read_bytes().startswith(b"{")


def test_manifests_from_a_closed_standard_input_are_said() -> None:
    program = Path(sys.executable).with_name("quarterdeck")
    line = f"exec {program} scan --manifests - <&-"
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, timeout=60, check=False)
    says(done, 3, "Give a file or folder")


def test_a_closed_pipe_is_no_error() -> None:
    program = Path(sys.executable).with_name("quarterdeck")
    line = f"set -o pipefail; {program} scan --sample --format json | head -c 10"
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, timeout=120, cwd=ROOT, check=False
    )
    says(done, 0)


def test_a_question_that_is_none_suggests_one() -> None:
    says(quarterdeck("ask", "what is love", "--sample"), 2, "who has cluster-admin")


def test_the_service_without_tokens_says_how_to_give_them(tmp_path: Path) -> None:
    says(quarterdeck("run", QUARTERDECK_DATA_DIR=str(tmp_path)), 2, "SLACK_BOT_TOKEN")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("clusters: {", ("line 1", "not YAML")),
        ("- a", ("does not hold a mapping",)),
        ("1: a", ("does not hold a mapping",)),
        ("clusters: 2024-99-99", ("impossible date",)),
        ("clusters: " + "[" * 3000 + "]" * 3000, ("nested too deep",)),
        ("colour: red", ("colour",)),
        ("clusters: [{name: a, sample: true, in_cluster: true}]", ("only one of",)),
        ("clusters: [{name: UPPER}]", ("clusters.0.name",)),
        ("frameworks: [cis-9]", ("unknown framework", "cis-kubernetes-2.0.1")),
        ("slack: {bot_token: 12345, nonsense: 1}", ("slack.nonsense",)),
        ("clusters: [{name: a, sample: true}, {name: a, sample: true}]", ("same name",)),
    ],
)
def test_wrong_settings_name_the_key(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(text)
    says(quarterdeck("--settings", file, "settings", "check"), 2, *words)


def test_an_environment_variable_that_is_no_json_is_named_without_its_value() -> None:
    done = quarterdeck("settings", "check", QUARTERDECK_SLACK='{"bot_token": "xoxb-marker')
    says(done, 2, "slack", "JSON")
    assert "marker" not in done.stderr


def test_a_missing_settings_file_is_said(tmp_path: Path) -> None:
    says(
        quarterdeck("--settings", tmp_path / "none.yaml", "settings", "check"),
        2,
        "none.yaml",
        "cannot be read",
    )


def test_a_missing_token_file_is_said_without_a_value(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(
        yaml.safe_dump({"data_dir": str(tmp_path), "slack": {"bot_token_file": str(tmp_path / "none")}})
    )
    says(quarterdeck("--settings", file, "run"), 2, "none", "cannot be read")


def test_a_kept_run_takes_no_other_target_or_framework() -> None:
    for more in (("--sample",), ("--framework", "cis-kubernetes-1.12.0")):
        says(quarterdeck("report", "--run", "r-20261124-aaaa", *more), 2, "settled when the run was kept")
