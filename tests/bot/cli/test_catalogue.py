"""`checks list` and `checks explain`: chosen by framework and severity, for people and for programs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli.app import app
from checks import frameworks, registry


def rows(*arguments: str) -> Any:
    """The rows of the answer's first table."""
    return tables(*arguments)[0]["rows"]


def tables(*arguments: str) -> list[dict[str, Any]]:
    result = CliRunner().invoke(app, ["checks", *arguments, "--format", "json"], catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    found: list[dict[str, Any]] = json.loads(result.stdout)["tables"]
    return found


def listed(*arguments: str) -> set[str]:
    return {row[0] for row in rows("list", *arguments)}


def test_all_are_listed() -> None:
    assert listed() == {check.id for check in registry.all_checks()}


def test_a_framework_has_just_its_checks() -> None:
    (eks,) = frameworks.load(("cis-eks-1.8.0",))
    assert listed("--framework", eks.id) == {check for each in eks.requirements for check in each.checks}


@pytest.mark.parametrize("severity", ["critical", "low"])
def test_a_severity_has_just_its_checks(severity: str) -> None:
    assert listed("--severity", severity) == {
        check.id for check in registry.all_checks() if check.severity.value == severity
    }


def test_an_unknown_framework_is_named_with_the_known_ones() -> None:
    result = CliRunner().invoke(app, ["checks", "list", "--framework", "cis-none"])
    assert result.exit_code == 2
    assert "There is no framework cis-none" in result.stderr
    assert "cis-eks-1.8.0" in result.stderr


def test_an_explanation_has_all_that_there_is_to_say() -> None:
    first, example, numbers = tables("explain", "encryption-secrets-at-rest")
    facts = dict(first["rows"])
    assert facts["Severity"].startswith("high: ")
    assert {"Why", "How", "Judges", "Given by", "What to do"} <= set(facts)
    assert all(facts.values())
    assert "kind: EncryptionConfiguration" in [line for (line,) in example["rows"]]
    assert ["cis-kubernetes-2.0.1", "1.2.27"] in numbers["rows"]
