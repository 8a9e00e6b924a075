"""A framework's id in the settings: checked where it is read, the same wherever it stands."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from checks.frameworks import framework_ids


def _known(value: str) -> str:
    known = framework_ids()
    if value not in known:
        raise ValueError(f"unknown framework {value!r}; known are {', '.join(known)}")
    return value


FrameworkId = Annotated[str, AfterValidator(_known)]
"""A string that is one of `checks.frameworks.framework_ids()`; pydantic reports any other as a ValueError."""
