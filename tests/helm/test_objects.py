"""What the chart renders: the image, the settings, the tokens, the rights, by the values that decide them."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import load
from checks.cluster.kinds import KINDS
from tests.helm.chart import CHART, ChartError, one, render

pytestmark = pytest.mark.kubernetes

DIGEST = f"sha256:{'0' * 64}"


def spec(**values: Any) -> Any:
    return one(render(**values), "Deployment")["spec"]["template"]["spec"]


def container(**values: Any) -> Any:
    (found,) = spec(**values)["containers"]
    return found


def settings(tmp_path: Path, **values: Any) -> Any:
    file = tmp_path / "settings.yaml"
    file.write_text(one(render(**values), "ConfigMap")["data"]["settings.yaml"], "utf-8")
    return load(file)


def test_the_image_is_the_app_version_a_tag_or_a_digest() -> None:
    version = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))["appVersion"]
    assert container()["image"] == f"quarterdeck:{version}"
    assert container(image={"tag": "edge"})["image"] == "quarterdeck:edge"
    assert container(image={"tag": "edge", "digest": DIGEST})["image"] == f"quarterdeck@{DIGEST}"


def test_the_settings_file_is_one_that_quarterdeck_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("QUARTERDECK_DATA_DIR", raising=False)
    schedule = {"name": "weekly", "cron": "0 7 * * mon", "timezone": "UTC", "cluster": "here"}
    read = settings(
        tmp_path,
        slack={"existingSecret": "slack"},
        settings={
            "clusters": [{"name": "here", "in_cluster": True}],
            "schedules": [{**schedule, "channel": "C0123456789", "pdf": True}],
            "slack": {"workers": 2},
        },
    )
    assert read.clusters[0].in_cluster
    assert read.schedules[0].name == "weekly"
    assert read.slack.workers == 2
    assert str(read.slack.bot_token_file) == "/etc/quarterdeck/slack/bot-token"
    assert (read.http.host, read.http.port) == ("0.0.0.0", 8080)
    assert str(read.data_dir) == "/var/lib/quarterdeck"


def test_the_default_settings_file_is_one_that_quarterdeck_reads(tmp_path: Path) -> None:
    read = settings(tmp_path)
    assert [each.name for each in read.clusters] == ["this-cluster"]
    assert read.slack.bot_token_file is None


def test_a_changed_setting_restarts_the_pod() -> None:
    def checksum(**values: Any) -> str:
        metadata = one(render(**values), "Deployment")["spec"]["template"]["metadata"]
        return str(metadata["annotations"]["checksum/settings"])

    assert checksum() != checksum(settings={"log": {"level": "debug"}})


def test_tokens_are_files_of_a_secret_and_in_no_environment_variable() -> None:
    pod = spec(slack={"existingSecret": "slack", "botTokenKey": "b", "appTokenKey": "a"})
    (volume,) = [each for each in pod["volumes"] if each["name"] == "slack"]
    assert volume["secret"]["secretName"] == "slack"
    assert {each["key"]: each["path"] for each in volume["secret"]["items"]} == {
        "b": "bot-token",
        "a": "app-token",
    }
    assert [each["name"] for each in pod["containers"][0]["env"]] == ["QUARTERDECK_SETTINGS"]


def test_the_database_url_is_a_file_and_no_environment_variable() -> None:
    pod = spec(database={"existingSecret": "db", "key": "dsn"})
    volume = next(each for each in pod["volumes"] if each["name"] == "database")
    assert volume["secret"]["items"] == [{"key": "dsn", "path": "url"}]
    assert [each["name"] for each in pod["containers"][0]["env"]] == ["QUARTERDECK_SETTINGS"]
    settings = one(render(database={"existingSecret": "db"}), "ConfigMap")["data"]["settings.yaml"]
    assert "database_url_file: /etc/quarterdeck/database/url" in settings


def test_no_object_of_the_chart_is_a_secret() -> None:
    everything = render(
        slack={"existingSecret": "s"}, database={"existingSecret": "d"}, kubeconfigs={"existingSecret": "k"}
    )
    assert "Secret" not in {each["kind"] for each in everything}


def test_sqlite_never_has_two_writers() -> None:
    def strategy(**values: Any) -> Any:
        return one(render(**values), "Deployment")["spec"]["strategy"]["type"]

    assert strategy() == "Recreate"
    assert strategy(database={"existingSecret": "db"}) == "RollingUpdate"


def test_without_a_cluster_of_its_own_it_has_no_token_and_no_right() -> None:
    elsewhere = {"clusters": [{"name": "prod", "kubeconfig": "/etc/quarterdeck/kubeconfigs/prod"}]}
    kinds = {each["kind"] for each in render(settings=elsewhere)}
    assert not kinds & {"ClusterRole", "ClusterRoleBinding"}
    assert spec(settings=elsewhere)["automountServiceAccountToken"] is False
    assert spec()["automountServiceAccountToken"] is True


@pytest.mark.parametrize("secrets", [False, True])
def test_the_cluster_role_lists_exactly_the_kinds_that_are_read(secrets: bool) -> None:
    role = one(render(rbac={"readSecretMetadata": secrets}), "ClusterRole")
    granted = {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    wanted = {
        (group, kind.plural, verb)
        for kind in KINDS.values()
        for group in kind.groups
        for verb in ("get", "list")
        if not kind.elsewhere and kind.plural != "*" and (secrets or kind.name != "Secret")
    }
    assert granted == wanted


@pytest.mark.parametrize("plurals", [["*"], ["k8sallowedrepos", "k8srequiredlabels"]])
def test_constraints_are_granted_by_the_names_that_are_given(plurals: list[str]) -> None:
    rule = {"apiGroups": ["constraints.gatekeeper.sh"], "resources": plurals, "verbs": ["get", "list"]}
    assert rule in one(render(rbac={"gatekeeperConstraints": plurals}), "ClusterRole")["rules"]


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("readKubeletConfig", {"apiGroups": [""], "resources": ["nodes/proxy"], "verbs": ["get"]}),
        (
            "readMetrics",
            {
                "nonResourceURLs": ["/metrics", "/livez", "/readyz", "/healthz/kms-providers"],
                "verbs": ["get"],
            },
        ),
        ("readFlags", {"nonResourceURLs": ["/flagz"], "verbs": ["get"]}),
        (
            "verifyAnswers",
            {
                "apiGroups": ["authorization.k8s.io"],
                "resources": ["subjectaccessreviews"],
                "verbs": ["create"],
            },
        ),
    ],
)
def test_what_must_be_allowed_is_granted_when_it_is(value: str, rule: dict[str, list[str]]) -> None:
    assert rule in one(render(rbac={value: True}), "ClusterRole")["rules"]
    assert rule not in one(render(), "ClusterRole")["rules"]


def test_nobody_may_connect_but_who_is_named() -> None:
    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    closed = one(render(), "NetworkPolicy")["spec"]
    opened = one(render(networkPolicy={"metricsFrom": [peer]}), "NetworkPolicy")["spec"]
    assert closed["policyTypes"] == ["Ingress", "Egress"]
    assert closed["ingress"] == []
    assert opened["ingress"] == [{"from": [peer], "ports": [{"port": "http", "protocol": "TCP"}]}]


def test_for_signed_requests_there_is_the_secret_a_service_and_a_way_in() -> None:
    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}}
    values: dict[str, Any] = {
        "slack": {"existingSecret": "slack"},
        "networkPolicy": {"slackFrom": [peer]},
        "service": {"port": 8443},
    }
    objects = render(**values, settings={"slack": {"mode": "http"}})
    pod = one(objects, "Deployment")["spec"]["template"]["spec"]
    (volume,) = [each for each in pod["volumes"] if each["name"] == "slack"]
    assert [each["path"] for each in volume["secret"]["items"]] == ["bot-token", "signing-secret"]
    settings = one(objects, "ConfigMap")["data"]["settings.yaml"]
    assert "signing_secret_file: /etc/quarterdeck/slack/signing-secret" in settings
    assert "app_token_file" not in settings
    (port,) = one(objects, "Service")["spec"]["ports"]
    assert (port["port"], port["targetPort"]) == (8443, "http")
    assert one(objects, "NetworkPolicy")["spec"]["ingress"][0]["from"] == [peer]
    socket_mode = render(**values)
    assert "Service" not in {each["kind"] for each in socket_mode}
    assert one(socket_mode, "NetworkPolicy")["spec"]["ingress"] == []


def test_rule_43_an_update_never_opens_more_sockets_than_slack_gives() -> None:
    def most(replicas: int) -> int:
        chart = render(
            replicaCount=replicas, database={"existingSecret": "d"}, persistence={"enabled": False}
        )
        return replicas + int(one(chart, "Deployment")["spec"]["strategy"]["rollingUpdate"]["maxSurge"])

    assert most(9) == 10
    with pytest.raises(ChartError):
        most(10)
