"""The settings: the environment wins, mistakes are named by key, and no secret is ever shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.service import slack_connection
from bot.settings import ClusterSettings, Settings, SlackSettings, load

SECRET = "xoxb-not-for-eyes"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("QUARTERDECK_", "SLACK_"))]:
        monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "quarterdeck.yaml"


def problem(file: Path, text: str) -> SettingsError:
    file.write_text(text, "utf-8")
    with pytest.raises(SettingsError) as caught:
        load(file)
    assert caught.value.next_step
    return caught.value


def test_without_a_file_everything_has_a_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    settings = load()
    assert settings.clusters == ()
    assert settings.frameworks == ("cis-kubernetes-2.0.1",)
    assert settings.http.host == "127.0.0.1"
    assert settings.history_url == f"sqlite:///{tmp_path}/quarterdeck/history.db"


def test_the_file_is_named_by_argument_or_environment(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("clusters: [{name: prod, context: production}]\n", "utf-8")
    monkeypatch.setenv("QUARTERDECK_SETTINGS", str(file))
    assert load() == load(file)
    assert load().clusters[0].context == "production"


def test_an_empty_file_sets_nothing(file: Path) -> None:
    file.write_text("# nothing yet\n", "utf-8")
    assert load(file) == load()


def test_the_environment_wins(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("database_url: sqlite:///file.db\ndata_dir: /from/file\n", "utf-8")
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", "sqlite:///environment.db")
    assert load(file).history_url == "sqlite:///environment.db"
    assert load(file).data_dir == Path("/from/file")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("clusters: [{name: prod, contxt: x}]", "clusters.0.contxt"),
        ("clusters: [{name: Prod_1}]", "clusters.0.name"),
        ("clusters: [{name: a, sample: true, in_cluster: true}]", "give only one of"),
        ("clusters: [{name: a}, {name: a}]", "two clusters have the same name"),
        ("frameworks: [cis-9]", "known are"),
        (
            "schedules: [{name: w, cluster: nowhere, cron: '@weekly', channel: C0SECURITY}]",
            "cluster 'nowhere'",
        ),
        ("http: {port: 70000}", "http.port"),
        ("slack: {workers: 0}", "slack.workers"),
        ("clustres: []", "clustres"),
        ("- a list", "mapping"),
        ("a: [1\nb: 2", "line 2"),
        ("when: 2026-99-99", "impossible date"),
    ],
)
def test_a_mistake_is_named(file: Path, text: str, words: str) -> None:
    error = problem(file, text)
    assert str(file) in error.message
    assert words in error.message


def test_a_mistake_repeats_no_secret(file: Path) -> None:
    error = problem(file, f"slack: {{bot_token: [{SECRET}], app_tokn: {SECRET}}}\ndatabase_url: [{SECRET}]\n")
    assert "slack.bot_token" in error.message
    assert "slack.app_tokn" in error.message
    assert SECRET not in str(error) + repr(error.__cause__)


def test_secrets_are_not_in_what_settings_print() -> None:
    settings = Settings.model_validate({"slack": {"bot_token": SECRET}, "database_url": SECRET})
    assert SECRET not in repr(settings) + str(settings) + settings.model_dump_json()


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        load(tmp_path / "none.yaml")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="not UTF-8"):
        load(tmp_path / "binary")


def test_an_environment_variable_that_is_not_json_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUARTERDECK_CLUSTERS", "prod, test")
    with pytest.raises(SettingsError, match="clusters") as caught:
        load()
    assert "JSON" in caught.value.next_step


def test_a_token_comes_from_environment_then_file_then_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted = tmp_path / "bot-token"
    mounted.write_text("xoxb-file\n", "utf-8")
    plain = SlackSettings.model_validate({"bot_token": "xoxb-settings"})
    both = plain.model_copy(update={"bot_token_file": mounted})

    def token(slack: SlackSettings) -> str:
        found = slack.secret("bot_token")
        assert found is not None
        return found.get_secret_value()

    assert token(plain) == "xoxb-settings"
    assert token(both) == "xoxb-file"
    monkeypatch.setenv("SLACK_BOT_TOKEN", " xoxb-environment ")
    assert token(both) == "xoxb-environment"
    assert both.secret("app_token") is None


@pytest.mark.parametrize(("content", "reason"), [(None, "No such file"), (b"\n", "empty"), (b"\xff", "text")])
def test_a_secret_file_that_holds_none_is_said(tmp_path: Path, content: bytes | None, reason: str) -> None:
    mounted = tmp_path / "secret"
    if content is not None:
        mounted.write_bytes(content)
    with pytest.raises(SettingsError, match=reason):
        SlackSettings(app_token_file=mounted).secret("app_token")
    with pytest.raises(SettingsError, match=reason):
        _ = Settings(database_url_file=mounted).history_url


def test_allowed_registries_are_hosts() -> None:
    fine = ClusterSettings(name="a", allowed_registries=("registry.example.com/team", "docker.io"))
    assert fine.allowed_registries == ("registry.example.com/team", "docker.io")
    with pytest.raises(ValueError, match="'team/shop' is no registry"):
        ClusterSettings(name="a", allowed_registries=("team/shop",))


def test_rule_38_the_signing_secret_is_needed_for_signed_requests_and_for_nothing_else() -> None:
    tokens = {"bot_token": "xoxb-x", "app_token": "xapp-x"}
    assert slack_connection(SlackSettings.model_validate(tokens)).signing_secret == ""
    with pytest.raises(SettingsError, match="signing secret is not set") as caught:
        slack_connection(SlackSettings.model_validate({**tokens, "mode": "http"}))
    assert "SLACK_SIGNING_SECRET" in caught.value.next_step
    signed = SlackSettings.model_validate({"bot_token": "xoxb-x", "signing_secret": "s", "mode": "http"})
    assert slack_connection(signed).signing_secret == "s"
