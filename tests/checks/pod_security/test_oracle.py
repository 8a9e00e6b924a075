"""The evaluator and the API server's own Pod Security admission agree, on 20,000 generated pods.

Every level and version is asked, for pods, for templates and for the ephemeral containers that a running pod
is given; what is compared is which controls are violated, not only whether any is. A disagreement is shrunk
and printed as a fixture: keep it in `kept/`, whose files are asked again in every run.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyFailure

from checks.cluster import objects as o
from checks.cluster.objects import wire
from checks.pod_security.levels import NEWEST, PREFIX, Level, effective
from checks.pod_security.standard import CONTROLS, evaluate
from checks.workloads import alone
from tests.checks.pod_security.oracle import REASONS, STANDING, Case, Oracle, Said, oracle
from tests.checks.pod_security.pods import pods
from tests.harness.api_server import ApiServer
from tests.harness.kubernetes_api import ApiError

Object = dict[str, Any]
WANTED = 20_000
BATCH = 50
HERE = Path(__file__).parent / "kept"

_LEVELS = st.sampled_from((Level.BASELINE, Level.RESTRICTED, Level.RESTRICTED))
_VERSIONS = st.sampled_from((None, None, None, *range(NEWEST + 1)))
CASES = st.one_of(
    *itertools.repeat(st.builds(Case, st.just("Pod"), pods("Pod"), _LEVELS, _VERSIONS), 6),
    st.builds(Case, st.just("PodTemplate"), pods("Pod"), _LEVELS, _VERSIONS),
    st.builds(
        Case, st.just("ephemeral"), pods("ephemeral"), _LEVELS, _VERSIONS, st.sampled_from(sorted(STANDING))
    ),
)


@pytest.fixture(scope="module")
def asked(api_server: ApiServer) -> Iterator[Oracle]:
    with oracle(api_server) as ready:
        yield ready


class Disagreement(Exception):
    """The two do not agree on some pod of a batch."""


def violated(kind: str, document: Object, level: Level, version: int | None) -> frozenset[str]:
    """What the evaluator says, in the API server's words for the controls."""
    if kind == "PodTemplate":
        held = wire.convert(document, o.PodTemplate)
        spec = alone(held, held.template.spec, held.template.metadata.annotations, "template.spec")
    else:
        pod = wire.convert(document, o.Pod)
        spec = alone(pod, pod.spec, pod.metadata.annotations)
    return frozenset(REASONS[control] for control in evaluate(level, effective(version, NEWEST), spec))


def disagreement(case: Case, said: Said) -> str:
    """The fixture of a disagreement, empty where there is none."""
    if said.reasons is None:
        return ""
    ours = violated(case.kind, said.stored, case.level, case.version)
    if ours == said.reasons:
        return ""
    fixture = {
        "kind": case.kind,
        "into": case.into,
        "level": str(case.level),
        "version": case.version,
        "pod": case.pod,
    }
    text = yaml.safe_dump(json.loads(json.dumps(fixture)), sort_keys=False)
    return f"# API server: {said.words}\n# Quarterdeck: {sorted(ours)}\n{text}"


@pytest.mark.slow
def test_evaluator_agrees_with_the_api_server_on_generated_pods(asked: Oracle) -> None:
    seen: Counter[str] = Counter()
    words: Counter[str] = Counter()
    smallest: list[str] = []

    @settings(
        max_examples=WANTED // BATCH + 90,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(CASES, min_size=BATCH, max_size=BATCH))
    def compare(cases: list[Case]) -> None:
        said = asked.ask(cases)
        wrong = [
            text for case, answer in zip(cases, said, strict=True) if (text := disagreement(case, answer))
        ]
        seen.update(case.kind for case, each in zip(cases, said, strict=True) if each.reasons is not None)
        words.update(reason for each in said for reason in each.reasons or ())
        words["invalid"] += sum(each.reasons is None for each in said)
        if wrong:
            smallest[:] = wrong
            raise Disagreement

    try:
        compare()
    except (Disagreement, FlakyFailure):
        pytest.fail(smallest[0], pytrace=False)
    assert seen.total() >= WANTED, f"only {seen} were valid, {words['invalid']} were not"
    assert set(REASONS.values()) <= set(words), f"some control was never violated: {words}"


def test_rule_60_a_violating_deployment_is_warned_about_and_its_pod_refused(
    api_server: ApiServer, namespace: str
) -> None:
    """What the answer to "what would break" says of controllers is what the API server does."""
    labels = {f"{PREFIX}enforce": "restricted"}
    labelled = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}}
    api_server.api.apply(labelled)
    spec = {"containers": [{"name": "app", "image": "shop:1"}]}
    app = {"matchLabels": {"app": "shop"}}
    template = {"metadata": {"labels": app["matchLabels"]}, "spec": spec}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "shop", "namespace": namespace},
        "spec": {"selector": app, "template": template},
    }
    (stored,) = api_server.api.apply(deployment, dry_run=True)
    assert stored["kind"] == "Deployment"
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "shop", "namespace": namespace}}
    with pytest.raises(ApiError, match="violates PodSecurity"):
        api_server.api.apply({**pod, "spec": spec}, dry_run=True)


def test_every_control_is_named_as_the_api_server_names_it() -> None:
    assert set(REASONS) == set(CONTROLS)


@pytest.mark.parametrize("path", sorted(HERE.glob("*.yaml")), ids=lambda path: path.stem)
def test_kept_pod_is_agreed_on(asked: Oracle, path: Path) -> None:
    kept = yaml.safe_load(path.read_text())
    case = Case(kept["kind"], kept["pod"], Level(kept["level"]), kept["version"], kept["into"])
    (said,) = asked.ask([case])
    assert said.reasons is not None, said.words
    assert not disagreement(case, said)
