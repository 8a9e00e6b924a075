"""Every question reads only what it is about, and says before reading what may not be listed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.commands.encrypted import IsEncrypted
from bot.commands.escalate import Escalate
from bot.commands.matrix import ShowMatrix
from bot.commands.questions import Question, answer, read
from bot.commands.reach import CanReach
from bot.commands.what_if import WhatIf
from bot.commands.who_has import WhoHas
from checks.cluster.source import LiveCluster
from tests.bot.commands.desks import Steps
from tests.checks.cluster.wire import Wire, items, named, reply, status, write_kubeconfig

QUESTIONS: tuple[Question, ...] = (WhoHas(), IsEncrypted(), CanReach(), ShowMatrix(), WhatIf("x"), Escalate())
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.canonical)
def test_what_may_not_be_listed_is_said_first(question: Question, tmp_path: Path, steps: Steps) -> None:
    plan = {REVIEWS: reply({"status": {"allowed": False}}, 201), "/api/v1/namespaces": status(403)}
    with Wire(plan, items(named("x"))) as wire:
        target = LiveCluster(write_kubeconfig(tmp_path / "kubeconfig", wire.url))
        snapshot = read(target, question, steps)
    assert steps[0].note.startswith("no right to list ")
    assert "Namespace" in steps[0].note
    assert steps[-1].done == steps[-1].total > 0
    given = answer("prod", question, snapshot, snapshot.finished)
    assert given.verdict.startswith("prod: ")
    assert given.extra["incomplete"] is True
    assert given.extra["coverage"] == snapshot.coverage
    assert {"PodMetrics", "Event"}.isdisjoint(each.kind for each in snapshot.coverage)
