"""Own checks tried on the examples in their file: `quarterdeck checks test`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from checks.admission.own import Example, Loaded
from checks.cel.bench import Bench, TooMuch
from checks.cel.protocol import NULL, Outcome, Param, Subject, Task

_WORDS = {
    Outcome.HOLDS: "pass",
    Outcome.VIOLATED: "fail",
    Outcome.SKIPPED: "skip",
    Outcome.BROKEN: "error",
    Outcome.UNKNOWN: "error",
}


class Tried(Struct, frozen=True):
    """One example: what was expected of it and what came. `name` is empty for the check itself."""

    check: str
    name: str
    expected: str
    came: str
    message: str = ""

    @property
    def right(self) -> bool:
        return self.expected == self.came


def tried(loaded: Iterable[Loaded]) -> Iterator[Tried]:
    """Every example of every check; one line for a check that cannot be compiled, or that has no example."""
    with Bench() as bench:
        for each in loaded:
            yield from _tried(each, bench)


def _tried(each: Loaded, bench: Bench) -> Iterator[Tried]:
    examples = each.written.examples
    subjects = tuple(_subject(example) for example in examples)
    try:
        params = Param(msgspec.Raw(msgspec.json.encode(each.policy.params)))
        reply = bench.ask(Task(each.policy.program, subjects, (params,)))
    except TooMuch as error:
        yield Tried(each.policy.id, "", "pass", "error", str(error))
        return
    for place, reason in reply.broken.items():
        yield Tried(each.policy.id, "", "pass", "error", f"{place}: {reason}")
    if reply.broken:
        return
    if not examples:
        yield Tried(each.policy.id, "", "pass", "pass", "it compiles; it has no examples")
    for example, judged in zip(examples, reply.judged, strict=True):
        message = "; ".join(f"{finding.expression}: {finding.message}" for finding in judged.findings)
        yield Tried(each.policy.id, example.name, example.expect, _WORDS[judged.outcome], message)


def _subject(example: Example) -> Subject:
    given = example.object
    metadata = given.get("metadata")
    named = metadata if isinstance(metadata, dict) else {}
    group, _, version = str(given.get("apiVersion", "")).rpartition("/")
    request = {
        "operation": "CREATE",
        "kind": {"group": group, "version": version, "kind": given.get("kind", "")},
        "name": named.get("name", ""),
        "namespace": named.get("namespace", ""),
    }
    space = msgspec.Raw(msgspec.json.encode(example.namespace)) if example.namespace is not None else NULL
    return Subject(msgspec.Raw(msgspec.json.encode(given)), request, space)
