"""The review against the judge: each right that it claims, and what narrower roles keep, is asked of a real
API server by SubjectAccessReview."""

from __future__ import annotations

from random import Random

import pytest
import yaml

from checks.access.matching import Request
from checks.access.review.holders import holders
from checks.access.review.narrower import narrower
from checks.access.review.narrower.proposal import manifests
from checks.model import Subject
from tests.checks.access.escalation.test_oracle import a_world, identity, loaded
from tests.checks.access.escalation.ways_of import account, namespace, who
from tests.checks.access.rbac_objects import Doc, binding, role, rule
from tests.harness.api_server import ApiServer

pytestmark = pytest.mark.kubernetes
SPACE = "ways-a"


def allowed(server: ApiServer, subject: Subject, request: Request) -> bool:
    """What the API server says; `some namespace` is asked about as one of the world's."""
    meant = identity(subject)
    assert meant is not None
    user, groups = meant
    return server.api.sar(
        user,
        groups,
        request.verb,
        request.resource,
        group=request.group,
        subresource=request.subresource,
        namespace=SPACE if request.namespace is None else request.namespace,
        name=request.name or "",
    )


@pytest.mark.parametrize("seed", range(6))
def test_every_right_that_is_claimed_is_allowed(api_server: ApiServer, seed: int) -> None:
    asked = 0
    with loaded(api_server, a_world(Random(300 + seed))) as snapshot:
        for holder in holders(snapshot):
            for right in holder.rights if not holder.own else ():
                for request in {hold.permission().request for hold in right.holds}:
                    asked += 1
                    assert allowed(api_server, holder.subject, request), (str(holder.subject), request)
    assert asked > 15


WIDE: tuple[Doc, ...] = (
    namespace(SPACE, "baseline"),
    account(f"{SPACE}/x"),
    role("ways-stars", rule("*", "apps", "*"), rule("get list", "*", "pods")),
    binding("ways-stars", "ways-stars", f"sa:{SPACE}/x"),
    role("ways-secrets", rule("*", "core", "secrets configmaps"), namespace=SPACE),
    binding("ways-secrets", "ways-secrets", f"sa:{SPACE}/x", namespace=SPACE),
    {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "ways-one", "namespace": SPACE},
        "stringData": {"key": "nothing"},
    },
)
KEPT = (
    Request("delete", "deployments", "apps", "", "", SPACE),
    Request("update", "deployments", "apps", "scale", "", "default"),
    Request("get", "pods", "", "", "", "default"),
    Request("create", "configmaps", "", "", "", SPACE),
    Request("get", "secrets", "", "", "ways-one", SPACE),
    Request("create", "secrets", "", "", "", SPACE),
)
LOST = (Request("list", "secrets", "", "", "", SPACE), Request("get", "secrets", "", "", "ways-two", SPACE))


def test_narrower_roles_are_taken_and_keep_what_they_say(api_server: ApiServer) -> None:
    subject = who(f"sa:{SPACE}/x")
    with loaded(api_server, list(WIDE)) as snapshot:
        found = manifests(
            each for each in narrower(snapshot) if each.target.name in ("ways-stars", "ways-secrets")
        )
        assert len(found) == 2
        asked = (*KEPT, *LOST)
        assert [allowed(api_server, subject, each) for each in asked] == [True] * len(asked)
        for text in found.values():
            api_server.api.apply(yaml.safe_load(text))
        assert [allowed(api_server, subject, each) for each in KEPT] == [True] * len(KEPT)
        assert [allowed(api_server, subject, each) for each in LOST] == [False, False]
