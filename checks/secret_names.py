"""Names that say their value is a secret, without those that only say where one is or how it is used.

What a name means is a guess, so it is a narrow one: the words must stand at its end, where English puts the
thing itself. `PASSWORD_FILE` is a path and `TOKEN_TTL` a time.
"""

from __future__ import annotations

import re
from functools import lru_cache

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ALONE = frozenset(
    (
        "password",
        "passwd",
        "passphrase",
        "pwd",
        "pass",
        "secret",
        "token",
        "credential",
        "credentials",
        "apikey",
        "apitoken",
        "secretkey",
        "accesskey",
        "privatekey",
        "authtoken",
    )
)
_KEYS = frozenset(
    (
        "api",
        "access",
        "secret",
        "private",
        "encryption",
        "signing",
        "auth",
        "master",
        "account",
        "storage",
        "license",
        "ssh",
        "hmac",
        "jwt",
        "session",
    )
)
_NOT_BEFORE = frozenset(
    (
        "allow",
        "disable",
        "enable",
        "enabled",
        "has",
        "is",
        "max",
        "min",
        "no",
        "num",
        "public",
        "require",
        "skip",
        "use",
        "with",
        "without",
        "csrf",
        "next",
        "page",
    )
)
"""With these in front it says whether, how many, or something that everybody sees."""


@lru_cache(maxsize=1 << 14)
def names_a_secret(name: str) -> bool:
    """Whether what has this name is probably a secret: `DB_PASSWORD`, `apiKey`, `client-secret`."""
    parts = [part.lower() for part in _PARTS.findall(name[-256:])]
    while parts and parts[-1].isdigit():
        parts.pop()
    if not parts or not _NOT_BEFORE.isdisjoint(parts[:-1]):
        return False
    if parts[-1] in _ALONE:
        return True
    return parts[-1] == "key" and len(parts) > 1 and parts[-2] in _KEYS and "id" not in parts
