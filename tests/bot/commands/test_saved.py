"""A cluster and its saved snapshot give the same, word for word and byte for byte: on the real API server.

Each reads at a time of its own, and says so; that is all that may differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from bot.answer import Answer, to_json
from bot.cli.app import app
from bot.commands import questions
from bot.commands.desk import Desk
from bot.commands.perform import perform
from bot.commands.progress import silent
from bot.commands.questions import Question
from bot.commands.scan import RunScan, judge
from bot.errors import CommandError
from bot.grammar import EXAMPLES, understand
from bot.rights.roles import Asker
from bot.settings import Settings
from bot.slack.blocks import Frame, draw
from bot.slack.tables import Layout
from checks.cluster.source import LiveCluster, SavedSnapshot, Target
from checks.model import Scan
from reports.document import build
from reports.history import History
from reports.render.report import render
from tests.harness.api_server import ApiServer
from tests.harness.sample_cluster import FILES, load_sample, remove_sample

MOMENT = datetime(2026, 11, 2, 9, tzinfo=UTC)
OWN = """
checks:
  - id: team-label-missing
    title: Every Deployment names its team
    severity: medium
    because: Without it nobody knows whom to call at night.
    match: {apiVersion: apps/v1, kind: Deployment}
    validations:
      - {expression: "'team' in object.metadata.?labels.orValue({})", message: It has no label `team`.}
    rationale: Findings go to the team that an object names.
    remediation: Add the label.
"""
REACH = (
    "reach web/booking payments/ledger 8080",
    "who can reach data/postgres",
    "what can web/booking reach",
)
ASKED = {text: question for text in (*EXAMPLES, *REACH) if isinstance(question := understand(text), Question)}
"""The questions that people are shown as examples, and some about the sample's own workloads."""


class Cluster:
    """The sample in the real API server, as it runs and in a file, with the sample's own evidence."""

    def __init__(self, server: ApiServer, folder: Path) -> None:
        self.own = folder / "own.yaml"
        self.own.write_text(OWN)
        file = folder / "saved.qdsnap"
        given = ("--kubeconfig", str(server.kubeconfig), "--evidence", str(FILES), "--checks", str(self.own))
        done = CliRunner().invoke(app, ["snapshot", "save", str(file), *given])
        assert "objects of test-cluster saved" in done.output, done.output
        self.live: Target = LiveCluster(server.kubeconfig, evidence=(FILES,))
        self.saved: Target = SavedSnapshot(file)


@pytest.fixture(scope="module")
def cluster(api_server: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    load_sample(api_server.api)
    yield Cluster(api_server, tmp_path_factory.mktemp("saved"))
    remove_sample(api_server.api)


def judged(cluster: Cluster, target: Target) -> Scan:
    scan = judge(
        target,
        wanted=("cis-kubernetes-2.0.1", "nsa-cisa-1.2"),
        version="test",
        progress=silent,
        own=(cluster.own,),
    ).scan
    return replace(scan, started=MOMENT, finished=MOMENT)


def test_the_report_is_the_same(cluster: Cluster, tmp_path: Path) -> None:
    live, saved = (build(judged(cluster, target)) for target in (cluster.live, cluster.saved))
    assert live == saved
    assert live.evidence == saved.evidence
    assert any(
        result["check"] == "team-label-missing" for result in msgspec.json.decode(live.evidence)["results"]
    )
    for name, document in (("live", live), ("saved", saved)):
        render(document, "html", tmp_path / name)
    assert (tmp_path / "live").read_bytes() == (tmp_path / "saved").read_bytes()


def asked_in_slack(target: Target, folder: Path) -> Answer:
    """The Answer to `scan` as Slack gets it, without the run's id, which is new for each."""
    folder.mkdir()
    settings = Settings.model_validate({"clusters": [], "data_dir": folder})
    history = History.open(settings.history_url)
    desk = Desk(settings, history, {"harbour": target}, clock=lambda: MOMENT)
    answer = perform(desk, RunScan("harbour"), asker=Asker.of_the_house("erin"))
    history.close()
    return replace(answer, run_id="run", age_seconds=0, actions=(), extra={})


def test_the_answer_in_slack_is_the_same(cluster: Cluster, tmp_path: Path) -> None:
    live, saved = (
        asked_in_slack(target, tmp_path / name)
        for name, target in (("live", cluster.live), ("saved", cluster.saved))
    )
    assert live.tables
    assert live == saved
    for layout in Layout:
        frame = Frame(layout, MOMENT, run=True)
        assert draw(live, frame) == draw(saved, frame)


def asked(target: Target, question: Question) -> str:
    """The answer as JSON, or why there is none."""
    try:
        answer = questions.answer("harbour", question, questions.read(target, question, silent), MOMENT)
    except CommandError as error:
        return str(error)
    return msgspec.json.encode(to_json(answer)).decode()


@pytest.mark.parametrize("text", ASKED)
def test_every_question_is_answered_the_same(cluster: Cluster, text: str) -> None:
    question = ASKED[text]
    live, saved = asked(cluster.live, question), asked(cluster.saved, question)
    assert live == saved
    assert live.startswith("{") or text not in REACH
