"""Every command that reads something takes the same options for it, and they name one target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from bot.cli.app import COMMANDS, app
from bot.cli.target import TargetOptions
from checks.cluster.targets import InCluster, LiveCluster, Manifests, Sample, SavedSnapshot, Target
from tests.checks.cluster.wire import Wire, items, named, reply, status, write_kubeconfig

FILE = Path("here.yaml")


def commands() -> dict[str, Any]:
    """Every command that ends a line, by what is typed for it."""
    found = {}
    for name in COMMANDS:
        command: Any = get_command(app).commands[name]  # type: ignore[attr-defined]
        subcommands = getattr(command, "commands", None)
        for below, each in (subcommands or {"": command}).items():
            found[f"{name} {below}".rstrip()] = each
    return found


def options_of(command: Any) -> list[tuple[object, ...]]:
    wanted = TargetOptions.__struct_fields__
    return [(each.name, *each.opts, each.help) for each in command.params if each.name in wanted]


READING = [name for name, command in commands().items() if options_of(command)]


def test_what_reads_something_is_known() -> None:
    assert {"scan", "ask", "report", "snapshot save"} <= set(READING)


@pytest.mark.parametrize("name", READING)
def test_all_options_in_one_order(name: str) -> None:
    options = options_of(commands()[name])
    assert tuple(name for name, *_ in options) == TargetOptions.__struct_fields__
    assert options == options_of(commands()["scan"])


@pytest.mark.parametrize(
    ("options", "target"),
    [
        (TargetOptions(), LiveCluster()),
        (TargetOptions(context="a", kubeconfig=FILE), LiveCluster(FILE, "a")),
        (TargetOptions(read_metrics=True), LiveCluster(metrics=True)),
        (TargetOptions(read_flags=True), LiveCluster(flags=True)),
        (TargetOptions(in_cluster=True, read_kubelet_config=True), InCluster(kubelet_config=True)),
        (TargetOptions(sample=True, evidence=[FILE]), Sample(evidence=(FILE,))),
        (TargetOptions(snapshot=FILE), SavedSnapshot(FILE)),
        (TargetOptions(context="a", audit_log=[FILE]), LiveCluster(None, "a", audit_logs=(FILE,))),
        (
            TargetOptions(manifests=FILE, helm_values=[FILE], kubernetes_version="1.35"),
            Manifests(FILE, (FILE,), "1.35"),
        ),
    ],
)
def test_what_they_name(options: TargetOptions, target: Target) -> None:
    assert options.target() == target


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (TargetOptions(sample=True, context=""), "name one target"),
        (TargetOptions(in_cluster=True, snapshot=FILE), "name one target"),
        (TargetOptions(sample=True, read_metrics=True), "for a running cluster"),
        (TargetOptions(sample=True, read_flags=True), "for a running cluster"),
        (TargetOptions(helm_values=[FILE]), "--helm-values is for a Helm chart"),
        (TargetOptions(sample=True, kubernetes_version="1.35"), "clusters say their own"),
    ],
)
def test_what_does_not_go_together(options: TargetOptions, words: str) -> None:
    with pytest.raises(typer.BadParameter, match=words):
        options.target()


def test_nothing_given_is_nothing_given() -> None:
    """As Typer gives it, a repeatable option too: `report --run` takes no target beside it."""
    result = CliRunner().invoke(app, ["report", "--run", "r-20261124-aaaa"])
    assert "settled when the run was kept" not in result.stderr
    refused = CliRunner().invoke(app, ["report", "--run", "r-20261124-aaaa", "--evidence", "x"])
    assert refused.exit_code == 2
    assert "settled when the run was kept" in refused.stderr


def test_a_question_names_a_cluster_or_the_options_do() -> None:
    result = CliRunner().invoke(app, ["ask", "who has cluster-admin in production", "--sample"])
    assert result.exit_code == 2
    assert "The question names production" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("scan",),
        ("snapshot", "save", "file.qdsnap"),
        ("ask", "which namespaces lack default deny"),
        ("ask", "what-if default restricted"),
        ("ask", "are secrets encrypted"),
    ],
    ids=" ".join,
)
def test_what_may_not_be_listed_is_said_on_standard_error(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    plan = {reviews: reply({"status": {"allowed": False}}, 201), "/api/v1/namespaces": status(403)}
    with Wire(plan, items(named("x"))) as wire:
        config = write_kubeconfig(tmp_path / "kubeconfig", wire.url)
        result = CliRunner().invoke(app, [*words, "--kubeconfig", str(config)])
    assert result.exit_code == 4, result.output
    assert "No right to list " in result.stderr
    assert "Namespace" in result.stderr
    assert "what needs it is not evaluated" in result.stderr


def test_the_words_that_name_the_same_again() -> None:
    options = TargetOptions(manifests=Path("my chart"), helm_values=[Path("a"), Path("b")])
    assert options.words == "--manifests 'my chart' --helm-values a --helm-values b"
    assert TargetOptions(sample=True, read_metrics=True).words == "--sample --read-metrics"
    assert TargetOptions().words == ""
