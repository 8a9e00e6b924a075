"""The language is the API server's: every function of its environment, and what each expression comes to.

`environment.txt` is what Kubernetes 1.37 declares. `expressions.yaml` says what comes of expressions over it;
the real API server is asked for the same, in a few requests for all of them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from checks.cel.bench import Bench
from checks.cel.protocol import Named, Outcome, Program, Subject, Task, Validation
from checks.cel.table import rows
from tests.harness.api_server import ApiServer
from tests.harness.kubernetes_api import ApiError, Object

HERE = Path(__file__).parent
GIVEN: dict[str, Any] = yaml.safe_load((HERE / "expressions.yaml").read_text())
ENVIRONMENT = [each for each in (HERE / "environment.txt").read_text().splitlines() if each[0] != "#"]
OUTCOMES = {"holds": Outcome.HOLDS, "fails": Outcome.VIOLATED, "errors": Outcome.BROKEN}
ASKED = tuple((word, expression) for word in OUTCOMES for expression in GIVEN[word])
CHECKERS = ("Authorizer", "PathCheck", "GroupCheck", "ResourceCheck", "Decision")
SOME = 20
"""Of the expressions in one policy: more warnings than a few are cut."""
GROUP = "admissionregistration.k8s.io/v1"


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench() as bench:
        yield bench


def subject() -> Subject:
    given = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": GIVEN["data"]}
    return Subject(msgspec.Raw(msgspec.json.encode(given)), {"operation": "CREATE"})


def test_every_function_and_macro_is_tried() -> None:
    tried = " ".join(GIVEN["holds"] + GIVEN["stored"])
    names = {re.sub(r"\(.*", "", each).rpartition(".")[2] for each in ENVIRONMENT if "macro" not in each}
    names |= {each.split()[1].partition("/")[0] for each in ENVIRONMENT if each.startswith("macro")}
    authorizing = {
        re.sub(r"\(.*", "", each).rpartition(".")[2] for each in ENVIRONMENT if each.split(".")[0] in CHECKERS
    }
    assert not [name for name in sorted(names - authorizing) if not re.search(rf"\b{name}\(", tried)]


def test_the_table_declares_what_kubernetes_does() -> None:
    theirs = {re.sub(r"optional<(.*)>", r"optional \1", each) for each in ENVIRONMENT}
    ours = {signature for signature, _ in rows()}
    assert {each for each in ours if each not in theirs and _generic(each) not in theirs} == set()
    special = [each for each in theirs if re.search(r"\b(Quantity|Semver|URL|IP|CIDR|Format)\b", each)]
    assert [each for each in special if each not in ours] == []


def _generic(signature: str) -> str:
    """As Kubernetes writes what is for any list."""
    return signature.replace("[dyn].", "[A].").replace("(dyn)", "(A)")


@pytest.mark.parametrize(("word", "expression"), [*ASKED, *(("holds", each) for each in GIVEN["stored"])])
def test_expression_comes_to(bench: Bench, word: str, expression: str) -> None:
    reply = bench.ask(Task(Program((Validation(expression),)), (subject(),)))
    assert not reply.broken
    assert reply.judged[0].outcome is OUTCOMES[word], reply.judged[0].findings


@pytest.mark.parametrize("expression", GIVEN["refused"])
def test_expression_is_refused(bench: Bench, expression: str) -> None:
    reply = bench.ask(Task(Program((Validation(expression),)), (subject(),)))
    assert list(reply.broken) == ["validations[0].expression"]
    assert expression in reply.broken["validations[0].expression"]


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("authorizer.group('').resource('pods').namespace('x').check('get').allowed()", "authorizer"),
        ("authorizer.requestResource.check('get').allowed()", "authorizer"),
        ("authorizer.serviceAccount('a', 'b').path('/x').check('get').reason() == ''", "authorizer"),
        ("request.userInfo.username == 'a'", "what only a real one has"),
        ("!has(request.userInfo) || request.options.fieldManager == ''", "what only a real one has"),
        ("[duration('1s')].sum() == duration('1s')", "the sum of durations"),
        ("object.data.name.find('\\\\pL') == 'w'", "in a pattern"),
        ("object.data.name.find('(?U)w+') == 'w'", "an ungreedy pattern"),
        ("[1].all(object, object == 1)", "by the name of a variable"),
        ("format.uri().validate('x').orValue([]) == []", "orValue"),
    ],
)
def test_what_cannot_be_known_here_is_named_and_neither_holds_nor_fails(
    bench: Bench, expression: str, says: str
) -> None:
    (judged,) = bench.ask(Task(Program((Validation(expression),)), (subject(),))).judged
    (finding,) = judged.findings
    assert finding.outcome is Outcome.UNKNOWN
    assert says in finding.message


def test_what_cannot_be_known_does_not_matter_where_a_condition_is_false(bench: Bench) -> None:
    asks = "authorizer.group('').resource('pods').check('get').allowed()"
    conditions = (Named("one", asks), Named("two", "object.kind == 'Pod'"))
    program = Program((Validation("false"),), conditions)
    assert bench.ask(Task(program, (subject(),))).judged[0].outcome is Outcome.SKIPPED


@pytest.mark.parametrize(
    ("validation", "outcome"),
    [("true", Outcome.HOLDS), ("false", Outcome.UNKNOWN), ("1 / 0 == 1", Outcome.UNKNOWN)],
)
def test_what_holds_holds_whatever_an_unknown_condition_says(
    bench: Bench, validation: str, outcome: Outcome
) -> None:
    conditions = (Named("not-nodes", "!('system:nodes' in request.userInfo.groups)"),)
    (judged,) = bench.ask(Task(Program((Validation(validation),), conditions), (subject(),))).judged
    assert judged.outcome is outcome
    assert all("what only a real one has" in each.message for each in judged.findings)


@pytest.mark.kubernetes
def test_the_api_server_says_the_same(api_server: ApiServer, namespace: str) -> None:
    batches = [ASKED[start : start + SOME] for start in range(0, len(ASKED), SOME)]
    made: list[Object] = []
    wrong = []
    try:
        for number, some in enumerate(batches):
            made += (api_server.api.create(each) for each in _policy(f"env-{number}", some, namespace))
        _wait(api_server, f"env-{len(batches) - 1}", namespace)
        for number, some in enumerate(batches):
            said = _said(api_server, f"env-{number}", namespace, some)
            assert said.pop(len(some)) == "fails"  # the one that never holds: the policy was asked
            for index, (word, expression) in enumerate(some):
                came = said.get(index, "holds")
                if came != word:
                    wrong.append((expression, word, came))
    finally:
        api_server.api.delete(*made)
    assert wrong == []


@pytest.mark.kubernetes
def test_the_api_server_refuses_the_same(api_server: ApiServer, namespace: str) -> None:
    policy, _ = _policy("refused", [("refused", each) for each in GIVEN["refused"]], namespace)
    with pytest.raises(ApiError) as refused:
        api_server.api.request(
            "POST", f"/apis/{GROUP}/validatingadmissionpolicies", policy, query={"dryRun": "All"}
        )
    found = {
        int(each) for each in re.findall(r"spec\.validations\[(\d+)\]\.expression", refused.value.message)
    }
    assert [each for index, each in enumerate(GIVEN["refused"]) if index not in found] == []


def _wait(server: ApiServer, name: str, namespace: str) -> None:
    deadline = time.monotonic() + 30
    while not _said(server, name, namespace):
        assert time.monotonic() < deadline, "the API server does not ask the policy"
        time.sleep(0.2)
    time.sleep(1)


def _said(
    server: ApiServer, name: str, namespace: str, some: Sequence[tuple[str, str]] = ()
) -> dict[int, str]:
    """What a policy warns of: `fails` or `errors` by the number of the expression."""
    given: Object = {"apiVersion": "v1", "kind": "ConfigMap", "data": GIVEN["data"]}
    given["metadata"] = {"generateName": "env-", "labels": {"only": name}}
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    server.api.request("POST", path, given, query={"dryRun": "All"})
    said = {}
    for warning in server.api.warnings:
        if (found := re.search(r"<(\d+)>", warning)) is not None:
            said[int(found[1])] = "fails"
            continue
        text = warning.replace('\\"', '"').replace("\\\\", "\\")
        said |= {
            index: "errors"
            for index, (_, expression) in enumerate(some)
            if f"expression '{expression}' resulted in error" in text
        }
    return said


def _policy(name: str, some: Iterable[tuple[str, str]], namespace: str) -> tuple[Object, Object]:
    """A policy of all of them, and one that never holds, that warns by its number of each that does not."""
    only = f"has(object.metadata.labels) && object.metadata.labels[?'only'].orValue('') == '{name}'"
    validations = [
        {"expression": each, "message": f"<{index}>"}
        for index, each in enumerate([*(expression for _, expression in some), "false"])
    ]
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    here = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    return (
        {
            "apiVersion": GROUP,
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": name},
            "spec": {
                "matchConstraints": {"resourceRules": [rule]},
                "matchConditions": [{"name": "only", "expression": only}],
                "validations": validations,
            },
        },
        {
            "apiVersion": GROUP,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": name},
            "spec": {
                "policyName": name,
                "validationActions": ["Warn"],
                "matchResources": {"namespaceSelector": here},
            },
        },
    )
