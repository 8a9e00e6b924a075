"""Kinds that are kept whole: what a policy asks for cannot make more be read than the kind that it names."""

from __future__ import annotations

import pytest

from checks.cluster.collect_whole import read_whole
from checks.cluster.whole import Asked


class Recorder:
    """An API that answers every list with nothing and remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def get(self, path: str, _: object = None, accept: str = "application/json") -> bytes:
        self.asked.append((path, accept))
        return b'{"kind": "List", "metadata": {}, "items": []}'


@pytest.mark.parametrize("plural", ["secrets", "configmaps"])
def test_the_data_of_secrets_and_configmaps_is_not_asked_for(plural: str) -> None:
    api = Recorder()
    read_whole(api, (Asked("", plural),), {})  # type: ignore[arg-type]
    ((path, accept),) = api.asked
    assert path == f"/api/v1/{plural}"
    assert "PartialObjectMetadataList" in accept


@pytest.mark.parametrize(
    "asked",
    [
        Asked("", "gizmos", "v1/nodes/one/proxy/logs"),
        Asked("", "gizmos", "v1/secrets?limit=9"),
        Asked("../api", "gizmos", "v1"),
        Asked("example.com", "gizmos", ".."),
        Asked("example.com", "gizmos/../../secrets", "v1"),
    ],
)
def test_what_a_policy_names_is_no_way_to_another_path(asked: Asked) -> None:
    api = Recorder()
    (kind,) = read_whole(api, (asked,), {})  # type: ignore[arg-type]
    assert kind.reason == "there can be no kind of that name"
    assert api.asked == []
