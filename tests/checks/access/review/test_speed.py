"""A whole review of a large cluster, far worse than a cluster is, within seconds."""

from __future__ import annotations

import time
from random import Random

import pytest

from checks.access.review.holders import holders
from checks.access.review.narrower import narrower
from checks.access.review.narrower.proposal import manifests
from checks.access.review.since import standing
from checks.access.review.unused import unused
from tests.bench.escalation import large

pytestmark = pytest.mark.slow
GOAL_SECONDS = 10.0


def test_everything_that_a_review_looks_at() -> None:
    snapshot = large(Random(1))
    started = time.process_time()
    found = holders(snapshot)
    assert standing(snapshot, [each.subject for each in found])
    assert unused(snapshot)
    assert manifests(narrower(snapshot))
    took = time.process_time() - started
    assert len(found) > 3_000
    assert took < GOAL_SECONDS
