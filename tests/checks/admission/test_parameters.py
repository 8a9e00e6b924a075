"""What `params` are: of which objects, from where, and what is said where there are none."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.commands.scan import judge
from checks.cluster.snapshot_file import load, save
from checks.cluster.source import Manifests, SavedSnapshot, take_snapshot
from checks.model import Result, Scan, Status

TOKEN = "ghp_" + "a1B2" * 9
POLICY = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: limited}
spec:
  failurePolicy: %(failure)s
  paramKind: {apiVersion: %(version)s, kind: %(kind)s}
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [%(resource)s]}]
  validations:
    - expression: "%(expression)s"
      messageExpression: "'more than ' + string(params.data.?most.orValue('?')) + %(told)s"
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: bound}
spec:
  policyName: limited
  validationActions: [Deny, Audit]
  paramRef: %(ref)s
"""
PODS = """\
---
apiVersion: v1
kind: Pod
metadata: {name: long-name, namespace: one}
spec: {containers: [{name: a, image: x}]}
---
apiVersion: v1
kind: Pod
metadata: {name: tiny, namespace: two}
spec: {containers: [{name: a, image: x}]}
"""
CONFIG = """\
---
apiVersion: v1
kind: ConfigMap
metadata: {name: %s, namespace: %s, labels: {limits: "yes"}}
data: {most: "%s", password: hunter2-hunter2, config.ini: "user = a\\npassword = hunter3", token: %s}
"""
ONE, TWO = CONFIG % ("limits", "one", 5, TOKEN), CONFIG % ("limits", "two", 3, TOKEN)
LIMIT = "object.metadata.name.size() <= int(params.data.most)"


def given(tmp_path: Path, more: str, **policy: Any) -> Path:
    values = {
        "failure": "Fail",
        "version": "v1",
        "kind": "ConfigMap",
        "resource": "pods",
        "expression": LIMIT,
        "told": "''",
        "ref": "{name: limits, namespace: one, parameterNotFoundAction: Deny}",
    }
    (tmp_path / "all.yaml").write_text(POLICY % (values | policy) + PODS + more)
    return tmp_path


def scan(path: Path) -> Scan:
    return judge(Manifests(path), wanted=(), version="t", progress=lambda _: None).scan


def of(scan_: Scan) -> dict[str, Result]:
    return {each.resource.name: each for each in scan_.results if each.check == "vap-limited"}


def test_named_parameters_hold_for_all(tmp_path: Path) -> None:
    found = of(scan(given(tmp_path, ONE)))
    assert {name: each.status for name, each in found.items()} == {
        "long-name": Status.FAIL,
        "tiny": Status.PASS,
    }
    assert found["long-name"].message == (
        "More than 5. Binding bound (Deny, Audit) refuses it and notes it in the audit log."
    )


def test_without_a_namespace_each_object_has_its_own_ones(tmp_path: Path) -> None:
    found = of(scan(given(tmp_path, ONE + TWO, ref="{name: limits, parameterNotFoundAction: Deny}")))
    assert [found["long-name"].message, found["tiny"].message] == [
        "More than 5. Binding bound (Deny, Audit) refuses it and notes it in the audit log.",
        "More than 3. Binding bound (Deny, Audit) refuses it and notes it in the audit log.",
    ]


def test_every_one_that_a_selector_picks_counts(tmp_path: Path) -> None:
    more = ONE + CONFIG % ("other", "one", 100, TOKEN) + TWO
    chosen = "{selector: {matchLabels: {limits: 'yes'}}, namespace: one, parameterNotFoundAction: Deny}"
    found = of(scan(given(tmp_path, more, ref=chosen)))
    assert {name: each.status for name, each in found.items()} == {
        "long-name": Status.FAIL,
        "tiny": Status.PASS,
    }


