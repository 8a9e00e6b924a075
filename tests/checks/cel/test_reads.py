"""What an expression may look at: objects that are alike in that are judged alike, whatever they are."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from checks.cel import reads
from checks.cel.bench import Bench
from checks.cel.compiled import compiled
from checks.cel.library import VARIABLES, Language
from checks.cel.protocol import Named, Program, Subject, Task, Validation
from checks.cel.reads import Want, wanted
from tests.checks.admission.test_against_api_server import EXPRESSIONS

MORE = (
    "object.spec.containers.filter(c, has(c.image)).size() == 1",
    "object.spec.containers.filter(c, has(c.image)).all(c, c.image != 'a')",
    "object.spec.containers.map(c, c.image).exists(i, i == 'a')",
    "(object.spec.containers + object.spec.?others.orValue([])).all(c, c.?image.orValue('') != 'a')",
    "(has(object.spec.others) ? object.spec.others : object.spec.containers).exists(c, c.name == 'b')",
    "object.spec.containers.all(i, c, i == 0 || c.name == 'a')",
    "object.spec.transformList(k, v, k + string(v == 'a')).size() > 1",
    "object.metadata.labels.transformMap(k, v, v + 'x').exists(k, k == 'a')",
    "object.metadata.labels.exists(k, object.metadata.labels[k] == 'b')",
    "object.metadata.labels[object.metadata.name] == 'b'",
    "object.spec.containers[0].image == 'a' && object.spec['replicas'] > 1",
    "object.spec.containers.size() == 2 && size(object.metadata.labels) == 1",
    "'a' in object.metadata.labels && 'b' in object.spec.containers",
    "object.spec.containers[0] == object.spec.containers[1]",
    "[object.spec.containers, object.spec.others].all(l, l.all(c, c.name == 'a'))",
    "[object.spec.containers[0]].all(c, c.name == 'a')",
    "object.spec.containers.all(c, object.spec.containers.exists_one(d, d.name == c.name))",
    "object.?spec.?containers.optMap(l, l.size()).orValue(7) == 1",
    "optional.ofNonZeroValue(object.metadata.labels).hasValue()",
    "object.spec.containers.map(c, {'n': c.name}).all(m, m.n == 'a')",
    "object.spec.containers.sortBy(c, c.name)[0].name == 'a'",
    "object.spec.containers.first().hasValue() && object.spec.containers.first().value().name == 'a'",
    "'%s'.format([object.spec]) != ''",
    "dyn(object).spec.replicas == 1",
    "type(object.spec.containers) == list && type(object.spec) == map",
    "object.all(k, k != 'x')",
    "has(object.spec.containers) && !has(object.status)",
    "object.spec.replicas == null || object.spec.replicas < 3",
)
ALL = (*EXPRESSIONS, *MORE)


def some(random_: random.Random, depth: int = 0) -> Any:
    kinds = ["text", "number", "null", "true", "list", "map"] if depth < 3 else ["text", "number", "null"]
    match random_.choice(kinds):
        case "text":
            return random_.choice("abx")
        case "number":
            return random_.choice((0, 1, 2, 1.5))
        case "null":
            return None
        case "true":
            return True
        case "list":
            return [some(random_, depth + 1) for _ in range(random_.randrange(3))]
    names = random_.sample(("name", "image", "labels", "a", "value", "resources"), 3)
    return {name: some(random_, depth + 1) for name in names}


def container(random_: random.Random) -> Any:
    given = {"name": random_.choice("ab"), "image": random_.choice("ab"), "extra": random_.random()}
    return random_.choice((given, given, {**given, "image": some(random_)}, some(random_)))


def object_(random_: random.Random) -> Any:
    given: dict[str, Any] = {
        "kind": random_.choice(("Pod", "Deployment", "Service")),
        "metadata": {"name": random_.choice("ab"), "uid": str(random_.random()), "labels": {"a": "b"}},
        "spec": {
            "containers": [container(random_) for _ in range(random_.randrange(3))],
            "replicas": random_.choice((1, 2, 3)),
            "ports": [{"port": 80}],
        },
    }
    places = (("spec",), ("metadata",), ("spec", "containers"), ("spec", "others"), ("metadata", "labels"))
    for path in places:
        if random_.random() < 0.2:
            held = given
            for name in path[:-1]:
                held = held[name] if isinstance(held.get(name), dict) else {}
            held[path[-1]] = some(random_)
    return given


def test_an_object_without_what_is_not_looked_at_is_judged_the_same() -> None:
    random_ = random.Random(7)
    objects = [object_(random_) for _ in range(150)]
    subjects = tuple(Subject(msgspec.Raw(msgspec.json.encode(each))) for each in objects)
    programs = [Program((Validation(each, "", "'x' + object.metadata.name"),)) for each in ALL]
    whole = [Program((Validation(each), Validation("object == object"))) for each in ALL]
    wrong, outcomes = [], set()
    with Bench(programs) as together, Bench(whole) as apart:
        for program, other in zip(programs, whole, strict=True):
            less = together.ask(Task(program, subjects))
            more = apart.ask(Task(other, subjects))
            assert not less.broken
            for given, one, another in zip(objects, less.judged, more.judged, strict=True):
                came = [(each.outcome, each.expression) for each in one.findings]
                expected = [(each.outcome, each.expression) for each in another.findings]
                outcomes.add(one.outcome)
                if came != expected:
                    wrong.append((program.validations[0].expression, given, came, expected))
    assert wrong == []
    assert len(outcomes) >= 3


def want_of(expression: str, *variables: tuple[str, str]) -> Want:
    program = Program((Validation(expression),), variables=tuple(Named(*each) for each in variables))
    made = compiled(program, Language())
    assert not made.broken
    want = wanted([made.expressions["validations[0].expression"].tree], VARIABLES)
    want.settle()
    return want


@pytest.mark.parametrize(
    ("expression", "looks_at"),
    [
        ("object.spec.containers.all(c, has(c.image))", ["spec.containers.*.image"]),
        ("object.spec.containers.all(c, c.image != 'a')", ["spec.containers.*.image"]),
        ("object.spec.containers.filter(c, has(c.a)).size() > 0", ["spec.containers.*.a"]),
        ("object.spec == object.metadata", ["spec", "metadata"]),
        ("object.metadata.labels.exists(k, k == 'a')", ["metadata.labels.*"]),
        ("object == object.spec", [""]),
        ("variables.c.all(c, c.image != 'a')", ["spec.containers.*.image", "spec.init.*.image"]),
        ("namespaceObject.metadata.name == 'a'", []),
    ],
)
def test_what_is_looked_at(expression: str, looks_at: list[str]) -> None:
    both = ("c", "object.spec.containers + object.spec.?init.orValue([])")
    given = want_of(expression, both).fields["object"]
    assert sorted(paths(given)) == sorted(looks_at)


def paths(want: Want, above: str = "") -> Iterable[str]:
    if want.whole or (above and not want.fields and want.each is None):
        yield above
        return
    for name, each in (*want.fields.items(), *((("*", want.each),) if want.each is not None else ())):
        yield from paths(each, f"{above}.{name}" if above else name)


def test_following_an_expression_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    terms = " || ".join(f"object.a{number} == 1" for number in range(3000))
    assert not want_of(terms).whole
    monkeypatch.setattr(reads, "_MOST_STEPS", 1000)
    assert want_of(terms).whole


def test_replicas_are_judged_once_and_told_of_by_name() -> None:
    objects = [
        {"metadata": {"name": f"a-{number}"}, "spec": {"image": "x" if number % 2 else "y"}}
        for number in range(100)
    ]
    subjects = tuple(Subject(msgspec.Raw(msgspec.json.encode(each))) for each in objects)
    plain = Program((Validation("object.spec.image == 'x'", "no"),))
    named = Program((Validation("object.spec.image == 'x'", "no", "'no ' + object.metadata.name"),))
    with Bench((plain, named)) as bench:
        told = [bench.ask(Task(program, subjects)) for program in (plain, named)]
    assert [len(each.said) for each in told] == [2, 2 + 50]
    assert [each.findings[0].message for each in told[1].judged if each.findings] == [
        f"no a-{number}" for number in range(0, 100, 2)
    ]
