"""The whole way through the house: a person's words in Slack go in, messages and a PDF come out.

Real cluster, real Slack, the service as it is run. The PDF's numbers are read back and equal the JSON's.
"""

import io
import json
import re
import subprocess
import sys
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from bot.service import Service
from bot.slack.conversation import PRIVATELY
from tests.harness.api_server import ApiServer
from tests.harness.applications import DELIVERY, SHOP
from tests.harness.local_slack import LocalSlack
from tests.harness.slack_records import Message
from tests.harness.slack_workspace import BOARD, ERIN, GENERAL, OSCAR, SECURITY
from tests.harness.strict_slack import StrictSlack

pytestmark = [pytest.mark.kubernetes, pytest.mark.slack, pytest.mark.slow]

QUARTERDECK = Path(sys.executable).with_name("quarterdeck")


@pytest.fixture
def slack(service: Service, strict: StrictSlack) -> LocalSlack:
    assert service.slack.is_connected()
    return strict.slack


def scanned(harbour: ApiServer) -> dict[str, Any]:
    """What the command line says of the same cluster, as JSON."""
    done = subprocess.run(
        [QUARTERDECK, "scan", "--kubeconfig", str(harbour.kubeconfig), "--format", "json"],
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode()
    scan: dict[str, Any] = json.loads(done.stdout)
    return scan


def finished(slack: LocalSlack, before: set[str], word: str = "harbour:") -> Message:
    """The run's own message, once its verdict is there."""

    def found() -> Message | None:
        for message in slack.messages(SECURITY):
            if message.ts not in before and message.thread_ts in (None, message.ts) and word in message.text:
                return message
        return None

    return slack.wait_for(found, timeout=90)


def thread_with_files(slack: LocalSlack, parent: Message, files: int) -> list[Message]:
    def there() -> list[Message] | None:
        thread = list(slack.thread(SECURITY, parent.ts))
        return thread if sum(len(each.files) for each in thread) >= files else None

    return slack.wait_for(there, timeout=60)


def test_every_workload_of_the_applications_is_judged_rightly(harbour: ApiServer) -> None:
    results = scanned(harbour)["results"]

    def verdicts(check: str, namespace: str) -> dict[str, str]:
        return {
            each["resource"]["name"]: each["status"]
            for each in results
            if each["check"] == check and each["resource"]["namespace"] == namespace
        }

    assert verdicts("pod-privilege-escalation", "shop") == dict.fromkeys(SHOP, "pass") | {"cache": "fail"}
    assert verdicts("image-latest-tag", "shop") == dict.fromkeys((*SHOP, "cache"), "pass")
    assert verdicts("workload-default-service-account", "shop")["cache"] == "fail"
    assert verdicts("pod-root-not-prevented", "delivery") == dict.fromkeys(DELIVERY, "pass")
    wildcard = [
        each
        for each in results
        if each["check"] == "rbac-cluster-admin" and each["resource"]["name"] == "delivery-controller"
    ]
    assert [each["status"] for each in wildcard] == ["fail"]


def test_a_scan_asked_for_in_slack(harbour: ApiServer, slack: LocalSlack) -> None:
    before = {message.ts for message in slack.messages(SECURITY)}
    assert slack.command(ERIN, SECURITY, "scan") < 3.0  # Slack gives up then
    parent = finished(slack, before)
    failures = Counter(each["severity"] for each in scanned(harbour)["results"] if each["status"] == "fail")
    assert failures["critical"] > 0
    for severity, amount in failures.items():
        assert f"{amount} {severity}" in parent.text
    thread = slack.wait_for(
        lambda: [text for text in (m.text for m in slack.thread(SECURITY, parent.ts)) if "Low" in text],
        timeout=30,
    )
    assert thread
    edits = [entry for entry in slack.api_log() if "chat.update" in entry.summary]
    assert edits


def test_a_report_asked_for_in_slack_says_what_the_json_says(harbour: ApiServer, slack: LocalSlack) -> None:
    before = {message.ts for message in slack.messages(SECURITY)}
    slack.command(ERIN, SECURITY, "report")
    parent = finished(slack, before)
    thread = thread_with_files(slack, parent, 1)
    pdf = next(file for message in thread for file in message.files if file.name.endswith(".pdf"))
    reader = PdfReader(io.BytesIO(slack.download(pdf)))
    text = " ".join(" ".join(page.extract_text().split()) for page in reader.pages)
    scan = scanned(harbour)
    evidence = json.loads(reader.attachments["evidence.json"][0])
    assert evidence["cluster"]["uid"] == scan["cluster"]["uid"]
    assert scan["cluster"]["uid"] in text
    assert evidence["frameworks"] == scan["frameworks"]
    framework = scan["frameworks"][0]
    assert len(framework["requirements"]) == sum(framework["counts"].values()) == 131
    for requirement in framework["requirements"]:
        assert re.search(rf"(?<![\d.]){re.escape(requirement['id'])}(?![\d.])", text), requirement["id"]
    failed = {each["check"] for each in scan["results"] if each["status"] == "fail"}
    assert failed
    titles = {each["id"]: each["title"] for each in scan["checks"]}
    assert [check for check in sorted(failed) if titles[check] not in text] == []


def test_who_has_cluster_admin_is_answered_to_the_author_of_the_mention(slack: LocalSlack) -> None:
    question = slack.mention(OSCAR, GENERAL, "who has cluster-admin?")
    slack.wait_for(lambda: [m.text for m in slack.thread(GENERAL, question.ts)] == [PRIVATELY], timeout=30)
    private = slack.dm(OSCAR, "help").channel
    answers = slack.wait_for(
        lambda: [m for m in slack.messages(private) if "subjects have cluster-admin" in m.text], timeout=30
    )
    text = json.dumps([message.blocks for message in answers]) + " ".join(m.text for m in answers)
    everything = text + json.dumps([m.blocks for m in slack.thread(private, answers[0].ts)])
    assert "system:masters" in everything
    assert "delivery-controller" in everything
    assert "ClusterRoleBinding" in everything


def test_the_same_in_a_direct_message(slack: LocalSlack) -> None:
    question = slack.dm(OSCAR, "who has cluster-admin")
    slack.wait_for(
        lambda: [m for m in slack.messages(question.channel) if "subjects have cluster-admin" in m.text],
        timeout=30,
    )


@pytest.mark.parametrize(
    ("question", "verdict", "evidence"),
    [
        ("who can read secrets in payments?", "get, list or watch secrets in payments", "payments-admins"),
        ("who could exec into pods in payments", "can create pods/exec in payments", "oidc:on-call"),
        ("can group:oidc:web-team delete pods in web", "yes, Group oidc:web-team can delete", "web-editors"),
        ("what can sa:ci/deployer do", "ServiceAccount ci/deployer holds", "whole cluster"),
        ("who can read secretz in payments", "There is no resource called secretz", "Did you mean secrets"),
    ],
)
def test_questions_about_rights_are_answered_in_sentences(
    slack: LocalSlack, question: str, verdict: str, evidence: str
) -> None:
    private = slack.dm(OSCAR, question).channel
    answers = slack.wait_for(lambda: [m for m in slack.messages(private) if verdict in m.text], timeout=30)
    said = (answers[0], *slack.thread(private, answers[0].ts))
    assert evidence in json.dumps([message.blocks for message in said])


@pytest.mark.parametrize(
    "text", ["", "help", "fnord", "skan", "who has 🦄", "scan nowhere", "“status”", "x" * 3000]
)
def test_every_input_is_answered_visibly(slack: LocalSlack, text: str) -> None:
    before = {message.ts for message in slack.messages(SECURITY, viewer=ERIN)}
    slack.command(ERIN, SECURITY, text)

    def answered() -> list[Message]:
        return [m for m in slack.messages(SECURITY, viewer=ERIN) if m.ts not in before and m.bot_id]

    assert slack.wait_for(answered, timeout=20)[0].text


def test_an_unreachable_cluster_is_answered_with_what_to_do(slack: LocalSlack) -> None:
    before = {message.ts for message in slack.messages(SECURITY)}
    slack.command(ERIN, SECURITY, "scan lost")
    parent = finished(slack, before, "127.0.0.1:9")
    assert "refuses the connection" in parent.text


def test_where_the_bot_is_no_member_the_asker_hears_how_to_invite_it(slack: LocalSlack) -> None:
    slack.command(ERIN, BOARD, "scan")

    def answered() -> list[Message]:
        return [m for m in slack.messages(BOARD, viewer=ERIN) if "invite" in json.dumps([m.text, m.blocks])]

    assert slack.wait_for(answered, timeout=30)


def test_the_probes_know_that_everything_is_up(service: Service) -> None:
    for path, word in (
        ("healthz", "ok"),
        ("readyz", '"slack":true'),
        ("metrics", "quarterdeck_slack_connected 1.0"),
    ):
        with urllib.request.urlopen(f"{service.http.url}/{path}", timeout=5) as answer:
            assert word in answer.read().decode()


def test_a_second_scan_says_what_changed(harbour: ApiServer, slack: LocalSlack) -> None:
    first = {message.ts for message in slack.messages(SECURITY)}
    slack.command(ERIN, SECURITY, "scan")
    finished(slack, first)
    harbour.api.apply(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "intruder", "namespace": "staging"},
            "spec": {"containers": [{"name": "c", "image": "i", "securityContext": {"privileged": True}}]},
        }
    )
    second = {message.ts for message in slack.messages(SECURITY)}
    slack.command(ERIN, SECURITY, "scan")
    assert re.search(r"[1-9]\d* new", finished(slack, second).text)
