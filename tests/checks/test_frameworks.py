"""Framework data: complete, true to the published totals, and refused when it is wrong."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml

from checks import frameworks
from checks.derive import framework_result
from checks.frameworks import FrameworkError, framework_ids, load
from checks.frameworks.loading import assemble, parse
from checks.frameworks.written import Overlay, Rows, framework_schema, rows_schema
from checks.model import Status, Theme
from checks.pod_security.levels import NEWEST, Level
from checks.pod_security.standard import controls_at
from checks.registry import all_checks

FOLDER = Path(frameworks.__file__).parent
FRAMEWORKS = {framework.id: framework for framework in load(framework_ids())}
SECTIONS = {"1": (47, 13), "2": (6, 1), "3": (0, 5), "4": (11, 14), "5": (0, 34)}


TOTALS = {  # all, automated
    "cis-eks-1.8.0": (50, 27),
    "cis-gke-1.9.0": (57, 37),
    "cis-aks-1.8.0": (51, 16),
    "nsa-cisa-1.2": (41, 35),
    "nist-800-53-r5": (19, 0),
    "pci-dss-4.0.1": (18, 0),
    "iso-27001-2022": (15, 0),
    "soc2": (10, 0),
}
MAPPINGS = ("nist-800-53-r5", "pci-dss-4.0.1", "iso-27001-2022", "soc2")
IN_NO_BENCHMARK = {
    "audit-events-lost": "operation: benchmarks ask for a log, not whether all of it is written",
    "container-no-liveness-probe": "availability: no benchmark asks for probes",
    "container-no-readiness-probe": "availability: no benchmark asks for probes",
    "encryption-kms-failing": "operation: benchmarks ask for a key service, not whether it works",
    "secret-sync-failed": "operation: benchmarks ask for a store, not whether it works",
    "workload-bare-pod": "availability: no benchmark asks for an owner",
}
"""Checks of ours that no benchmark asks for, and why they are there all the same."""
TELL_TALES = ("ensure that", "minimize", "minimise the admission", "should not be used", "is set to true")
"""What the titles of CIS begin with or are full of, and ours never."""


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


@pytest.mark.parametrize("id_", TOTALS)
def test_totals_are_the_published_ones(id_: str) -> None:
    counted = Counter(item.assessment for item in FRAMEWORKS[id_].requirements)
    assert (counted.total(), counted["automated"]) == TOTALS[id_]


@pytest.mark.parametrize("id_", framework_ids())
def test_files_obey_their_published_schemas(id_: str) -> None:
    own = yaml.safe_load((FOLDER / f"{id_}.yaml").read_text("utf-8"))
    jsonschema.validate(own, framework_schema())
    jsonschema.validate(
        yaml.safe_load((FOLDER / "rows" / f"{own['rows']}.yaml").read_text("utf-8")), rows_schema()
    )
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**own, "surprise": 1}, framework_schema())


def test_every_check_is_asked_for_by_a_benchmark_or_says_why_not() -> None:
    asked = {
        check
        for framework in FRAMEWORKS.values()
        if not framework.indicative
        for requirement in framework.requirements
        for check in requirement.checks
    }
    assert set(KNOWN) - asked == set(IN_NO_BENCHMARK)


def test_titles_and_reasons_are_our_own_words() -> None:
    for framework in FRAMEWORKS.values():
        for item in framework.requirements:
            text = f"{item.title} {item.rest.reason if item.rest else ''} {item.why}".lower()
            assert not [phrase for phrase in TELL_TALES if phrase in text], (framework.id, item.id)
            assert "certified" not in text


@pytest.mark.parametrize("id_", MAPPINGS)
def test_mappings_are_indicative_short_and_reasoned(id_: str) -> None:
    framework = FRAMEWORKS[id_]
    assert framework.indicative
    themes = Counter(theme for item in framework.requirements for theme in item.themes)
    assert set(themes) == set(Theme) - {Theme.OWN}
    assert max(themes.values()) <= 3, "at most three requirements a theme"
    for item in framework.requirements:
        assert item.why.endswith(".")
        assert item.rest, "checks alone never decide"
        assert set(item.checks) == {check for check, theme in KNOWN.items() if theme in item.themes}


@pytest.mark.parametrize("id_", framework_ids())
def test_only_cis_and_pod_security_have_levels(id_: str) -> None:
    levels = {item.level for item in FRAMEWORKS[id_].requirements}
    assert levels <= ({1, 2} if id_.startswith(("cis-kubernetes", "pod-security")) else {None})


def test_a_benchmark_for_another_provider_does_not_apply_and_says_so() -> None:
    for id_, provider in (("cis-eks-1.8.0", "kind"), ("cis-gke-1.9.0", "aks")):
        framework = FRAMEWORKS[id_]
        found = framework_result(framework, {}, provider=provider, tallied={})
        assert found.counts[Status.NOT_APPLICABLE] == len(framework.requirements)
        assert all("is for" in (item.reason or "") for item in found.requirements)
        assert found.score
        assert found.score.value is None
        assert found.score.reason == found.requirements[0].reason


@pytest.mark.parametrize("provider", ["eks", ""])
def test_a_benchmark_is_judged_for_its_provider_and_where_nobody_can_tell(provider: str) -> None:
    found = framework_result(FRAMEWORKS["cis-eks-1.8.0"], {}, provider=provider, tallied={})
    assert not found.counts[Status.NOT_APPLICABLE]


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


KNOWN = {check.id: check.theme for check in all_checks()}
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
