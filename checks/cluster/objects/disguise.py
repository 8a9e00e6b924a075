"""What a value looks like: the well-known forms of keys and tokens, told apart without keeping the value.

Only unmistakable forms are named, each by its issuer's published prefix or its framing, so that a finding is
worth reading. Whether a name such as PASSWORD makes a plain value a secret is for the checks to say.
"""

from __future__ import annotations

import re

_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("private key", re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----")),
    ("AWS access key id", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    ("GitHub token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{36,255})\b")),
    ("GitLab token", re.compile(r"\bglpat-[A-Za-z0-9_-]{20,64}\b")),
    ("Slack token", re.compile(r"\bx(?:ox[abeoprs]|app)-[A-Za-z0-9-]{10,250}")),
    ("Google API key", re.compile(r"\bAIza[A-Za-z0-9_-]{35}\b")),
    ("Stripe key", re.compile(r"\b[rs]k_live_[A-Za-z0-9]{20,100}\b")),
    (
        "JSON Web Token",
        re.compile(r"\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,1000}"),
    ),
    (
        "URL with a password",
        re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{1,100}:[^\s/:@$]{3,200}@[^\s/]"),
    ),
)
_MOST = 1 << 16


def looks_like(value: str) -> str:
    """An empty text for nothing, `text` for anything, else the name of the form that it has."""
    if not value:
        return ""
    head = value[:_MOST]
    if "-" not in head and "_" not in head and "://" not in head and "A" not in head:
        return "text"
    return next((name for name, form in _FORMS if form.search(head)), "text")
