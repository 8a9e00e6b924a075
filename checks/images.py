"""What an image reference means: parsed as container runtimes parse it, so that nothing slips by in disguise.

The rules are those of github.com/distribution/reference v0.6 (ParseDockerRef), which the kubelet, containerd
and, for names with a registry, CRI-O use: `shop` is docker.io/library/shop:latest, `a.b/shop` is at the
registry a.b, `localhost/shop` at localhost. What that refuses, no runtime pulls.
"""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

DEFAULT_REGISTRY = "docker.io"
_OLD_DEFAULT = "index.docker.io"
_LIBRARY = "library/"
_LONGEST_NAME = 255
_LONGEST = 4096

_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_REGISTRY = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?", re.ASCII)
_STEP = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*", re.ASCII)
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*):([0-9a-fA-F]{32,})", re.ASCII)
_IDENTIFIER = re.compile(r"[a-f0-9]{64}", re.ASCII)
_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}


class Reference(Struct, frozen=True, gc=False):
    """An image by registry (with port), repository, and tag or digest or both; the digest decides."""

    registry: str
    repository: str
    tag: str | None
    digest: str | None

    @property
    def name(self) -> str:
        """Registry and repository."""
        return f"{self.registry}/{self.repository}"

    @property
    def moves(self) -> bool:
        """Whether it can mean other content tomorrow."""
        return self.digest is None


@lru_cache(maxsize=1 << 14)
def reference(written: str) -> Reference | None:
    """The reference as runtimes understand it; None when they refuse it."""
    if not written or len(written) > _LONGEST or _IDENTIFIER.fullmatch(written):
        return None
    registry, rest = _split(written)
    rest, at, digest = rest.partition("@")
    if at and not _good_digest(digest):
        return None
    repository, colon, tag = rest.partition(":")
    if colon and not _TAG.fullmatch(tag):
        return None
    if not _REGISTRY.fullmatch(registry) or len(repository) > _LONGEST_NAME:
        return None
    if not all(_STEP.fullmatch(step) for step in repository.split("/")):
        return None
    return Reference(registry, repository, tag or (None if digest else "latest"), digest or None)


def _split(written: str) -> tuple[str, str]:
    """The registry, and the rest: what is before the first slash is a registry if it looks like one."""
    first, slash, rest = written.partition("/")
    if not slash:
        return DEFAULT_REGISTRY, _LIBRARY + written
    if first == _OLD_DEFAULT:
        first = DEFAULT_REGISTRY
    elif first != "localhost" and not any(c in first for c in ".:") and first.lower() == first:
        first, rest = DEFAULT_REGISTRY, written
    if first == DEFAULT_REGISTRY and "/" not in rest:
        rest = _LIBRARY + rest
    return first, rest


def _good_digest(digest: str) -> bool:
    found = _DIGEST.fullmatch(digest)
    if found is None:
        return False
    length = _LENGTHS.get(found[1])
    return length is not None and len(found[2]) == length and found[2] == found[2].lower()


class Allowed(Struct, frozen=True, gc=False):
    """A place that images may come from: a registry, with or without a part of its repositories."""

    registry: str
    path: str

    def has(self, image: Reference) -> bool:
        """Whether an image is there. A registry is compared without regard to case, with its port, and a path
        by whole steps: `team` is not `team-b`."""
        if image.registry.lower() != self.registry:
            return False
        return not self.path or image.repository == self.path or image.repository.startswith(f"{self.path}/")


def allowed(written: str) -> Allowed | None:
    """An entry such as `registry.example.com`, `registry.example.com:5000/team` or `docker.io/library`; None
    when it is neither a registry nor a path at one."""
    registry, _, path = written.strip().removesuffix("/").removesuffix("/*").partition("/")
    if registry == _OLD_DEFAULT:
        registry = DEFAULT_REGISTRY
    if not _REGISTRY.fullmatch(registry):
        return None
    if not ("." in registry or ":" in registry or registry == "localhost"):
        return None
    if path and not all(_STEP.fullmatch(step) for step in path.split("/")):
        return None
    return Allowed(registry.lower(), path)
