"""Whatever a cluster's roles and bindings hold, questions about rights are answered, and can be sent."""

from __future__ import annotations

import json
from contextlib import suppress
from random import Random
from typing import Any

import msgspec
import pytest

from bot.answer import to_json
from bot.commands.can import CanDo
from bot.commands.questions import Question, answer
from bot.commands.review import Review
from bot.commands.review_sheet import sheet
from bot.commands.who_can import WhoCan
from bot.commands.who_has import WhoHas
from checks.access.index import index
from checks.access.who import short
from checks.cluster.kinds import KINDS
from checks.cluster.objects import wire
from checks.cluster.snapshot import Snapshot
from checks.errors import QuarterdeckError
from checks.model import CoverageState, KindCoverage
from tests.harness.fixture_snapshot import CLUSTER, MOMENT
from tests.harness.hostile import any_object

READ = (
    *("Namespace", "ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"),
    *("Pod", "Node", "Secret"),
)
ASKED: tuple[Question, ...] = (
    WhoCan(("*",), "*"),
    WhoCan(("read", "edit", "exec"), "pods,secrets", "a", "web"),
    WhoCan(("get",), "/metrics"),
    WhoCan(("create",), "nodes"),
    WhoHas(),
    WhoHas(role="cluster-admin", namespace="web"),
    CanDo("everyone", full=True),
    Review(),
    Review("web"),
)


def world(seed: int) -> Snapshot:
    random = Random(seed)
    made: dict[str, tuple[Any, ...]] = {}
    for name in READ:
        kind = KINDS[name]
        made[name] = tuple(wire.convert(any_object(random, kind), kind.type) for _ in range(12))
    coverage = tuple(
        KindCoverage(name, KINDS[name].api_version, CoverageState.COLLECTED, len(made[name])) for name in READ
    )
    return Snapshot(cluster=CLUSTER, started=MOMENT, finished=MOMENT, coverage=coverage, objects=made)


@pytest.mark.parametrize("seed", range(12))
def test_every_question_is_answered(seed: int) -> None:
    snapshot = world(seed)
    subjects = [short(each) for each in index(snapshot).subjects]
    about = [CanDo(each, *ask) for each in subjects for ask in ((), (("get",), "pods"))]
    roles = [WhoHas(role=key[2]) for key in index(snapshot).roles if key[2] != "cluster-admin"]
    for question in (*ASKED, *about, *roles):
        with suppress(QuarterdeckError):  # names that are empty, or several people's
            given = answer("prod", question, snapshot, MOMENT)
            assert json.loads(msgspec.json.encode(to_json(given)))["verdict"]
            if isinstance(question, Review):
                assert sheet(given)
