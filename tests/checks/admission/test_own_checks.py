"""Own checks: what a file may say, what is said of mistakes, and what a scan makes of it."""

# ruff: noqa: E501 - a mistake and what is said of it are one line
from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from bot.commands.scan import judge
from checks.admission import judging, own
from checks.admission.own import OwnCheckError, load
from checks.admission.trying import tried
from checks.cel.bench import Bench
from checks.cluster.snapshot_file import load as load_snapshot
from checks.cluster.snapshot_file import save
from checks.cluster.source import Manifests, SavedSnapshot, take_snapshot
from checks.model import Result, Scan, Status

DOCS = Path(__file__).parents[3] / "docs" / "own-checks.md"
EXAMPLES = re.findall(r"```yaml\n(.*?)```", DOCS.read_text(), re.DOTALL)
EXAMPLE = EXAMPLES[0]
CHECK = """\
checks:
  - id: own-one
    title: One
    severity: low
    rationale: Because.
    remediation: Do it.
    match: {apiVersion: v1, kind: Pod}
    validations:
      - expression: %s
"""
PODS = """\
apiVersion: v1
kind: Pod
metadata: {name: quiet, namespace: a}
spec: {containers: [{name: app, image: x}]}
---
apiVersion: v1
kind: Pod
metadata: {name: loud, namespace: a}
spec: {containers: [{name: app, image: x, env: [{name: TOKEN, value: a-secret-value}]}]}
---
apiVersion: stable.example.com/v1
kind: Gizmo
metadata: {name: custom, namespace: a}
spec: {size: 3}
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(text)
    return path


def scan(tmp_path: Path, checks: str, objects: str = PODS) -> Scan:
    manifests = tmp_path / "objects.yaml"
    manifests.write_text(objects)
    return judge(
        Manifests(manifests),
        wanted=(),
        version="test",
        progress=lambda _: None,
        own=(written(tmp_path, checks),),
    ).scan


def of(result: Scan, check: str) -> dict[str, Result]:
    return {each.resource.name: each for each in result.results if each.check == check}


def test_the_documentation_s_example_is_as_its_examples_say(tmp_path: Path) -> None:
    results = list(tried(load((written(tmp_path, EXAMPLE),))))
    assert len(results) == 4
    assert all(each.right for each in results), results


def test_the_documentation_s_example_fits_the_schema() -> None:
    import jsonschema

    jsonschema.validate(yaml.safe_load(EXAMPLE), own.schema())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (CHECK % "1 == 1" + "    severty: low\n", r"own.yaml:2: .*unknown field `severty`"),
        (CHECK.replace("low", "urgent") % "1 == 1", r"own.yaml:4: Invalid enum value 'urgent' at checks\[0\].severity"),
        (CHECK.replace("own-one", "Own") % "1 == 1", "own.yaml:2: 'Own' is no check id"),
        (CHECK.replace("own-one", "pod-host-pid") % "1 == 1", "own.yaml:2: the id pod-host-pid is taken"),
        (CHECK.replace("own-one", "vap-x") % "1 == 1", "own.yaml:2: the id vap-x may not begin so"),
        (CHECK.replace("match: {apiVersion: v1, kind: Pod}", "because: x") % "1 == 1", "Give match or matchConstraints"),
        ("checks: [\n", "own.yaml:"),
        ("[]", r"own.yaml:1: Expected `object`, got `array`"),
        (CHECK.partition("    validations")[0] + "    validations: []\n", "has no validations"),
    ],
)  # fmt: skip
def test_mistakes_are_named_with_their_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(OwnCheckError, match=says):
        load((written(tmp_path, text),))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OwnCheckError, match="cannot be read"):
        load((tmp_path / "nothing.yaml",))


def test_objects_are_judged_whole(tmp_path: Path) -> None:
    found = of(scan(tmp_path, CHECK % "object.metadata.name == 'quiet'"), "own-one")
    assert {name: each.status for name, each in found.items()} == {"quiet": Status.PASS, "loud": Status.FAIL}
    assert found["loud"].message == "Failed expression: object.metadata.name == 'quiet'."
    assert found["loud"].evidence[0].path == "validations[0].expression"


def test_the_check_is_in_the_scan_and_speaks_for_its_requirements(tmp_path: Path) -> None:
    text = CHECK % "1 == 2" + "    requirements: [cis-kubernetes-2.0.1/5.6.1]\n"
    result = scan(tmp_path, text)
    assert "own-one" in {each.id for each in result.checks}
    assert of(result, "own-one")["quiet"].requirements == ("cis-kubernetes-2.0.1/5.6.1",)
    (requirement,) = (each for each in result.frameworks[0].requirements if each.id == "5.6.1")
    assert requirement.status is Status.FAIL


def test_a_custom_resource_is_judged_too(tmp_path: Path) -> None:
    text = (CHECK % "object.spec.size < 3").replace("v1, kind: Pod", "stable.example.com/v1, kind: Gizmo")
    assert of(scan(tmp_path, text), "own-one")["custom"].status is Status.FAIL


def test_what_is_not_kept_is_not_judged(tmp_path: Path) -> None:
    text = CHECK % "object.spec.containers.all(c, !has(c.env) || c.env.all(e, e.value != 'a-secret-value'))"
    found = of(scan(tmp_path, text), "own-one")
    assert found["quiet"].status is Status.PASS
    assert found["loud"].status is Status.NOT_EVALUATED
    assert "may be a secret" in (found["loud"].reason or "")
    text = CHECK % "object.spec.containers.all(c, !has(c.env) || c.env.all(e, !has(e.value)))"
    assert of(scan(tmp_path, text), "own-one")["loud"].status is Status.FAIL


@pytest.mark.parametrize("expression", ["object.nothing == 1", "nothing(object)", "object.metadata.name =="])
def test_a_broken_expression_is_an_error_that_names_it(tmp_path: Path, expression: str) -> None:
    result = scan(tmp_path, CHECK % f'"{expression}"')
    errors = [each for each in result.results if each.check == "own-one"]
    assert errors
    assert {each.status for each in errors} == {Status.ERROR}
    assert all("validations[0].expression" in (each.reason or "") for each in errors)
    assert all("own.yaml" in (each.reason or "") for each in errors)
    assert len(result.results) > len(errors)


def test_a_saved_snapshot_gives_the_same_and_holds_no_secret(tmp_path: Path) -> None:
    checks = written(tmp_path, CHECK % "object.metadata.name == 'quiet'")
    (tmp_path / "objects.yaml").write_text(PODS)
    taken = take_snapshot(
        Manifests(tmp_path / "objects.yaml"), progress=lambda *_: None, whole=own.asked(load((checks,)))
    )
    assert b"a-secret-value" not in msgspec.json.encode(taken.whole)
    path = tmp_path / "saved.qdsnap"
    save(taken, path)
    assert load_snapshot(path).whole == taken.whole
    arguments: dict[str, Any] = {"wanted": (), "version": "t", "progress": lambda _: None, "own": (checks,)}
    again = judge(SavedSnapshot(path), **arguments).scan
    assert of(again, "own-one")["loud"].status is Status.FAIL


def test_without_own_checks_nothing_is_kept_whole(tmp_path: Path) -> None:
    (tmp_path / "objects.yaml").write_text(PODS)
    assert take_snapshot(Manifests(tmp_path / "objects.yaml"), progress=lambda *_: None).whole == ()


POLICY = """
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-loud.example.com}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  validations: [{expression: "object.metadata.name != 'loud'", message: too loud}]
"""
BINDING = """
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: bound}
spec: {policyName: no-loud.example.com, validationActions: [Warn]}
"""


def test_a_policy_in_files_is_a_check(tmp_path: Path) -> None:
    result = scan(tmp_path, CHECK % "1 == 1", PODS + POLICY + BINDING)
    found = of(result, "vap-no-loud-example-com")
    assert (found["loud"].status, found["quiet"].status) == (Status.FAIL, Status.PASS)
    assert found["loud"].message == "Too loud. Binding bound (Warn) warns of it and lets it in."
    assert "Warn" in found["loud"].evidence[0].expected


def test_a_policy_without_a_binding_is_said_and_not_run(tmp_path: Path) -> None:
    (only,) = of(scan(tmp_path, CHECK % "1 == 1", PODS + POLICY), "vap-no-loud-example-com").values()
    assert only.status is Status.NOT_APPLICABLE
    assert "No binding" in (only.reason or "")


def test_a_hostile_policy_is_an_error_and_holds_nothing_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "Bench", lambda programs: Bench(programs, seconds=2))
    bomb = "('" + "a" * 60 + "b').find('(a+)+(a+)+(a+)+$') != object.metadata.name"
    hostile = (POLICY + BINDING).replace("object.metadata.name != 'loud'", bomb)
    other = (POLICY + BINDING).replace("no-loud", "second").replace("name: bound", "name: other")
    result = scan(tmp_path, CHECK % "1 == 1", PODS + hostile + other)
    (ended,) = of(result, "vap-no-loud-example-com").values()
    assert ended.status is Status.ERROR
    assert "no-loud.example.com: the expressions took longer than 2 s" in (ended.reason or "")
    assert of(result, "vap-second-example-com")["loud"].status is Status.FAIL
    assert of(result, "own-one")["loud"].status is Status.PASS


def test_a_namespace_that_is_none_breaks_no_check(tmp_path: Path) -> None:
    odd = PODS + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: nonsense}\n"
    chosen = CHECK.replace(
        "    match: {apiVersion: v1, kind: Pod}\n",
        "    matchConstraints: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: a}},\n"
        "      resourceRules: [{apiGroups: [''], apiVersions: [v1], resources: [pods], operations: ['*']}]}\n",
    )
    found = of(scan(tmp_path, chosen % "object.metadata.name != ''", odd), "own-one")
    assert {name: each.status for name, each in found.items()} == {"loud": Status.PASS, "quiet": Status.PASS}


def test_the_checks_to_copy_do_what_their_examples_say(tmp_path: Path) -> None:
    found = list(tried(load((written(tmp_path, EXAMPLES[1]),))))
    assert len(found) >= 4
    assert all(each.right and each.name for each in found), found


def test_the_policy_in_the_documentation_refuses_what_it_says(tmp_path: Path) -> None:
    (policy,) = EXAMPLES[2:]
    (tmp_path / "policies.yaml").write_text(policy)
    result = judge(Manifests(tmp_path), wanted=(), version="t", progress=lambda _: None).scan
    (web,) = (each for each in result.results if each.check == "vap-replica-limit")
    assert (web.status, web.resource.name) == (Status.FAIL, "web")
    assert web.message == "At most 3 replicas are allowed. Binding replica-limit (Deny) refuses it."
