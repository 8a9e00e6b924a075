"""The flags that an API server tells of itself, read as if they stood in its command.

It tells every flag with the value that it ended up with, so that what was set and what it filled in itself
look the same: a certificate that it made for itself shows as one that was given. Source: k8s.io/apiserver
pkg/server/flagz and pkg/server/options (Kubernetes v1.37).
"""

from __future__ import annotations

from collections.abc import Mapping

_EMPTY = ("", "[]")
_MADE = {"tls-cert-file": "apiserver.crt", "tls-private-key-file": "apiserver.key"}
"""What it makes in --cert-dir where no certificate is given."""
_OWN = (
    "The API server tells --{} as {}, which is where it keeps a certificate that it makes itself: whether "
    "one was given cannot be told from that."
)
_NOT_SERVED = "anonymous-auth"


def effective(told: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The flags that are set to something, and those of which that cannot be told, each with the reason."""
    flags = {name: _plain(value) for name, value in told.items() if value not in _EMPTY}
    unsure: dict[str, str] = {}
    for name, made in _MADE.items():
        if flags.get(name) == f"{told.get('cert-dir', '').rstrip('/')}/{made}":
            unsure[name] = _OWN.format(name, flags.pop(name))
    if "authentication-config" in flags:
        flags.pop(_NOT_SERVED, None)  # the file decides: the flag cannot be given beside it
    return flags, unsure


def _plain(value: str) -> str:
    """A list as a command line has it: without brackets."""
    return value[1:-1] if value.startswith("[") and value.endswith("]") else value
