"""The command line of a control plane component, with every value dropped that might be a secret.

Only the flags of `FLAGS` keep their values: each is a switch, a number, a path or a list of public names. Of
any other flag the name is kept, because that it is set may matter, and of every other word nothing. That is
done while decoding, so that a token given as a flag never gets as far as a snapshot.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import Any, Self

from msgspec import Struct

from checks.cluster.objects.disguise import looks_like
from checks.cluster.objects.reduced import Reduced

DROPPED = "<dropped>"
"""Stands where a value or a word was."""

COMPONENTS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", "kube-proxy")
_ETCD = "ETCD_"
_LONGEST = 1024
_LONGEST_SCRIPT = 1 << 16
_MOST = 500
_OPERATOR = frozenset("();<>|&")
_PROGRAMS = frozenset((*COMPONENTS, "hyperkube", *(name.removeprefix("kube-") for name in COMPONENTS)))


class Takes(Enum):
    """What a flag takes, and what giving it again does."""

    SWITCH = "switch"
    TEXT = "text"
    LIST = "list"


def _table() -> dict[str, Takes]:
    switches = (
        "allow-privileged anonymous-auth audit-log-compress audit-log-truncate-enabled auto-tls "
        "client-cert-auth contention-profiling enable-bootstrap-token-auth "
        "encryption-provider-config-automatic-reload kubelet-https peer-auto-tls peer-client-cert-auth "
        "profiling service-account-extend-token-expiration service-account-lookup "
        "use-service-account-credentials"
    )
    texts = (
        "address admission-control-config-file audit-log-format audit-log-maxage audit-log-maxbackup "
        "audit-log-maxsize audit-log-mode audit-log-path audit-policy-file audit-webhook-config-file "
        "audit-webhook-mode authentication-config authorization-config authorization-webhook-config-file "
        "basic-auth-file bind-address cert-dir cert-file client-ca-file cluster-signing-cert-file "
        "cluster-signing-key-file config config-file data-dir encryption-provider-config etcd-cafile "
        "etcd-certfile etcd-keyfile hostname-override insecure-bind-address insecure-port key-file "
        "kubeconfig kubelet-certificate-authority kubelet-client-certificate kubelet-client-key "
        "metrics-bind-address "
        "peer-cert-file peer-key-file peer-trusted-ca-file port proxy-mode request-timeout root-ca-file "
        "secure-port service-account-private-key-file service-account-signing-key-file "
        "terminated-pod-gc-threshold tls-cert-file tls-min-version tls-private-key-file token-auth-file "
        "trusted-ca-file"
    )
    lists = (
        "admission-control authorization-mode cipher-suites disable-admission-plugins "
        "enable-admission-plugins feature-gates service-account-key-file tls-cipher-suites"
    )
    groups = ((switches, Takes.SWITCH), (texts, Takes.TEXT), (lists, Takes.LIST))
    return {name: takes for names, takes in groups for name in names.split()}


FLAGS: Mapping[str, Takes] = MappingProxyType(_table())
"""The flags whose values are kept, of all components together (no two mean different types by one name)."""


class Word(Struct, frozen=True, gc=False):
    """A flag as it stands in a command line, or a word that is none (`name` is empty then).

    `value` is None for a flag without one. `places`: the indexes of the words it is made of.
    """

    name: str
    value: str | None
    places: tuple[int, ...]


def words(tokens: Sequence[str]) -> Iterator[Word]:
    """Flags as the components read them: `--name=value`, `--name value`, one dash or two, `_` for `-`.

    A switch takes its value only after `=`. A flag nobody knows is given the next word when that is no flag,
    because the components refuse words that belong to none.
    """
    index = 0
    while index < len(tokens):
        token = tokens[index]
        name, equals, value = token.partition("=")
        bare = name.lstrip("-")
        if not name.startswith("-") or not bare:
            yield Word("", token, (index,))
            index += 1
            continue
        flag = bare.replace("_", "-")
        if equals:
            yield Word(flag, value, (index,))
        elif index + 1 < len(tokens) and _takes_next(flag, tokens[index + 1]):
            yield Word(flag, tokens[index + 1], (index, index + 1))
            index += 1
        else:
            yield Word(flag, None, (index,))
        index += 1


def _takes_next(flag: str, following: str) -> bool:
    match FLAGS.get(flag):
        case Takes.SWITCH:
            return False
        case Takes.TEXT | Takes.LIST:
            return True
        case None:
            return not following.startswith("-")


def component_in(tokens: Sequence[str]) -> tuple[int, str] | None:
    """Where a component's program is named among the words, and which component it is."""
    for index, token in enumerate(tokens):
        program = token.rpartition("/")[2]
        if program in COMPONENTS:
            return index, program
        if program == "hyperkube" and index + 1 < len(tokens):
            name = f"kube-{tokens[index + 1].removeprefix('kube-')}"
            if name in COMPONENTS:
                return index + 1, name
    return None


def _without_secrets(tokens: Sequence[str]) -> list[str]:
    kept = [_script(token) if _is_script(token) else "" for token in tokens]
    rest = ["" if script else token for token, script in zip(tokens, kept, strict=True)]
    for word in words(rest):
        first, last = word.places[0], word.places[-1]
        if not word.name:
            kept[first] = kept[first] or _plain_word(tokens[first])
            continue
        value = None if word.value is None else _plain_value(word.name, word.value)
        flag = tokens[first].partition("=")[0]
        kept[first] = flag if value is None or last != first else f"{flag}={value}"
        if last != first:
            kept[last] = kept[last] or value or ""
    return kept


