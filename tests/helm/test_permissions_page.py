"""docs/permissions.md names every right that is asked for, in Kubernetes and in Slack."""

import re
from pathlib import Path

from bot.rights.settings import RightsSettings
from bot.slack.manifest import scopes
from checks.cluster.kinds import KINDS

PAGE = (Path(__file__).parents[2] / "docs" / "permissions.md").read_text("utf-8")


EVERYTHING = RightsSettings.model_validate(
    {"grants": [{"role": "viewer", "groups": ["S0OPS"], "email_domains": ["example.com"]}]}
)


def rows(heading: str) -> list[str]:
    """The first cells of the first table below a heading."""
    table = re.split(r"\n\n", PAGE.partition(f"## {heading}\n")[2].partition("| --- |")[2])[0]
    return [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("|")]


def test_every_kind_is_named_and_no_other() -> None:
    named = {kind for row in rows("In Kubernetes") for kind in re.findall(r"[A-Z]\w+", row)}
    assert named == set(KINDS)


def test_every_slack_scope_is_named_and_no_other() -> None:
    named = {scope for row in rows("In Slack") for scope in re.findall(r"`([\w:.]+)`", row)}
    assert named == {*scopes(EVERYTHING), "connections:write"}
