"""Every value is documented, and what is not a value is refused with its name."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from bot import __version__
from bot.rights.settings import GrantSettings, RightsSettings
from bot.settings import ClusterSettings, LogSettings, Settings, SlackSettings
from tests.helm.chart import CHART, KUBERNETES, ChartError, helm, render

pytestmark = pytest.mark.kubernetes

VALUES = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
SCHEMA = json.loads((CHART / "values.schema.json").read_text("utf-8"))
WHOLE = ("resources", "settings.log")
"""Values that are one thing to the reader, though they are mappings."""


def paths(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict) and value and path not in WHOLE:
            yield from paths(value, f"{path}.")
        else:
            yield path, value


def test_helm_lints_the_chart_without_a_word_of_warning() -> None:
    said = helm("lint", "--strict", str(CHART), "--kube-version", KUBERNETES)
    assert "[WARNING]" not in said
    assert "0 chart(s) failed" in said


def test_the_chart_installs_this_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    assert chart["appVersion"] == __version__


@pytest.mark.parametrize(("path", "default"), tuple(paths(VALUES)), ids=lambda each: str(each)[:40])
def test_every_value_is_in_the_chart_readme_with_its_default(path: str, default: Any) -> None:
    readme = (CHART / "README.md").read_text("utf-8")
    row = next((line for line in readme.splitlines() if line.startswith(f"| `{path}` |")), None)
    assert row is not None, f"helm/quarterdeck/README.md has no row for {path}"
    assert f"| `{json.dumps(default)}` |" in row
    assert len(row.split("|")[3].strip()) > 5


def test_the_chart_readme_names_no_value_that_is_gone() -> None:
    named = re.findall(r"^\| `([\w.]+)` \|", (CHART / "README.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(path for path, _ in paths(VALUES))


def test_every_key_of_the_values_file_has_a_comment_above_it() -> None:
    lines = (CHART / "values.yaml").read_text("utf-8").splitlines()
    keys = [number for number, line in enumerate(lines) if re.match(r"( {2})?\w+:", line)]
    mappings = [number for number in keys if lines[number].endswith(":")]
    inside_whole = {"requests", "limits"}
    bare = [
        lines[number].strip()
        for number in keys
        if not lines[number - 1].strip().startswith("#")
        and lines[number].strip().rstrip(":") not in inside_whole
        and not (number in mappings and lines[number + 1].strip().startswith("#"))
    ]
    assert bare == []


@pytest.mark.parametrize(("path", "default"), tuple(paths(VALUES)), ids=lambda each: str(each)[:40])
def test_every_value_is_in_the_schema(path: str, default: Any) -> None:
    part = SCHEMA
    for key in path.split("."):
        part = part["properties"][key]
    assert part


REFUSED: Mapping[str, tuple[dict[str, Any], str]] = {
    "an unknown value": ({"replicas": 1}, "replicas"),
    "a misspelt value inside": ({"rbac": {"readSecrets": True}}, "readSecrets"),
    "two pods on SQLite": ({"replicaCount": 2}, "/database/existingSecret"),
    "two pods on a volume for one": (
        {"replicaCount": 2, "database": {"existingSecret": "db"}},
        "/persistence",
    ),
    "no pod": ({"replicaCount": 0}, "/replicaCount"),
    "a number as text": ({"replicaCount": "1"}, "/replicaCount"),
    "a digest that is none": ({"image": {"digest": "latest"}}, "/image/digest"),
    "a tag inside of the repository's place": ({"image": {"repository": "a b"}}, "/image/repository"),
    "a policy that is none": ({"image": {"pullPolicy": "Sometimes"}}, "/image/pullPolicy"),
    "a quantity that is none": ({"persistence": {"size": "big"}}, "/persistence/size"),
    "a port out of range": ({"networkPolicy": {"egressPorts": [70000]}}, "/networkPolicy/egressPorts/0"),
    "a setting that the chart sets": ({"settings": {"http": {"host": "127.0.0.1"}}}, "http"),
    "a token in the values": ({"settings": {"slack": {"bot_token": "xoxb-1"}}}, "bot_token"),
    "no cluster": ({"settings": {"clusters": []}}, "/settings/clusters"),
    "a cluster without a name": ({"settings": {"clusters": [{"in_cluster": True}]}}, "name"),
    "yes for true": ({"persistence": {"enabled": "yes"}}, "/persistence/enabled"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_the_schema_refuses(case: str) -> None:
    values, named = REFUSED[case]
    with pytest.raises(ChartError, match=re.escape(named)):
        render(**values)


def test_two_pods_are_accepted_with_a_database_and_without_a_volume_for_one() -> None:
    kinds = [
        each["kind"]
        for each in render(replicaCount=2, database={"existingSecret": "db"}, persistence={"enabled": False})
    ]
    assert "Deployment" in kinds
    assert "PersistentVolumeClaim" not in kinds


def test_a_service_account_that_is_not_made_must_be_named() -> None:
    with pytest.raises(ChartError, match=r"serviceAccount\.name is needed"):
        render(serviceAccount={"create": False})


SET_BY_THE_CHART = {"data_dir", "http", "database_url", "database_url_file"}
TOKENS = {f"{name}{end}" for name in ("bot_token", "app_token", "signing_secret") for end in ("", "_file")}


@pytest.mark.parametrize(
    ("path", "model", "own"),
    [
        ("settings", Settings, SET_BY_THE_CHART),
        ("settings.slack", SlackSettings, TOKENS),
        ("settings.log", LogSettings, set()),
        ("settings.rights", RightsSettings, set()),
        ("settings.rights.grants", GrantSettings, set()),
        ("settings.clusters", ClusterSettings, set()),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_the_schema_has_just_the_settings_that_there_are(
    path: str, model: type[BaseModel], own: set[str]
) -> None:
    part = SCHEMA
    for key in path.split("."):
        part = part["properties"][key]
    assert set(part.get("items", part)["properties"]) == set(model.model_fields) - own
