"""`who-can`, `who-has`, `can` and `why` as scripts call them: codes, one document, its published shape."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from bot.cli.app import app
from checks.cluster.snapshot_file import save
from tests.harness.fixture_snapshot import snapshot_of

SCHEMAS = Path(__file__).parents[3] / "docs" / "schema"


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [*arguments, "--sample"])
    return result.exit_code, result.stdout, result.stderr


def told(schema: str, *arguments: str) -> dict[str, Any]:
    code, out, _ = run(*arguments, "--format", "json")
    assert code == 0
    found: dict[str, Any] = json.loads(out)
    jsonschema.validate(found, json.loads((SCHEMAS / f"{schema}.v1.json").read_text()))
    return found


def test_who_can_is_the_published_contract() -> None:
    found = told("who-can", "who-can", "get", "secrets", "-n", "payments")
    leads = next(each for each in found["subjects"] if each["name"] == "oidc:payments-leads")
    assert leads["scope"] == ["payments"]
    assert leads["because"][0]["binding"]["name"] == "payments-admins"
    assert found["command"] == "who-can get secrets namespace=payments"


@pytest.mark.parametrize(
    "arguments",
    [
        ("can", "sa:ci/deployer"),
        ("can", "sa:ci/deployer", "create", "pods", "-n", "web"),
        ("can", "user:nobody", "get", "pods"),
        ("can", "user:x", "delete", "nodes", "--group", "system:masters"),
        ("why", "group:oidc:web-team", "delete", "pods", "-n", "web"),
    ],
)
def test_can_and_why_are_the_published_contract(arguments: tuple[str, ...]) -> None:
    told("can", *arguments)


def test_an_aggregated_rule_names_the_role_that_supplied_it() -> None:
    found = told("can", "why", "group:oidc:web-team", "delete", "pods", "-n", "web")
    (way,) = found["decisions"][0]["rules"][0]["sources"]
    assert way[-1]["role"] == "system:aggregate-to-edit"
    assert way[-1]["labels"] == ["rbac.authorization.k8s.io/aggregate-to-edit=true"]


@pytest.mark.parametrize(
    "arguments", [("who-has", "view"), ("who-has", "cluster-admin"), ("ask", "who is cluster admin")]
)
def test_every_answer_is_the_published_contract(arguments: tuple[str, ...]) -> None:
    told("answer", *arguments)


def test_what_was_read_in_part_ends_with_4_and_never_says_nobody(tmp_path: Path) -> None:
    file = tmp_path / "part.qdsnap"
    save(snapshot_of(missing={"ClusterRoleBinding": "403: may not list"}), file)
    result = CliRunner().invoke(app, ["who-can", "get", "pods", "--snapshot", str(file)])
    assert result.exit_code == 4
    words = " ".join(result.stdout.split())
    assert "there may be more: not all RBAC objects could be read" in words
    assert "403: may not list" in words
    assert re.search(r"It was read \d+ (h|days) ago", words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("who-can", "get", "secretz"), "Did you mean secrets"),
        (("who-can", "get", "pods", "-n", "web", "-A"), "not both"),
        (("who-has", "veiw"), "Did you mean view"),
        (("can", "sa:nobody-at-all"), "sa:NAMESPACE/nobody-at-all"),
        (("can", "user:ann", "get"), "name the resource too"),
    ],
)
def test_a_question_back_ends_with_2(arguments: tuple[str, ...], words: str) -> None:
    code, out, error = run(*arguments)
    assert code == 2
    assert words in " ".join(error.replace("│", " ").split())
    assert not out