@pytest.mark.parametrize(
    ("action", "failure", "status"),
    [
        ("Deny", "Fail", Status.FAIL),
        ("Deny", "Ignore", Status.PASS),
        ("Allow", "Fail", Status.NOT_APPLICABLE),
    ],
)
def test_an_object_without_parameters_is_what_the_binding_makes_of_it(
    tmp_path: Path, action: str, failure: str, status: Status
) -> None:
    ref = f"{{name: limits, parameterNotFoundAction: {action}}}"
    more = ONE.replace("namespace: one", "namespace: three")
    found = of(scan(given(tmp_path, more, failure=failure, ref=ref)))
    assert {each.status for each in found.values()} == {status}
    if status is Status.FAIL:
        assert found["tiny"].message == (
            "The binding bound finds no parameters, and then refuses what it covers."
        )


def test_what_is_in_no_namespace_cannot_have_parameters_of_its_namespace(tmp_path: Path) -> None:
    node = "---\napiVersion: v1\nkind: Node\nmetadata: {name: node-1}\n"
    ref = "{name: limits, parameterNotFoundAction: Allow}"
    found = of(scan(given(tmp_path, ONE + node, resource="nodes", ref=ref)))
    assert found["node-1"].status is Status.FAIL
    assert "this is in none" in found["node-1"].message


def test_parameters_that_no_file_has_may_be_in_the_cluster(tmp_path: Path) -> None:
    (only,) = of(scan(given(tmp_path, ""))).values()
    assert only.status is Status.NOT_EVALUATED
    assert "not among the files" in (only.reason or "")


def test_parameters_in_secrets_are_never_read(tmp_path: Path) -> None:
    secret = ONE.replace("kind: ConfigMap", "kind: Secret")
    (only,) = of(scan(given(tmp_path, secret, kind="Secret"))).values()
    assert only.status is Status.NOT_EVALUATED
    assert "never read" in (only.reason or "")


@pytest.mark.parametrize(
    "expression",
    [
        "params.data.password != 'x'",
        "params.data['token'] != 'x'",
        "params.data[object.metadata.name] != 'x'",
        "params.data['config.ini'].contains('user')",
        "params.data.all(k, v, v != 'x')",
        "params.data.exists(k, params.data[k] == 'x')",
        "params.binaryData.size() > 0",
    ],
)
def test_a_parameter_that_may_be_a_secret_is_never_looked_at(tmp_path: Path, expression: str) -> None:
    found = of(scan(given(tmp_path, ONE, expression=expression)))
    assert {each.status for each in found.values()} == {Status.NOT_EVALUATED}


def test_no_secret_of_a_parameter_is_in_anything(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    told = "params.data.password + params.data.token + params.data['config.ini']"
    path = given(tmp_path, ONE, told=told)
    result = scan(path)
    snapshot = take_snapshot(Manifests(path), progress=lambda *_: None)
    assert snapshot.params
    save(snapshot, tmp_path / "saved")
    saved = load(tmp_path / "saved")
    said = capfd.readouterr()
    everything = (
        msgspec.json.encode(result).decode()
        + repr(snapshot)
        + repr([bytes(item.raw) for kind in snapshot.params for item in kind.items])
        + repr(saved)
        + caplog.text
        + said.out
        + said.err
    )
    for secret in ("hunter2", "hunter3", TOKEN):
        assert secret not in everything
    assert of(result)["long-name"].status is Status.FAIL
    assert saved.params is None
    assert b"most" not in msgspec.json.encode([list(each.items) for each in saved.whole])


def test_a_saved_snapshot_has_no_parameters_and_says_so(tmp_path: Path) -> None:
    snapshot = take_snapshot(Manifests(given(tmp_path, ONE)), progress=lambda *_: None)
    save(snapshot, tmp_path / "saved")
    result = judge(SavedSnapshot(tmp_path / "saved"), wanted=(), version="t", progress=lambda _: None).scan
    (only,) = of(result).values()
    assert only.status is Status.NOT_EVALUATED
    assert "kept in no snapshot" in (only.reason or "")
