"""What can be asked about how things are stored."""

from __future__ import annotations

from types import MappingProxyType

from bot.commands.encrypted import IsEncrypted
from bot.grammar.sentences import Said, spoken
from bot.grammar.slots import KINDS
from bot.grammar.word import Arguments, Word

_CALLED = MappingProxyType(
    {"secret": "secrets", "etcd": "secrets", "data": "secrets", "configmap": "configmaps", "": "secrets"}
)
"""What the API calls what people ask for most in their own way."""


def _encryption(arguments: Arguments) -> IsEncrypted | None:
    resource = (arguments.word(0) or "secrets").casefold()
    named = arguments.cluster_at(1)
    return IsEncrypted(resource, named) if KINDS["resource"].pattern.fullmatch(resource) else None


def _said(said: Said) -> IsEncrypted:
    return IsEncrypted(_CALLED.get(said["resource"], said["resource"]), said.cluster)


_ENCRYPTION = spoken(
    _said,
    "(is|are) <all> [secret(s)] encryption [at rest] (on|enabled|active|configured|set up) <cluster>",
    "(is|are) <all> {resource} [(stored|kept|saved)] encrypted [at rest] <cluster>",
    "do we encrypt <all> {resource} [at rest] <cluster>",
    "(how|where) are <all> {resource} encrypted <cluster>",
    "encryption (at rest|status) <cluster>",
)

WORDS: tuple[Word[IsEncrypted], ...] = (
    Word(
        "encryption",
        "encryption [secrets|configmaps|RESOURCE.GROUP] [cluster]",
        "Whether something is stored encrypted, and by what that is known",
        ("encryption secrets", "are secrets encrypted in production"),
        frozenset({"cluster"}),
        _encryption,
        ("resource", "cluster"),
        sentences=_ENCRYPTION,
    ),
)
