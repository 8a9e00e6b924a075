"""`doctor` against a real API server and a real Slack: one finding each, and wrong ones say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.doctor import examine
from bot.settings import ClusterSettings, Settings, SlackSettings
from bot.slack.inspection import Finding
from checks.cluster.kinds import KINDS
from tests.harness.api_server import ApiServer
from tests.harness.slack_workspace import APP, RANDOM, SECURITY
from tests.harness.strict_slack import StrictSlack


def about(settings: Settings, subject: str) -> list[Finding]:
    return [finding for each, finding in examine(settings) if each == subject]


def wrong(findings: list[Finding]) -> list[str]:
    assert all(each.next_step for each in findings if not each.ok)
    return [each.what for each in findings if each.ok is False]


@pytest.fixture(autouse=True)
def no_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def lister(api_server: ApiServer) -> Iterator[Path]:
    """The kubeconfig of `nobody`, who may list all kinds here but Secret and NetworkPolicy."""
    withheld = ("Secret", "NetworkPolicy")
    rules = [
        {"apiGroups": [kind.group], "resources": [kind.plural], "verbs": ["list"]}
        for kind in KINDS.values()
        if kind.name not in withheld and not kind.elsewhere
    ]
    api = "rbac.authorization.k8s.io/v1"
    role = {"apiVersion": api, "kind": "ClusterRole", "metadata": {"name": "lister"}, "rules": rules}
    binding = {
        "apiVersion": api,
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "lister"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "lister"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "nobody"}],
    }
    api_server.api.apply(role, binding)
    yield api_server.kubeconfig_for("nobody")
    api_server.api.delete(role, binding)


def test_each_right_is_asked_of_the_api_server(lister: Path, tmp_path: Path) -> None:
    cluster = ClusterSettings(name="prod", kubeconfig=lister)
    findings = about(Settings(clusters=(cluster,), data_dir=tmp_path), "cluster prod")
    assert [each.what for each in findings[1:]] == [
        f"May {'not ' if kind.name in ('Secret', 'NetworkPolicy') else ''}list {kind.name}"
        for kind in KINDS.values()
        if not kind.elsewhere and (not kind.custom or kind.group == "admissionregistration.k8s.io")
    ]
    assert findings[0].what.endswith("answers")
    assert wrong(findings) == ["May not list NetworkPolicy"]
    assert [each.what for each in findings if each.ok is None] == ["May not list Secret"]


def test_a_token_that_the_cluster_refuses_is_one_finding(api_server: ApiServer, tmp_path: Path) -> None:
    refused = ClusterSettings(name="prod", kubeconfig=api_server.kubeconfig_for("gone", token="wrong"))
    findings = about(Settings(clusters=(refused,), data_dir=tmp_path), "cluster prod")
    assert len(wrong(findings)) == len(findings) == 1


def test_a_cluster_that_is_away_does_not_hide_the_next_one(tmp_path: Path) -> None:
    settings = Settings(
        clusters=(
            ClusterSettings(name="lost", kubeconfig=tmp_path / "none.yaml"),
            ClusterSettings(name="sample", sample=True),
        ),
        data_dir=tmp_path,
    )
    (problem,) = wrong(about(settings, "cluster lost"))
    assert "none.yaml" in problem
    assert about(settings, "cluster sample") == [Finding(True, "It is read from files: nothing to ask for")]


@pytest.mark.slack
def test_slack_is_asked_for_the_channels_of_the_schedules(strict_slack: StrictSlack, tmp_path: Path) -> None:
    schedules = tuple(
        {"name": name, "cluster": "sample", "cron": "@weekly", "channel": channel}
        for name, channel in (("a", SECURITY.id), ("b", RANDOM.id), ("c", SECURITY.id))
    )
    settings = Settings.model_validate(
        {
            "clusters": [{"name": "sample", "sample": True}],
            "schedules": schedules,
            "data_dir": tmp_path,
            "slack": SlackSettings(
                bot_token=SecretStr(APP.bot_token),
                app_token=SecretStr(APP.app_token),
                api_url=strict_slack.api_url,
            ),
        }
    )
    findings = about(settings, "slack")
    assert [each.what for each in findings if each.what.startswith("Channel")] == [
        f"Channel {SECURITY.id} (#security): I am a member",
        f"Channel {RANDOM.id}: I am not a member",
    ]


def test_without_tokens_and_clusters_both_are_named(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    (slack,) = wrong(about(settings, "slack"))
    assert "bot token and" in slack
    assert wrong(about(settings, "settings")) == ["No cluster is set up"]


def test_the_database_is_opened(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    findings = about(Settings(data_dir=folder), "data")
    assert wrong(findings) == []
    assert findings[-1].what == "The database opens and is up to date"
    assert (folder / "history.db").is_file()


def test_a_file_where_the_data_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    (problem,) = wrong(about(Settings(data_dir=tmp_path / "data"), "data"))
    assert str(tmp_path / "data") in problem


def test_a_database_that_cannot_be_used_does_not_hide_the_rest(tmp_path: Path) -> None:
    (tmp_path / "history.db").write_bytes(b"this is not a database" * 100)
    assert len(wrong(about(Settings(data_dir=tmp_path), "data"))) == 1
    missing = Settings(data_dir=tmp_path, database_url_file=tmp_path / "none")
    (problem,) = wrong(about(missing, "data"))
    assert "database URL file" in problem
    assert about(missing, "slack")


def test_little_space_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.doctor.LEAST_SPACE", 1 << 60)
    (problem,) = wrong(about(Settings(data_dir=tmp_path), "data"))
    assert "MiB free" in problem


@pytest.mark.parametrize(
    ("rights", "said"),
    [
        (
            {},
            [
                "No grants are set: every full member of the workspace is operator, in every cluster",
                "Nobody is admin: refusals name nobody to ask, and only the command line shows the audit log",
            ],
        ),
        (
            {"grants": [{"role": "admin", "users": ["U0ADMIN"]}], "everyone": "viewer"},
            ["1 grant; every full member of the workspace is viewer"],
        ),
        (
            {"grants": [{"role": "admin", "users": ["U0ADMIN"], "channels": ["C0OPS"]}]},
            [
                "1 grant; whoever they do not name has no role",
                "A channel or an email domain makes admins: whoever joins it is one",
            ],
        ),
    ],
)
def test_who_may_do_what_is_said(tmp_path: Path, rights: dict[str, Any], said: list[str]) -> None:
    findings = about(Settings.model_validate({"data_dir": tmp_path, "rights": rights}), "rights")
    assert [each.what for each in findings] == said
    assert wrong(findings) == []
