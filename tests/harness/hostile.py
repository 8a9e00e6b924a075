"""Objects nobody would write: every field of every kind, walked by type, with values chosen to break."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import yaml
from msgspec import inspect

from checks.cluster.kinds import Kind, of_wire
from checks.cluster.objects.annotations import Annotations
from checks.cluster.objects.base import Metadata
from checks.cluster.objects.reduced import Reduced
from checks.cluster.objects.withheld import KeySize, Literal

NAMES = ("", "a", "web", "kube-system", "default", "<!channel> *b* <script>", "e\u0301" * 300)
TEXTS = (
    *NAMES,
    *(
        "*",
        "\0",
        "\x1b[31m\u202e",
        "-----BEGIN",
        "{{ x }}",
        "${x}",
        "$(X)",
        "a=b",
        "=",
        ",",
        "/",
        "://",
        "[::",
    ),
    *(
        "--a",
        "--audit-log-maxage=9e9",
        "true",
        "null",
        "0",
        "-1",
        "9" * 5000,
        "1e999",
        "nan",
        "½",
        "1Gi",
        "-1Ki",
    ),
    *("0.0.0.0/0", "::/0", "10.0.0.0/99", "::ffff:1.2.3.4", "fe80::1%eth0", "1.2.3", "65536", "TCP", "SCTP"),
    *("In", "NotIn", "Exists", "DoesNotExist", "ALL", "Pod", "ServiceAccount", "Group", "Ingress", "Egress"),
    *(
        "system:masters",
        "cluster-admin",
        "rbac.authorization.k8s.io",
        "v1",
        "v99.x",
        "sha256:",
        "a@b@c:d/e:f",
    ),
    *(
        "2026-13-41T99:00:00Z",
        "object.spec.x ==",
        "a" * 5000,
        "(" * 300,
        "[" * 300,
        "\u2028\ufeff",
        "a\nb: |\n c",
    ),
)
NUMBERS = (0, 1, -1, 80, 65535, 65536, 2**31, -(2**31), 2**53, 2**63 - 1, -(2**63))
HUGE = 2**70
JUNK: tuple[Any, ...] = (
    None,
    1,
    -1.5,
    "x",
    True,
    [],
    {},
    [None],
    {"": None},
    [[[]]],
    HUGE,
    {"a": {"a": []}},
)
_DEEP = 12
FIXTURES = Path(__file__).parents[1] / "checks" / "rules"


def _struct(random: Random, type_: type, depth: int = 0) -> dict[str, Any]:
    made: dict[str, Any] = _value(random, inspect.type_info(type_), depth)
    return made


def any_object(random: Random, kind: Kind) -> dict[str, Any]:
    """A schema-valid object of a kind, named so that others refer to it."""
    made = _struct(random, kind.type)
    metadata = made.get("metadata") or _struct(random, Metadata, 1)
    name = _name(random, kind, "name")
    metadata |= {"name": name, "uid": name, "labels": random.choice((None, {}, _labels(random)))}
    metadata["namespace"] = _name(random, kind, "namespace") if kind.namespaced else None
    other = _name(random, kind, "name")
    owner = {"apiVersion": kind.api_version, "kind": kind.type.kind, "name": other, "uid": other}
    metadata["ownerReferences"] = random.choice((None, [], [owner | {"controller": True}], [owner, owner]))
    return made | {"metadata": metadata}


def _name(random: Random, kind: Kind, field: str) -> str:
    fitting = kind.names if field == "name" else (kind.namespace,)
    return random.choice(fitting) if any(fitting) else _text(random, field)


def _labels(random: Random) -> dict[str, str]:
    return {_text(random, "labels"): _text(random, "matchLabels") for _ in range(2)}


def broken(random: Random, value: Any, rate: float) -> Any:
    """The same with junk at random places and fields nobody knows. `rate`: of how many of its values."""
    if random.random() < rate:
        return random.choice(JUNK)
    if isinstance(value, dict):
        changed = {key: broken(random, item, rate) for key, item in value.items()}
        return changed | ({"unknown<b>": random.choice(JUNK)} if random.random() < 2 * rate else {})
    if isinstance(value, list):
        return [broken(random, item, rate) for item in value]
    return value


def _value(random: Random, type_: Any, depth: int, name: str = "") -> Any:  # noqa: C901, PLR0912
    match type_:
        case inspect.StructType():
            present = 0.75 if depth < _DEEP else 0.0
            return {
                each.encode_name: _value(random, each.type, depth + 1, each.encode_name)
                for each in type_.fields
                if each.required or random.random() < present
            }
        case inspect.UnionType():
            return _value(random, random.choice(type_.types), depth, name)
        case inspect.ListType() | inspect.VarTupleType() | inspect.SetType() | inspect.FrozenSetType():
            several = 0 if depth >= _DEEP else random.choice((0, 1, 1, 2))
            return [_value(random, type_.item_type, depth + 1, name) for _ in range(several)]
        case inspect.TupleType():
            return [_value(random, item, depth + 1, name) for item in type_.item_types]
        case inspect.DictType():
            return {
                _value(random, type_.key_type, depth + 1, name): _value(
                    random, type_.value_type, depth + 1, name
                )
                for _ in range(random.choice((0, 1, 2)))
            }
        case inspect.StrType():
            return _text(random, name)
        case inspect.BoolType():
            return random.random() < 0.5
        case inspect.IntType():
            return random.choice(NUMBERS)
        case inspect.FloatType():
            return random.choice((0.0, -1.0, 1e308))
        case inspect.NoneType():
            return None
        case inspect.AnyType() | inspect.RawType():
            return random.choice((*TEXTS, *(item for item in JUNK if item != HUGE)))
        case inspect.EnumType():
            return random.choice([item.value for item in type_.cls])
        case inspect.LiteralType():
            return random.choice(type_.values)
        case inspect.CustomType():
            return _custom(random, type_.cls, name)
    raise NotImplementedError(type_)


@cache
def _words() -> dict[str, tuple[list[str], list[Any]]]:
    """What the checks' fixtures say in each field, as texts and whole: with such words objects meet."""
    found: dict[str, tuple[list[str], list[Any]]] = {}
    for document in _documents():
        _gather(document, "", found)
    return found


