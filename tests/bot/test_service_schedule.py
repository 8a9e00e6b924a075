"""A schedule's fire in the service: posted once with its PDF, or what to do when it came to nothing."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.service import Service
from bot.settings import Settings
from checks.cluster.errors import ClusterError
from tests.harness.slack_workspace import APP, SECURITY
from tests.harness.strict_slack import StrictSlack

pytestmark = pytest.mark.slack

MONDAY = datetime(2026, 11, 23, 7, tzinfo=UTC)


@pytest.fixture
def service(strict_slack: StrictSlack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """The service as `quarterdeck run` makes it; its schedules are fired by the tests, not by the clock."""
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    schedules = [
        {"name": name, "cluster": cluster, "cron": "0 7 * * mon", "channel": SECURITY.id, "pdf": pdf}
        for name, cluster, pdf in (
            ("weekly", "harbour", True),
            ("brief", "harbour", False),
            ("lost", "lost", True),
        )
    ]
    made = Service(
        Settings.model_validate(
            {
                "clusters": [
                    {"name": "harbour", "sample": True},
                    {"name": "lost", "kubeconfig": tmp_path / "none.yaml"},
                ],
                "schedules": schedules,
                "data_dir": tmp_path,
                "http": {"port": 0},
                "slack": {
                    "bot_token": APP.bot_token,
                    "app_token": APP.app_token,
                    "api_url": strict_slack.api_url,
                },
            }
        )
    )
    made.http.start()
    yield made
    made.stop()


def fire(service: Service, name: str) -> None:
    (schedule,) = [each for each in service.settings.schedules if each.name == name]
    service.run_schedule(schedule, MONDAY)


def runs_counted(service: Service, outcome: str) -> bool:
    with urllib.request.urlopen(f"{service.http.url}/metrics", timeout=10) as response:
        return f'quarterdeck_schedule_runs_total{{outcome="{outcome}"}} 1.0' in response.read().decode()


def test_the_summary_and_the_pdf_are_posted_once(service: Service, strict_slack: StrictSlack) -> None:
    slack = strict_slack.slack
    fire(service, "weekly")
    (summary,) = slack.messages(SECURITY)
    (run,) = service.desk.history.runs()
    assert (run.schedule, run.scheduled_for) == ("weekly", MONDAY)
    assert run.requested_by == "schedule weekly"
    assert "harbour: " in summary.text
    shared = [file for message in slack.thread(SECURITY, summary.ts) for file in message.files]
    assert [file for file in slack.files(SECURITY) if file not in shared] == []
    (pdf,) = [file for file in shared if file.name.endswith(".pdf")]
    assert slack.download(pdf) == (service.desk.reports / pdf.name).read_bytes()
    assert slack.download(pdf).startswith(b"%PDF-")
    assert runs_counted(service, "done")


def test_the_same_fire_again_posts_nothing_again(service: Service, strict_slack: StrictSlack) -> None:
    slack = strict_slack.slack
    fire(service, "brief")
    before = slack.messages(SECURITY)
    replies = slack.thread(SECURITY, before[0].ts)
    fire(service, "brief")
    assert slack.messages(SECURITY) == before
    assert slack.thread(SECURITY, before[0].ts) == replies


def test_without_pdf_there_is_none(service: Service, strict_slack: StrictSlack) -> None:
    fire(service, "brief")
    assert len(strict_slack.slack.messages(SECURITY)) == 1
    assert [file.name for file in strict_slack.slack.files(SECURITY) if file.name.endswith(".pdf")] == []


def test_a_cluster_that_cannot_be_read_is_told_with_what_to_do(
    service: Service, strict_slack: StrictSlack
) -> None:
    with pytest.raises(ClusterError) as raised:
        fire(service, "lost")
    (message,) = strict_slack.slack.messages(SECURITY)
    shown = message.text + str(message.blocks)
    assert "none.yaml" in shown
    assert raised.value.next_step.split()[0] in shown
    assert strict_slack.slack.files(SECURITY) == ()
    assert service.desk.history.runs() == ()
    assert runs_counted(service, "failed")
    assert not runs_counted(service, "done")


def test_a_summary_that_slack_refuses_leaves_the_run_kept(
    service: Service, strict_slack: StrictSlack
) -> None:
    strict_slack.fail("chat.postMessage", "is_archived", times=5)
    fire(service, "brief")
    assert strict_slack.slack.messages(SECURITY) == ()
    assert len(service.desk.history.runs()) == 1
    assert runs_counted(service, "incomplete")
    assert not runs_counted(service, "done")
