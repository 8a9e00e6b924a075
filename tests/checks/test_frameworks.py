"""Framework data: complete, true to the published totals, and refused when it is wrong."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest

from checks.frameworks import FrameworkError, framework_ids, load
from checks.frameworks.loading import Overlay, Rows, assemble, parse
from checks.model import Status
from checks.pod_security.levels import NEWEST, Level
from checks.pod_security.standard import controls_at
from checks.registry import all_checks

FRAMEWORKS = {framework.id: framework for framework in load(framework_ids())}
SECTIONS = {"1": (47, 13), "2": (6, 1), "3": (0, 5), "4": (11, 14), "5": (0, 34)}


def test_known_frameworks() -> None:
    assert {"cis-kubernetes-1.12.0", "cis-kubernetes-2.0.1"} <= set(framework_ids())


@pytest.mark.parametrize(
    ("id_", "levels"), [("cis-kubernetes-1.12.0", (117, 14)), ("cis-kubernetes-2.0.1", (116, 15))]
)
def test_cis_totals_are_the_published_ones(id_: str, levels: tuple[int, int]) -> None:
    requirements = FRAMEWORKS[id_].requirements
    assert Counter(item.level for item in requirements) == {1: levels[0], 2: levels[1]}
    for section, (automated, manual) in SECTIONS.items():
        counted = Counter(item.assessment for item in requirements if item.id.partition(".")[0] == section)
        assert (counted["automated"], counted["manual"]) == (automated, manual)


def test_versions_differ_only_where_the_benchmark_does() -> None:
    old, new = (FRAMEWORKS[f"cis-kubernetes-{version}"] for version in ("1.12.0", "2.0.1"))
    assert [a.id for a, b in zip(old.requirements, new.requirements, strict=True) if a != b] == ["5.2.9"]


@pytest.mark.parametrize("id_", framework_ids())
def test_every_requirement_is_spoken_for(id_: str) -> None:
    for requirement in FRAMEWORKS[id_].requirements:
        assert requirement.checks or requirement.rest
        assert requirement.title
        if requirement.rest:
            assert requirement.rest.status in {Status.MANUAL, Status.NOT_EVALUATED}
            assert len(requirement.rest.reason) > 20


def test_unknown_framework_names_the_known_ones() -> None:
    with pytest.raises(FrameworkError) as caught:
        load(["cis-kubernetes-9"])
    assert "cis-kubernetes-9" in caught.value.message
    assert "cis-kubernetes-2.0.1" in caught.value.next_step


def test_load_keeps_the_order_and_drops_repetitions() -> None:
    ids = ["cis-kubernetes-2.0.1", "cis-kubernetes-1.12.0", "cis-kubernetes-2.0.1"]
    assert [framework.id for framework in load(ids)] == ids[:2]


def rows(*requirements: dict[str, Any], rest: str = "manual") -> Rows:
    section = {
        "id": "1",
        "title": "One",
        "rest": {"status": rest, "reason": "ask"},
        "requirements": requirements,
    }
    return msgspec.convert({"sections": [section]}, Rows)


def overlay(total: int = 1, **more: Any) -> Overlay:
    return Overlay("made-up", "Made up", "1", "rows", total, **more)


KNOWN = [check.id for check in all_checks()]
GOOD = {"id": "1.1", "title": "t"}


def test_rest_of_the_section_holds_where_there_are_no_checks() -> None:
    framework = assemble(
        overlay(2), rows(GOOD, {"id": "1.2", "title": "t", "checks": ["pod-privileged"]}), known=KNOWN
    )
    assert [bool(item.rest) for item in framework.requirements] == [True, False]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ((overlay(), rows({**GOOD, "checks": ["no-such-check"]})), "no-such-check"),
        ((overlay(2), rows(GOOD, GOOD)), "1.1"),
        ((overlay(3), rows(GOOD)), "must have 3"),
        ((overlay(levels={"7.7": 2}), rows(GOOD)), "7.7"),
        ((overlay(), rows(GOOD, rest="pass")), "rest"),
    ],
)
def test_wrong_data_is_refused(bad: tuple[Overlay, Rows], says: str) -> None:
    with pytest.raises(FrameworkError, match=says):
        assemble(*bad, known=KNOWN)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"sections: [", "rows/x.yaml"),
        (b"sections: []\nsurprise: 1", "surprise"),
        (b"sections: [{id: '1', title: t, requirements: [{id: 1.1, title: t}]}]", r"sections\[0\]"),
        (b"sections: [{id: '1', title: t, rest: {status: soon, reason: r}, requirements: []}]", "soon"),
    ],
)
def test_wrong_files_are_refused_with_the_place(text: bytes, says: str) -> None:
    with pytest.raises(FrameworkError, match=says):
        parse(text, Rows, "rows/x.yaml")


@pytest.mark.parametrize("id_", framework_ids())
def test_every_requirement_is_listed_under_its_section(id_: str) -> None:
    for requirement in FRAMEWORKS[id_].requirements:
        number, _, title = requirement.section.partition(" ")
        assert requirement.id.startswith(f"{number}.") or not id_.startswith("cis-")
        assert title


def test_pod_security_requirements_are_the_controls_that_each_level_asks_now() -> None:
    for level in (Level.BASELINE, Level.RESTRICTED):
        asked = {control for control, _ in controls_at(level, NEWEST)}
        assert {each.id for each in FRAMEWORKS[f"pod-security-{level}"].requirements} == asked
