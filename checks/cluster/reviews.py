"""The API server's own decisions about others, by SubjectAccessReview: what an answer is verified with."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from checks.cluster.connect import Api, Limits, Review, open_api
from checks.cluster.parallel import in_parallel
from checks.cluster.targets import InCluster, LiveCluster


class Asked(Struct, frozen=True):
    """One question: may this user, in these groups, do this (`attributes` as the API has them)."""

    user: str
    groups: tuple[str, ...]
    attributes: dict[str, dict[str, str]]


_MAY_ASK = {"verb": "create", "group": "authorization.k8s.io", "resource": "subjectaccessreviews"}


def decisions(target: LiveCluster | InCluster, asked: Sequence[Asked]) -> tuple[Review | None, ...]:
    """The decision on each question, in their order; None where time ran out.

    Raises ClusterError: Forbidden without the right to create subjectaccessreviews.
    """
    with open_api(target) as api:
        return _decided(api, asked)


def quick_decisions(
    target: LiveCluster | InCluster, asked: Sequence[Asked], seconds: float
) -> tuple[Review | None, ...]:
    """The decisions that can be had in so many seconds; none without the right to ask, which is asked about
    first. Raises ClusterError."""
    with open_api(target, Limits(total=seconds)) as api:
        return _decided(api, asked) if api.review_own(_MAY_ASK).allowed else (None,) * len(asked)


def _decided(api: Api, asked: Sequence[Asked]) -> tuple[Review | None, ...]:
    def ask(place: tuple[int, Asked]) -> Review:
        _, each = place
        return api.review_of(each.user, each.groups, each.attributes)

    found = {number: review for (number, _), review in in_parallel(api, list(enumerate(asked)), ask)}
    return tuple(found.get(number) for number in range(len(asked)))
