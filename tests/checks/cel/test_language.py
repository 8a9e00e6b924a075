"""The language is the one of ValidatingAdmissionPolicies: what functions give, what is said of errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from checks.cel.bench import Bench
from checks.cel.protocol import Finding, Named, Outcome, Program, Reply, Subject, Task, Validation
from checks.cluster.redaction import redacted

OBJECT = {
    "metadata": {"name": "web", "labels": {"app": "x"}},
    "spec": {
        "replicas": 3,
        "containers": [
            {"name": "a", "image": "nginx:1", "resources": {"limits": {"memory": "128Mi"}}},
            {"name": "b", "image": "r.example.com/x@sha256:abc", "securityContext": {"privileged": True}},
        ],
    },
}


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench() as bench:
        yield bench


def ask(bench: Bench, program: Program, given: Any = OBJECT, **more: Any) -> Reply:
    return bench.ask(Task(program, (Subject(msgspec.Raw(msgspec.json.encode(given)), **more),)))


def only(reply: Reply) -> Finding:
    (judged,) = reply.judged
    (finding,) = judged.findings
    return finding


@pytest.mark.parametrize(
    "expression",
    [
        "has(object.metadata.labels) && !has(object.metadata.annotations)",
        "object.spec.containers.exists(c, c.securityContext.privileged)",
        "object.spec.containers.map(c, has(c.securityContext), c.name) == ['b']",
        "object.spec.containers.filter(c, c.image.contains('/')).size() == 1",
        "object.spec.replicas > 2.5 && object.spec.replicas == 3",
        "object.?spec.?strategy.orValue('none') == 'none'",
        "object.metadata.?labels['app'].orValue('') == 'x'",
        "oldObject == null && params == null",
        "quantity(object.spec.containers[0].resources.limits.memory).isLessThan(quantity('1Gi'))",
    ],
)
def test_expression_holds(bench: Bench, expression: str) -> None:
    reply = ask(bench, Program((Validation(expression),)))
    assert not reply.broken
    assert reply.judged[0].findings == ()


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("object.metadata.name ==", "line 1, column 24: Syntax error"),
        ("nothing(object)", "undeclared reference to 'nothing'"),
        ("object.metadata.name", "gives DYN, not true or false"),
        ("1 == 'a'", "found no matching overload"),
    ],
)
def test_expression_that_cannot_be_compiled_is_named(bench: Bench, expression: str, says: str) -> None:
    reply = ask(bench, Program((Validation("true"), Validation(expression))))
    assert list(reply.broken) == ["validations[1].expression"]
    assert says in reply.broken["validations[1].expression"]
    assert expression in reply.broken["validations[1].expression"]


def test_an_error_while_evaluating_is_broken_and_names_the_cause(bench: Bench) -> None:
    finding = only(ask(bench, Program((Validation("object.metadata.nope == 1"),))))
    assert (finding.outcome, finding.message) == (Outcome.BROKEN, 'Key not found in map : "nope"')


def test_a_variable_that_breaks_breaks_only_what_uses_it(bench: Bench) -> None:
    program = Program(
        (Validation("variables.bad == 1"), Validation("variables.good == 'web'")),
        variables=(Named("bad", "object.nope"), Named("good", "object.metadata.name")),
    )
    finding = only(ask(bench, program))
    assert finding.expression == "validations[0].expression"
    assert finding.message.startswith("variables.bad: ")


@pytest.mark.parametrize(
    ("variable", "validation"),
    [
        ("object.spec.replicas == 3", "variables.it"),
        ("object.spec.replicas == 3", "[1].all(x, variables.it)"),
        ("timestamp('2020-01-01T00:00:00Z')", "variables.it < timestamp('2021-01-01T00:00:00Z')"),
        ("duration('1h')", "variables.it + variables.it == duration('2h')"),
        ("object.?spec.?nothing", "!variables.it.hasValue() && variables.it.orValue('x') == 'x'"),
        ("quantity('1')", "variables.it.isLessThan(quantity('2'))"),
        ("object.nope // as it is", "true || variables.it == 1"),
        ("'a'", "'variables.it' != variables.it && 'x: variables.it' == 'x: ' + 'variables.it'"),
        ("1 + 1", "variables.it * 2 == 4"),
    ],
)
def test_a_variable_is_what_its_expression_is_and_is_asked_only_where_it_is_used(
    bench: Bench, variable: str, validation: str
) -> None:
    reply = ask(bench, Program((Validation(validation),), variables=(Named("it", variable),)))
    assert not reply.broken
    assert reply.judged[0].findings == ()


def test_variables_that_grow_beyond_what_is_parsed_are_not_known(bench: Bench) -> None:
    growing = tuple(Named(f"v{n + 1}", f"variables.v{n} + variables.v{n}") for n in range(30))
    program = Program((Validation("variables.v30 > 0"),), variables=(Named("v0", "1"), *growing))
    finding = only(ask(bench, program))
    assert finding.outcome is Outcome.UNKNOWN
    assert "its variables make it longer" in finding.message


def test_an_object_that_is_updated_is_updated_to_what_it_is(bench: Bench) -> None:
    program = Program((Validation("oldObject.spec.replicas == object.spec.replicas"),))
    assert ask(bench, program, request={"operation": "UPDATE"}).judged[0].outcome is Outcome.HOLDS
    assert only(ask(bench, program, request={"operation": "CREATE"})).outcome is Outcome.BROKEN


def test_variables_see_the_ones_before(bench: Bench) -> None:
    program = Program(
        (Validation("variables.twice == 6"),),
        variables=(Named("once", "object.spec.replicas"), Named("twice", "variables.once * 2")),
    )
    assert ask(bench, program).judged[0].outcome is Outcome.HOLDS


@pytest.mark.parametrize(
    ("validation", "message"),
    [
        (Validation("false", "said"), "said"),
        (Validation("false"), "failed expression: false"),
        (Validation("false", "said", "'no ' + object.metadata.name"), "no web"),
        (Validation("false", "said", "'a' + object.metadata.nope"), "said"),
        (Validation("false", "said", "'a\\nb'"), "said"),
        (Validation("false", "said", "'  '"), "said"),
    ],
)
def test_message_is_chosen_as_the_api_server_does(bench: Bench, validation: Validation, message: str) -> None:
    assert only(ask(bench, Program((validation,)))).message == message


def test_a_false_condition_skips_even_beside_a_broken_one(bench: Bench) -> None:
    conditions = (Named("broken", "object.nope == 1"), Named("other", "false"))
    assert ask(bench, Program((Validation("false"),), conditions)).judged[0].outcome is Outcome.SKIPPED
    assert only(ask(bench, Program((Validation("true"),), conditions[:1]))).outcome is Outcome.BROKEN


@pytest.mark.parametrize(
    ("expression", "unknown"),
    [
        ("object.spec.containers.all(c, c.name != 'x')", False),
        ("!has(object.value)", False),
        ("object.metadata.labels[object.metadata.name] == 'x' || true", False),
        ("object.metadata.labels.all(k, v, v != 'y')", False),
        ("object.spec.containers.all(i, c, c.name != 'x')", False),
        ("object.spec.env.all(e, !has(e.value) || e.value != 'x')", True),
        ("object.spec.env.all(i, e, !has(e.value) || e.value != 'x')", True),
        ("object.spec.env[0]['value'] != 'x'", True),
        ("object.spec.env[0][object.metadata.name] != 'x' || true", True),
        ("object.spec.env[0].?value.orValue('') != 'x'", True),
        ("object.metadata.annotations[object.metadata.name] != 'x' || true", True),
        ("object.metadata.annotations.all(k, v, v != 'x')", True),
        ("object.metadata.?annotations.orValue({}).exists(k, v, v == 'x')", True),
        ("object.metadata.annotations.transformList(k, v, v).size() >= 0", True),
        ("object.metadata.annotations.all(k, k != 'x')", False),
        ("object.spec != params || true", True),
        ("variables.all.size() >= 0", True),
    ],
)
def test_reading_what_is_not_kept_is_unknown(bench: Bench, expression: str, unknown: bool) -> None:
    env = [{"name": "A", "value": "a-secret"}]
    whole = redacted(
        {
            **OBJECT,
            "metadata": {**OBJECT["metadata"], "annotations": {"api-token": "a-secret"}},  # type: ignore[dict-item]
            "spec": {**OBJECT["spec"], "env": env},  # type: ignore[dict-item]
        }
    )
    assert b"a-secret" not in bytes(whole.raw)
    program = Program((Validation(expression),), variables=(Named("all", "object.spec.env.map(e, e.value)"),))
    given = msgspec.json.decode(whole.raw)
    hidden = tuple(name for name in whole.redacted if name != "managedFields")
    judged = ask(bench, program, given, redacted=hidden).judged[0]
    assert (judged.outcome is Outcome.UNKNOWN) is unknown
    assert ask(bench, program, given).judged[0].outcome is not Outcome.UNKNOWN
