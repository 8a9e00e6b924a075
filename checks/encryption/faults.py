"""What the API server refuses in an encryption configuration: with it, it does not start.

The rules of k8s.io/apiserver (apis/apiserver/validation and server/options/encryptionconfig). Fields it does
not know are refused too, but are not kept when the file is read, so they are not seen here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from checks.cluster import objects as o
from checks.encryption.lookup import ANY, Key, group_resource
from checks.fault import Fault

_AES_SIZES = (16, 24, 32)
_SECRETBOX_SIZES = (32,)
_NO_API = frozenset(("apiserveripinfo", "serviceipallocations", "servicenodeportallocations"))
_DURATION = re.compile(r"(?P<sign>[+-]?)(?P<parts>(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+")
_KMS_V1_OFF = 29


def faults(file: o.EncryptionFile, minor: int | None = None) -> tuple[Fault, ...]:
    """Everything for which the API server refuses the file; `minor` is Kubernetes' version, where known."""
    if not file.resources:
        return (Fault("resources", "names no resource"),)
    found: list[Fault] = []
    names: set[str] = set()
    for i, rule in enumerate(file.resources):
        at = f"resources[{i}]"
        found += _resources(rule.resources or (), f"{at}.resources")
        if not rule.providers:
            found.append(Fault(f"{at}.providers", "names no provider"))
        for j, provider in enumerate(rule.providers or ()):
            found += _provider(provider, f"{at}.providers[{j}]", names, minor)
    return (*found, *_shadowed(file))


def _resources(names: tuple[str, ...], at: str) -> Iterator[Fault]:
    if not names:
        yield Fault(at, "names no resource")
    keys = [group_resource(name) for name in names]
    if len(set(keys)) < len(keys):
        yield Fault(at, "names a resource twice")
    if _overlap(keys):
        yield Fault(at, "has a wildcard beside what the wildcard covers")
    for index, name in enumerate(names):
        reason = _refused(name)
        if reason:
            yield Fault(f"{at}[{index}]", reason)


def _overlap(keys: list[Key]) -> bool:
    distinct = set(keys)
    if len(distinct) > 1 and (ANY, ANY) in distinct:
        return True
    wild = {group for resource, group in distinct if resource == ANY}
    return any(group in wild for resource, group in distinct if resource != ANY)


def _refused(name: str) -> str:
    resource, group = group_resource(name)
    if name.lower() != name:
        return "has capital letters"
    if name == ANY:
        return "is no wildcard here: `*.` is the core group and `*.*` is everything"
    if name in _NO_API:
        return "is not a resource of the API"
    if group == "events.k8s.io":
        return "is stored in the core group: name `events`"
    if group == "extensions":
        return "is in a group that no longer exists"
    if group == ANY and resource != ANY:
        return "names one resource in all groups, which is not supported"
    return ""


def _provider(provider: o.EncryptionProvider, at: str, names: set[str], minor: int | None) -> Iterator[Fault]:
    kinds = (provider.kms, provider.aesgcm, provider.aescbc, provider.secretbox, provider.identity)
    given = sum(each is not None for each in kinds)
    if given != 1:
        yield Fault(at, "names no provider" if given == 0 else "names more than one provider")
    if provider.kms is not None:
        yield from _kms(provider.kms, f"{at}.kms", names, minor)
        names.add(provider.kms.name)
    elif provider.aesgcm is not None:
        yield from _keys(provider.aesgcm, f"{at}.aesgcm.keys", _AES_SIZES)
    elif provider.aescbc is not None:
        yield from _keys(provider.aescbc, f"{at}.aescbc.keys", _AES_SIZES)
    elif provider.secretbox is not None:
        yield from _keys(provider.secretbox, f"{at}.secretbox.keys", _SECRETBOX_SIZES)


def _keys(local: o.EncryptionKeys, at: str, sizes: tuple[int, ...]) -> Iterator[Fault]:
    if not local.keys:
        yield Fault(at, "names no key")
    for index, key in enumerate(local.keys or ()):
        where = f"{at}[{index}]"
        size = key.secret.size if key.secret else 0
        if not key.name:
            yield Fault(f"{where}.name", "is empty")
        if size < 0:
            yield Fault(f"{where}.secret", "is not base64")
        elif size not in sizes:
            expected = " or ".join(map(str, sizes))
            yield Fault(f"{where}.secret", f"has {size} bytes instead of {expected}")


def _kms(kms: o.KMSProvider, at: str, names: set[str], minor: int | None) -> Iterator[Fault]:
    version = kms.api_version or "v1"
    if version not in ("v1", "v2"):
        yield Fault(f"{at}.apiVersion", "is neither v1 nor v2")
    if version == "v1" and minor is not None and minor >= _KMS_V1_OFF:
        yield Fault(f"{at}.apiVersion", f"is v1, which is off since 1.{_KMS_V1_OFF} unless its gate is on")
    if not kms.name:
        yield Fault(f"{at}.name", "is empty")
    if version != "v1" and ":" in kms.name:
        yield Fault(f"{at}.name", "has a colon")
    if version != "v1" and kms.name in names:
        yield Fault(f"{at}.name", "is another provider's name too")
    yield from _plugin(kms, version, at)


def _plugin(kms: o.KMSProvider, version: str, at: str) -> Iterator[Fault]:
    if not _positive(kms.timeout):
        yield Fault(f"{at}.timeout", "is not a positive duration")
    if not kms.endpoint:
        yield Fault(f"{at}.endpoint", "is empty")
    elif not _unix(kms.endpoint):
        yield Fault(f"{at}.endpoint", "is not a unix socket (unix:///…)")
    if version != "v1" and kms.cachesize is not None:
        yield Fault(f"{at}.cachesize", "is for v1 only")
    if version == "v1" and kms.cachesize == 0:
        yield Fault(f"{at}.cachesize", "is zero")


def _unix(endpoint: str) -> bool:
    try:
        return urlsplit(endpoint).scheme == "unix"
    except ValueError:
        return False


def _positive(timeout: str | None) -> bool:
    if timeout is None:
        return True
    given = _DURATION.fullmatch(timeout)
    return given is not None and given["sign"] != "-" and re.search("[1-9]", timeout) is not None


def _shadowed(file: o.EncryptionFile) -> Iterator[Fault]:
    """Entries that an earlier wildcard already covers, which is an error and not just of no effect."""
    seen: set[Key] = set()
    for i, rule in enumerate(file.resources or ()):
        for index, name in enumerate(rule.resources or ()):
            key = group_resource(name)
            earlier = next((each for each in ((ANY, key[1]), (ANY, ANY)) if each in seen), None)
            if earlier:
                wild = "*.*" if earlier[1] == ANY else f"*.{earlier[1]}"
                yield Fault(f"resources[{i}].resources[{index}]", f"{name} is covered by {wild} already")
            seen.add(key)
