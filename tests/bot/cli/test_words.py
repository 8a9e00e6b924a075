"""The words of Slack on the command line: the same names, the same answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli.app import COMMANDS, app
from bot.cli.completing import completes
from bot.grammar import WORDS

SETTINGS = """
clusters:
  - {name: harbour, sample: true}
data_dir: DATA
"""
OF_SLACK_ALONE = {"encryption", "reach", "matrix", "what-if"}
"""Words that are asked for by `ask` on the command line."""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "settings.yaml"
    path.write_text(SETTINGS.replace("DATA", str(tmp_path / "data")))
    return path


def run(*words: str, settings: Path | None = None, code: int = 0) -> Result:
    given = ("--settings", str(settings)) if settings else ()
    done = CliRunner().invoke(app, [*given, *words])
    assert done.exit_code == code, done.output
    return done


def test_every_word_is_a_subcommand() -> None:
    assert {word.name for word in WORDS} - OF_SLACK_ALONE <= set(COMMANDS)


@pytest.mark.parametrize(
    ("words", "question"),
    [
        (("list", "privileged", "-n", "ci", "--sample"), "list privileged namespace=ci --full"),
        (("exposed", "web/booking", "--sample"), "exposed web/booking"),
        (("ask", "which pods run as root", "--sample"), "list run-as-root"),
        (("ask", "is web/booking exposed?", "--sample"), "exposed web/booking"),
        (("explain", "pod-privileged"), "explain pod-privileged"),
        (("fix", "pod-privileged"), "fix pod-privileged"),
        (("help", "list"), "help list"),
    ],
)
def test_json_names_the_canonical_command(words: tuple[str, ...], question: str, settings: Path) -> None:
    answer = json.loads(run(*words, "--format", "json", settings=settings).stdout)
    assert answer["schema"] == "quarterdeck.answer/v1"
    assert answer["command"] == question


def test_what_is_kept_is_asked_for_and_exported(settings: Path, tmp_path: Path) -> None:
    assert "Nothing was kept of harbour" in run("drift", settings=settings, code=2).output
    assert "1 cluster watched" in run("status", settings=settings).output
    assert "Nothing is scheduled" in run("schedule", settings=settings).output
    run("scan", "--sample", "--record", settings=settings)
    assert "It fails in 4 places" in run("explain", "pod-privileged", settings=settings).output
    assert "It fails in 4 places" in run("ask", "why does pod-privileged fail", settings=settings).output
    for form in ("csv", "sarif"):
        output = tmp_path / f"out.{form}"
        run("export", "--format", form, "-o", str(output), settings=settings)
        assert "pod-privileged" in output.read_text()
    assert "json, csv" in run("export", "--format", "docx", settings=settings, code=2).output


def test_an_explanation_of_a_cluster_that_there_is_not_is_refused(settings: Path) -> None:
    done = run("explain", "pod-privileged", "--cluster", "lost", settings=settings, code=2)
    assert "There is no cluster called lost" in done.output


def test_the_shell_completes_from_the_grammar() -> None:
    assert completes("list")("privileg")[:2] == ["privileged", "privilege-escalation"]
    assert completes("explain")("pod-privileged") == ["pod-privileged"]
    assert "which namespaces" in completes()("which names")
