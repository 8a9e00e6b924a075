"""docs/slack-setup.md: what it puts in front of signed requests leads to what the chart makes."""

import re
from pathlib import Path

import pytest
import yaml

from bot.slack.manifest import EVENTS_PATH
from tests.harness.api_server import ApiServer
from tests.helm.chart import CHART, KUBERNETES, helm, one

pytestmark = pytest.mark.kubernetes

PAGE = (Path(__file__).parents[2] / "docs" / "slack-setup.md").read_text("utf-8")
VALUES, INGRESS = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[-2:]


def test_the_ingress_leads_one_path_to_the_service(api_server: ApiServer) -> None:
    ingress = yaml.safe_load(INGRESS)
    namespace = ingress["metadata"]["namespace"]
    where = ("--namespace", namespace, "--kube-version", KUBERNETES)
    text = helm("template", "quarterdeck", str(CHART), *where, values=yaml.safe_load(VALUES))
    service = one([each for each in yaml.safe_load_all(text) if each], "Service")
    (rule,) = ingress["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    backend = path["backend"]["service"]
    assert (path["path"], path["pathType"]) == (EVENTS_PATH, "Exact")
    assert backend["name"] == service["metadata"]["name"]
    assert backend["port"]["name"] in [port["name"] for port in service["spec"]["ports"]]
    assert ingress["spec"]["tls"][0]["hosts"] == [rule["host"]]
    ingress["metadata"]["namespace"] = "default"
    api_server.api.apply(ingress)
    api_server.api.delete(ingress)