def _plain_word(token: str) -> str:
    return token if token.rpartition("/")[2] in _PROGRAMS and len(token) <= _LONGEST else DROPPED


def _plain_value(flag: str, value: str) -> str:
    plain = flag in FLAGS and len(value) <= _LONGEST and looks_like(value) in ("", "text")
    return value if plain else DROPPED


def _is_script(token: str) -> bool:
    return not token.startswith("-") and any(c.isspace() for c in token)


def script_words(token: str) -> tuple[str, ...]:
    """The words of a component's command in a shell script as it is kept; none for what is no script."""
    return _split(token) if _is_script(token) else ()


def _script(script: str) -> str:
    """What is kept of a shell script: the component's own command, without redirections."""
    found = _split(script)
    place = component_in(found)
    if place is None:
        return DROPPED
    own: list[str] = []
    for token in found[place[0] :]:
        if _OPERATOR.issuperset(token):
            if own[-1].isdigit() and token[0] in "<>":
                own.pop()
            elif own[-1].endswith("$"):
                own.append(DROPPED)  # what a command prints is put here, and the rest of the line is not seen
            break
        own.append(token)
    return shlex.join(_without_secrets(own))


def _split(script: str) -> tuple[str, ...]:
    """The words of a shell script, operators as words of their own; none when it cannot be split."""
    lexer = shlex.shlex(script[:_LONGEST_SCRIPT].replace("\\\n", " "), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return tuple(token for token in lexer if token)
    except ValueError:
        return ()


def _list(value: Any) -> Sequence[Any]:
    if value is None or isinstance(value, list | tuple):
        return value or ()
    raise ValueError(f"Expected `array`, got `{type(value).__name__}`")


class Arguments(Reduced):
    """A `command` or `args` list as far as it is kept, hashable, with the same number of words."""

    __slots__ = ("tokens",)

    def __init__(self, given: Sequence[Any] = ()) -> None:
        texts = [item if isinstance(item, str) else DROPPED for item in given[:_MOST]]
        self.tokens: tuple[str, ...] = tuple(_without_secrets(texts))

    @classmethod
    def from_wire(cls, value: Any) -> Self:
        return cls(_list(value))

    def to_wire(self) -> Any:
        return self.tokens

    def __bool__(self) -> bool:
        return bool(self.tokens)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Arguments) and self.tokens == other.tokens

    def __hash__(self) -> int:
        return hash(self.tokens)

    def __repr__(self) -> str:
        return f"Arguments({list(self.tokens)!r})"


NO_ARGUMENTS = Arguments()


class Settings(Reduced):
    """The environment variables that stand for etcd's flags (`ETCD_CLIENT_CERT_AUTH`), by name of the flag.

    A variable that is taken from elsewhere is kept as one whose value is dropped.
    """

    __slots__ = ("pairs",)

    def __init__(self, given: Sequence[Any] = ()) -> None:
        kept: dict[str, str] = {}
        for item in given[:_MOST]:
            name = item.get("name") if isinstance(item, dict) else None
            if isinstance(name, str) and name.startswith(_ETCD):
                flag = name.removeprefix(_ETCD).lower().replace("_", "-")
                value = item.get("value", DROPPED if "valueFrom" in item else "")
                kept[flag] = _plain_value(flag, value) if isinstance(value, str) else DROPPED
        self.pairs: tuple[tuple[str, str], ...] = tuple(sorted(kept.items()))

    @classmethod
    def from_wire(cls, value: Any) -> Self:
        return cls(_list(value))

    def to_wire(self) -> Any:
        return [
            {"name": _ETCD + flag.upper().replace("-", "_"), "value": value} for flag, value in self.pairs
        ]

    def __bool__(self) -> bool:
        return bool(self.pairs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Settings) and self.pairs == other.pairs

    def __hash__(self) -> int:
        return hash(self.pairs)

    def __repr__(self) -> str:
        return f"Settings({dict(self.pairs)!r})"


NO_SETTINGS = Settings()


class ExtraArgs(Reduced):
    """The flags that kubeadm's configuration gives to a component, in order, by name without dashes.

    Either a map, or since v1beta4 a list of names and values in which a name may come again.
    """

    __slots__ = ("pairs",)

    def __init__(self, given: Sequence[tuple[Any, Any]] = ()) -> None:
        self.pairs: tuple[tuple[str, str], ...] = tuple(
            (flag, _plain_value(flag, value) if isinstance(value, str) else DROPPED)
            for name, value in given[:_MOST]
            if isinstance(name, str) and len(name) <= _LONGEST and (flag := name.replace("_", "-"))
        )

    @classmethod
    def from_wire(cls, value: Any) -> Self:
        if isinstance(value, dict):
            return cls(tuple(value.items()))
        entries = [item for item in _list(value) if isinstance(item, dict)]
        return cls(tuple((item.get("name"), item.get("value", "")) for item in entries))

    def to_wire(self) -> Any:
        return [{"name": flag, "value": value} for flag, value in self.pairs]

    def __bool__(self) -> bool:
        return bool(self.pairs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ExtraArgs) and self.pairs == other.pairs

    def __hash__(self) -> int:
        return hash(self.pairs)

    def __repr__(self) -> str:
        return f"ExtraArgs({self.pairs!r})"


NO_EXTRA_ARGS = ExtraArgs()
