"""`frameworks`, and what `checks` gives to scripts: all that is declared, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot.cli.app import app
from checks.frameworks import framework_ids, load
from checks.model import Severity, Theme
from checks.registry import all_checks


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words, env={"COLUMNS": "200"})


def parsed(*words: str) -> Any:
    result = run(*words, "--format", "json")
    assert result.exit_code == 0
    return json.loads(result.stdout)


@pytest.mark.parametrize("check", all_checks()[::20], ids=lambda check: check.id)
def test_explain_shows_everything_that_a_check_declares(check: Any) -> None:
    shown = " ".join(run("checks", "explain", check.id).stdout.split())
    said = (check.title, check.severity, check.theme, *check.population)
    assert all(each in shown for each in said)
    told = parsed("checks", "explain", check.id)["check"]
    assert told["because"] == check.because
    assert told["how"] == check.explanation
    assert told["rationale"] == check.rationale
    assert told["remediation"] == {
        "text": check.remediation.text,
        "snippet": check.remediation.snippet,
    }
    for framework, numbers in told["requirements"].items():
        (loaded,) = load([framework])
        assert numbers == [item.id for item in loaded.requirements if check.id in item.checks]


def test_explain_says_how_a_kind_that_no_list_has_can_be_given() -> None:
    told = parsed("checks", "explain", "kubelet-anonymous-auth")["check"]
    assert "--read-kubelet-config" in told["unusual"]["KubeletConfiguration"]


def test_list_has_every_check_and_filters_add_up() -> None:
    every = [each["id"] for each in parsed("checks", "list")["checks"]]
    assert every == [check.id for check in all_checks()]
    for option, values in (("--severity", list(Severity)), ("--theme", list(Theme))):
        found = [each["id"] for value in values for each in parsed("checks", "list", option, value)["checks"]]
        assert sorted(found) == every
    asked = {check for item in load(["cis-eks-1.8.0"])[0].requirements for check in item.checks}
    assert {
        each["id"] for each in parsed("checks", "list", "--framework", "cis-eks-1.8.0")["checks"]
    } == asked


def test_frameworks_are_listed_with_counts_that_add_up() -> None:
    listed = parsed("frameworks", "list")["frameworks"]
    assert [each["id"] for each in listed] == list(framework_ids())
    assert all(sum(each["counts"].values()) == each["requirements"] for each in listed)


@pytest.mark.parametrize("framework_id", framework_ids())
def test_show_has_every_requirement(framework_id: str) -> None:
    answer = parsed("frameworks", "show", framework_id)
    requirements = load([framework_id])[0].requirements
    assert [row[0] for row in answer["tables"][0]["rows"]] == [item.id for item in requirements]
    assert len(answer["framework"]["requirements"]) == len(requirements)
    assert bool(answer["caveats"]) == load([framework_id])[0].indicative


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("checks", "explain", "rbac-wildcard-roles"), "Did you mean rbac-wildcard-role?"),
        (("checks", "list", "--framework", "cis-eks"), "cis-eks-1.8.0"),
        (("frameworks", "show", "cis-eks-1.8"), "Did you mean cis-eks-1.8.0?"),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(words: tuple[str, ...], hint: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert hint in " ".join(result.stderr.split())