@cache
def _documents() -> tuple[dict[str, Any], ...]:
    paths = sorted(FIXTURES.glob("*/*.yaml"))
    read = (each for path in paths for each in yaml.load_all(path.read_bytes(), yaml.CSafeLoader))
    return tuple(each for each in read if isinstance(each, dict))


def spoiled_fixtures(random: Random, count: int) -> Iterator[tuple[Kind, dict[str, Any]]]:
    """Objects that checks say something about, with some of their values made hostile."""
    for document in random.choices(_documents(), k=count):
        for kind in of_wire(document.get("apiVersion", ""), document.get("kind", "")):
            yield kind, _spoiled(random, document)


def _spoiled(random: Random, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _spoiled(random, item) for key, item in value.items()}
    if isinstance(value, list):
        return [_spoiled(random, item) for item in value] * random.choice((1, 1, 1, 1, 2))
    if random.random() > 0.05:
        return value
    if isinstance(value, bool):
        return not value
    return random.choice(TEXTS if isinstance(value, str) else NUMBERS)


def _gather(value: Any, name: str, found: dict[str, tuple[list[str], list[Any]]]) -> None:
    texts, whole = found.setdefault(name, ([], []))
    whole.append(value)
    if isinstance(value, str):
        texts.append(value)
    elif isinstance(value, list):
        for item in value:
            _gather(item, name, found)
    elif isinstance(value, dict):
        texts += [key for key in value if isinstance(key, str)]
        for key, item in value.items():
            _gather(item, str(key), found)


def _text(random: Random, name: str) -> str:
    known = _words().get(name, ([], []))[0] or NAMES
    return random.choice(random.choice((TEXTS, NAMES, known, known, known)))


def _custom(random: Random, cls: type, name: str) -> Any:
    if cls is Annotations:
        return {random.choice(_ANNOTATIONS): random.choice(TEXTS) for _ in range(3)}
    if cls is Literal or cls is KeySize:
        return random.choice(TEXTS)
    assert issubclass(cls, Reduced), cls
    some = [_text(random, name) for _ in range(3)]
    named = [{"name": each, "value": each} for each in some]
    choices: list[Any] = [some, dict.fromkeys(some, "x"), "\n".join(some), named]
    random.shuffle(choices)
    known = _words().get(name, ([], []))[1]
    if known and random.random() < 0.6:
        choices.insert(0, random.choice(known))
    for choice in choices:
        try:
            cls.from_wire(choice)
        except (ValueError, msgspec.ValidationError):
            continue
        return choice
    raise AssertionError(f"nothing makes a {cls.__name__}")


_ANNOTATIONS = (
    "seccomp.security.alpha.kubernetes.io/pod",
    "container.apparmor.security.beta.kubernetes.io/",
    "vault.hashicorp.com/agent-inject",
    "linkerd.io/inject",
    "eks.amazonaws.com/role-arn",
    "service.beta.kubernetes.io/load-balancer-source-ranges",
    "nginx.ingress.kubernetes.io/server-snippet",
    "kubernetes.io/config.mirror",
)
