"""Home and the forms show what their reader may see and may do, and nothing else."""

from __future__ import annotations

import pytest

from bot.answer import Answer
from bot.commands.desk import Desk
from bot.commands.overview import Choices, Overview, choices, explanations, overview
from bot.commands.scan import RunScan, scan
from bot.rights.roles import Asker, Held, Rights, Role, Standing
from tests.bot.commands.desks import Steps

HARBOUR = frozenset({"harbour"})
NOBODY = Asker("U0NOBODY", Rights())
VIEWER = Asker("U0VIEWER", Rights((Held(Role.VIEWER, HARBOUR),)))
OPERATOR = Asker("U0OPERATOR", Rights((Held(Role.OPERATOR, HARBOUR), Held(Role.VIEWER))))
GUEST = Asker("U0GUEST", Rights((Held(Role.ADMIN),)), standing=Standing.GUEST)


def test_home_shows_the_clusters_that_its_reader_may_see(desk: Desk, steps: Steps) -> None:
    scan(desk, RunScan("harbour"), asker="U1", progress=steps)
    found = overview(desk, VIEWER)
    assert isinstance(found, Overview)
    assert [each.name for each in found.seen.clusters] == ["harbour"]
    assert found.may == ("viewer in harbour",)
    all_of_it = overview(desk, OPERATOR)
    assert isinstance(all_of_it, Overview)
    assert [each.name for each in all_of_it.seen.clusters] == ["harbour", "lost"]


@pytest.mark.parametrize("asker", [NOBODY, GUEST])
def test_whoever_may_see_nothing_is_refused_and_that_is_noted(desk: Desk, asker: Asker) -> None:
    assert isinstance(overview(desk, asker), Answer)
    assert isinstance(choices(desk, asker), Answer)
    noted = desk.history.audit(limit=2)
    assert [(each.asker, each.decision) for each in noted] == [(asker.name, "refused")] * 2


def test_looking_at_home_is_noted_as_status_is(desk: Desk) -> None:
    overview(desk, VIEWER)
    (noted,) = desk.history.audit(limit=1)
    assert (noted.asker, noted.command, noted.decision) == (VIEWER.name, "status", "allowed")


def test_a_form_offers_the_clusters_that_may_be_checked(desk: Desk) -> None:
    found = choices(desk, OPERATOR)
    assert isinstance(found, Choices)
    assert found.clusters == ("harbour",)
    assert ("cis-kubernetes-2.0.1", "CIS Kubernetes Benchmark") in [(i, t[:24]) for i, t in found.frameworks]
    assert isinstance(choices(desk, VIEWER), Answer)


def test_findings_are_found_by_the_names_of_checks_in_the_order_of_the_text(desk: Desk) -> None:
    text = "harbour: `rbac-wildcard-role` in ClusterRole x\npod-privileged, no-such-check; rbac-wildcard-role"
    assert explanations(desk, text, VIEWER) == (
        "explain rbac-wildcard-role cluster=harbour",
        "explain pod-privileged cluster=harbour",
    )
    assert explanations(desk, text, NOBODY) == ("explain rbac-wildcard-role", "explain pod-privileged")
    assert explanations(desk, "harbour and lost: pod-privileged", OPERATOR) == ("explain pod-privileged",)
    assert explanations(desk, "lunch?", VIEWER) == ()


def test_a_text_that_names_all_checks_gives_a_list_to_choose_from(desk: Desk) -> None:
    from checks.registry import all_checks

    every = " ".join(check.id for check in all_checks())
    assert len(explanations(desk, every * 50, VIEWER)) == 20
