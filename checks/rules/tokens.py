"""Tokens of service accounts that a pod asks for itself, by a projected volume: how long and for whom."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster.snapshot import Snapshot
from checks.judge import Finding, Said, by_volume
from checks.model import Severity, Theme, Verdict
from checks.registry import check
from checks.workloads import POD_KINDS, PlacedVolume, Spec

THEME = Theme.ACCESS

_LONGEST = 24 * 60 * 60
"""A day, in seconds. What Kubernetes itself mounts lasts an hour and is renewed."""


@check(
    id="workload-long-lived-token",
    title="Projected token lives longer than a day",
    severity=Severity.MEDIUM,
    population=POD_KINDS,
    because="It takes a token that leaked, which then stays good for as long as this says.",
    rationale=(
        "The kubelet renews projected tokens long before they end, so a long life serves nobody but who has "
        "stolen one."
    ),
    remediation="Leave expirationSeconds out (an hour) or at the least below a day.",
    snippet="""\
volumes:
  - name: token
    projected:
      sources:
        - serviceAccountToken: {path: token, audience: vault, expirationSeconds: 3600}
""",
)
def long_lived(snapshot: Snapshot) -> Iterator[Verdict]:
    """`expirationSeconds` of every projected token; not set means an hour. The API server may have a shorter
    maximum, which a pod does not show."""
    return by_volume(snapshot, _long_lived)


def _long_lived(spec: Spec, placed: PlacedVolume) -> Said:
    projected = placed.volume.projected
    facts = tuple(
        spec.evidence(
            f"{placed.path}.projected.sources[{index}].serviceAccountToken.expirationSeconds",
            source.service_account_token.expiration_seconds,
            f"{_LONGEST} or less",
        )
        for index, source in enumerate((projected.sources if projected else None) or ())
        if source.service_account_token and (source.service_account_token.expiration_seconds or 0) > _LONGEST
    )
    if not facts:
        return None
    hours = max(int(fact.observed) for fact in facts) // 3600
    return Finding(f"A token in volume {placed.volume.name} lives {hours} hours.", facts)
