"""Which provider writes a resource: the API server's own rules for its encryption configuration.

Rules are gathered by resource in the order of the file. A resource has the providers of its own entry, else
of `*.<its group>`, else of `*.*`, else none; the first of them writes, and the others can only read what was
written before. From k8s.io/apiserver, server/options/encryptionconfig.
"""

from __future__ import annotations

from typing import assert_never

from msgspec import Struct

from checks.cluster import objects as o

ANY = "*"
IDENTITY = "identity"
Key = tuple[str, str]


class Target(Struct, frozen=True, gc=False):
    """A resource by its name in the API (`secrets`) and its group, empty for core."""

    resource: str
    group: str = ""

    @property
    def key(self) -> Key:
        return (self.resource, self.group)

    def __str__(self) -> str:
        return f"{self.resource}.{self.group}" if self.group else self.resource


SECRETS = Target("secrets")
CONFIG_MAPS = Target("configmaps")
ANY_CUSTOM = Target(ANY, ANY)
"""Every resource that is not known by name: custom resources, now and later."""


class Writer(Struct, frozen=True, gc=False):
    """What writes a resource: the provider's name, where it stands in the file, and what is behind it.

    `at` is empty where no entry covers the resource, so that it is written as plain text.
    `prefix`: what the stored bytes begin with; empty for plain text.
    """

    provider: str
    at: str = ""
    prefix: str = ""
    behind: tuple[str, ...] = ()

    @property
    def plain(self) -> bool:
        return self.provider == IDENTITY


class _Placed(Struct, frozen=True, gc=False):
    provider: o.EncryptionProvider
    at: str


def group_resource(text: str) -> Key:
    """A name in the file as resource and group: the first dot parts them, as the API server parses it."""
    resource, _, group = text.partition(".")
    return resource, group


def writer(file: o.EncryptionFile, target: Target) -> Writer:
    """What writes this resource under a file that the API server accepts."""
    table = _table(file)
    for key in (target.key, (ANY, target.group), (ANY, ANY)):
        placed = table.get(key)
        if placed:
            first, *behind = placed
            name = provider_name(first.provider)
            return Writer(
                name,
                first.at,
                _prefix(first.provider, name),
                tuple(provider_name(each.provider) for each in behind),
            )
    return Writer(IDENTITY)


def provider_name(provider: o.EncryptionProvider) -> str:
    """`kms v2`, `kms v1`, `secretbox`, `aesgcm`, `aescbc` or `identity`; empty for none of them."""
    match provider:
        case o.EncryptionProvider(aesgcm=o.EncryptionKeys()):
            return "aesgcm"
        case o.EncryptionProvider(aescbc=o.EncryptionKeys()):
            return "aescbc"
        case o.EncryptionProvider(secretbox=o.EncryptionKeys()):
            return "secretbox"
        case o.EncryptionProvider(kms=o.KMSProvider(api_version=version)):
            return f"kms {version or 'v1'}"
        case o.EncryptionProvider(identity=o.Present()):
            return IDENTITY
        case o.EncryptionProvider():
            return ""
        case _:
            assert_never(provider)


def keys_of(provider: o.EncryptionProvider) -> tuple[o.EncryptionKey, ...]:
    """The keys that stand in the file itself."""
    local = provider.aesgcm or provider.aescbc or provider.secretbox
    return (local.keys or ()) if local else ()


def provider_at(file: o.EncryptionFile, at: str) -> o.EncryptionProvider | None:
    """The provider that a Writer's `at` names."""
    return next((each.provider for each in _all(file) if each.at == at), None)


def _all(file: o.EncryptionFile) -> list[_Placed]:
    return [
        _Placed(provider, f"resources[{i}].providers[{j}]")
        for i, rule in enumerate(file.resources or ())
        for j, provider in enumerate(rule.providers or ())
    ]


def _table(file: o.EncryptionFile) -> dict[Key, list[_Placed]]:
    table: dict[Key, list[_Placed]] = {}
    for i, rule in enumerate(file.resources or ()):
        placed = [
            _Placed(provider, f"resources[{i}].providers[{j}]")
            for j, provider in enumerate(rule.providers or ())
        ]
        for name in rule.resources or ():
            table.setdefault(group_resource(name), []).extend(placed)
    return table


def _prefix(provider: o.EncryptionProvider, name: str) -> str:
    if name == IDENTITY:
        return ""
    if provider.kms is not None:
        return f"k8s:enc:{name.replace(' ', ':')}:{provider.kms.name}:"
    keys = keys_of(provider)
    return f"k8s:enc:{name}:v1:{keys[0].name if keys else ''}:"
