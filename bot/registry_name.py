"""An allowed registry as the settings and the command line name it: checked where it is read."""

from __future__ import annotations

from checks.images import allowed


def registry_name(value: str) -> str:
    """The value as it stands. Raises ValueError when no image could ever come from there."""
    if allowed(value) is None:
        raise ValueError(f"{value!r} is no registry: name a host, such as docker.io")
    return value
