"""The language is the one of ValidatingAdmissionPolicies: what functions give, what is said of errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from checks.cel.bench import Bench
from checks.cel.protocol import Finding, Named, Outcome, Program, Reply, Subject, Task, Validation

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
        "object.spec.containers.exists_one(c, c.name == 'a')",
        "object.spec.containers.map(c, has(c.securityContext), c.name) == ['b']",
        "object.spec.containers.filter(c, c.image.contains('/')).size() == 1",
        "object.spec.replicas > 2.5 && object.spec.replicas == 3",
        "object.?spec.?strategy.orValue('none') == 'none'",
        "object.metadata.?labels['app'].orValue('') == 'x'",
        "object.metadata.nope == 1 || true",
        "oldObject == null && params == null",
        "'a b'.split(' ') == ['a', 'b'] && ['a', 'b'].join('-') == 'a-b'",
        "'%s has %d'.format([object.metadata.name, object.spec.replicas]) == 'web has 3'",
        "'foo123'.find('[0-9]+') == '123' && '1a2b'.findAll('[0-9]') == ['1', '2']",
        "'1a2b'.findAll('[0-9]', 1) == ['1']",
        "[1, 2, 3].sum() == 6 && [3, 1].min() == 1 && [3, 1].max() == 3 && [1, 2].isSorted()",
        "[1, 2, 1].indexOf(1) == 0 && [1, 2, 1].lastIndexOf(1) == 2 && 'abc'.indexOf('c') == 2",
        "sets.contains([1, 2], [1]) && sets.equivalent([1], [1.0, 1]) && sets.intersects([1], [1, 2])",
        "quantity(object.spec.containers[0].resources.limits.memory).isLessThan(quantity('1Gi'))",
        "quantity('1000m') == quantity('1') && quantity('1').add(quantity('1Ki')).asInteger() == 1025",
        "isQuantity('20Mi') && !isQuantity('20Mib') && quantity('-1').sign() == -1",
        "quantity('50k').sub(1).asApproximateFloat() == 49999.0 && !quantity('1m').isInteger()",
        "url('https://u@example.com:80/p?a=b').getHost() == 'example.com:80'",
        "url('https://[::1]:80/p?a=b').getHostname() == '::1'",
        "url('https://h/p?a=b').getQuery()['a'] == ['b']",
        "isURL('https://example.com') && !isURL('no url')",
        "ip('127.0.0.1').isLoopback() && ip('::1').family() == 6 && string(ip('::0001')) == '::1'",
        "ip('8.8.8.8').isGlobalUnicast() && ip('169.254.1.1').isLinkLocalUnicast() && !isIP('1.2.3')",
        "cidr('10.0.0.0/8').containsIP('10.1.2.3') && cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')",
        "cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8') && cidr('::/64').prefixLength() == 64",
        "semver('1.2.3').isLessThan(semver('1.10.0'))",
        "semver('1.0.0-rc1').compareTo(semver('1.0.0')) == -1",
        "[1, 2, 1].distinct() == [1, 2] && [3, 1].sort() == [1, 3] && lists.range(2) == [0, 1]",
        "[[1], [[2]]].flatten() == [1, [2]] && [[1], [[2]]].flatten(2) == [1, 2] && 'ab'.reverse() == 'ba'",
        "[1, 2, 3].slice(1, 3) == [2, 3] && [1, 2].reverse() == [2, 1]",
        "size('héé') == 3 && duration('1h') > duration('30m') && '^x'.matches('x$')",
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
        ("authorizer.group('').resource('pods').check('get').allowed()", "no request here"),
        ("format.dns1123Label().validate('x').hasValue()", "undeclared reference to 'format'"),
        ("cel.bind(x, 3, x + 1) == 4", "undeclared reference to"),
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
        ("object.spec.env.all(e, !has(e.value) || e.value != 'x')", True),
        ("object.spec.env[0]['value'] != 'x'", True),
        ("object.spec.env[0][object.metadata.name] != 'x' || true", True),
        ("object.spec.env[0].?value.orValue('') != 'x'", True),
        ("object.spec != params || true", True),
        ("variables.all.size() >= 0", True),
    ],
)
def test_reading_what_is_not_kept_is_unknown(bench: Bench, expression: str, unknown: bool) -> None:
    given = {**OBJECT, "spec": {**OBJECT["spec"], "env": [{"name": "A", "value": "<redacted>"}]}}  # type: ignore[dict-item]
    program = Program((Validation(expression),), variables=(Named("all", "object.spec.env.map(e, e.value)"),))
    judged = ask(bench, program, given, redacted=("value",)).judged[0]
    assert (judged.outcome is Outcome.UNKNOWN) is unknown
    assert ask(bench, program, given).judged[0].outcome is not Outcome.UNKNOWN
