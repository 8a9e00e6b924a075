"""Levels and versions of the Pod Security Standards, and what a namespace's labels ask for.

As the admission plugin reads them (k8s.io/pod-security-admission v0.37, package api): a level that it does
not know is enforced as `restricted` but neither audited nor warned about; a version that it does not know is
the latest; whoever enforces a level is warned of it too. What holds without labels is in a file that the API
does not show.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

NEWEST = 37
"""The newest Kubernetes 1.N whose standards are known here."""
PREFIX = "pod-security.kubernetes.io/"
MODES = ("enforce", "audit", "warn")

_VERSION = re.compile(r"v1\.(0|[1-9][0-9]*)", re.ASCII)
_LARGEST = 2**63 - 1


class Level(StrEnum):
    """A level of the standards; the later ones refuse more."""

    PRIVILEGED = "privileged"
    BASELINE = "baseline"
    RESTRICTED = "restricted"

    @property
    def rank(self) -> int:
        """0 for privileged, growing as more is refused."""
        return list(Level).index(self)


class Setting(Struct, frozen=True):
    """What one mode does: the level, and the 1.N of its version (None: the latest).

    `labelled`: the level is the namespace's own. Without that it is the API server's default, which its API
    does not show; `privileged` is what that is unless someone configured it.
    """

    level: Level = Level.PRIVILEGED
    version: int | None = None
    labelled: bool = False

    @property
    def written(self) -> str:
        """The level and version as the API server writes them, such as `baseline:v1.31`."""
        return f"{self.level}:{'latest' if self.version is None else f'v1.{self.version}'}"


class BadLabel(Struct, frozen=True):
    """A label with a value that means nothing, and what the API server makes of it."""

    label: str
    value: str
    taken_as: str


class Policy(Struct, frozen=True):
    """What a namespace's labels ask for."""

    enforce: Setting = Setting()
    audit: Setting = Setting()
    warn: Setting = Setting()
    bad: tuple[BadLabel, ...] = ()


UNCONFIGURED = Policy()


def policy_of(labels: Mapping[str, str] | None, defaults: Policy = UNCONFIGURED) -> Policy:
    """The policy that a namespace's labels make, `defaults` being the API server's configuration."""
    given = {
        key.removeprefix(PREFIX): value for key, value in (labels or {}).items() if key.startswith(PREFIX)
    }
    bad: list[BadLabel] = []
    enforce = _setting("enforce", given, defaults.enforce, bad)
    audit = _setting("audit", given, defaults.audit, bad)
    warn = _setting("warn", given, defaults.warn, bad)
    inherits = "warn" not in given and level_of(given.get("enforce")) is not None
    if inherits and enforce.level.rank > warn.level.rank:
        version = warn.version if "warn-version" in given else enforce.version
        warn = Setting(enforce.level, version, labelled=True)
    return Policy(enforce, audit, warn, tuple(bad))


def _setting(mode: str, given: Mapping[str, str], default: Setting, bad: list[BadLabel]) -> Setting:
    setting = default
    if (named := given.get(mode)) is not None:
        level = level_of(named)
        if level is None:
            level = Level.RESTRICTED if mode == "enforce" else Level.PRIVILEGED
            bad.append(BadLabel(f"{PREFIX}{mode}", named, level))
        setting = replace(setting, level=level, labelled=True)
    if (named := given.get(f"{mode}-version")) is not None:
        if not is_version(named):
            bad.append(BadLabel(f"{PREFIX}{mode}-version", named, "latest"))
        setting = replace(setting, version=version_of(named))
    return setting


def level_of(text: str | None) -> Level | None:
    """The level of that name, exactly as written."""
    return next((level for level in Level if level == text), None)


def is_version(text: str) -> bool:
    """Whether it is `latest` or `v1.N`."""
    return text == "latest" or version_of(text) is not None


def version_of(text: str) -> int | None:
    """The N of `v1.N`; None for `latest` and for what is no version, which counts as the latest."""
    found = _VERSION.fullmatch(text)
    number = int(found[1]) if found else _LARGEST + 1
    return number if number <= _LARGEST else None


def effective(version: int | None, server: int | None) -> int:
    """The 1.N whose rules are applied: a server knows no version beyond its own, nor does this table."""
    newest = min(NEWEST, NEWEST if server is None else server)
    return newest if version is None else min(version, newest)
