"""The access engine against the judge: the same questions to both, and no difference (rule 39).

Worlds of roles and bindings go into the API server and are read back as any cluster is. Each request is asked
of the API server, by SubjectAccessReview, for everybody there is, so that a set of holders is compared whole:
nobody who may is missing in it, and nobody who may not is in it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random

import msgspec
import pytest
import yaml
from msgspec import Struct
from msgspec.structs import replace

from checks.access.engine import Grants, decide, who_can
from checks.access.index import RBAC_KINDS, index
from checks.access.matching import Request
from checks.access.subjects import groups_of, identities, user
from checks.cluster import objects as o
from checks.cluster.manifests import read_manifests
from checks.cluster.snapshot import Snapshot
from checks.cluster.source import LiveCluster, take_snapshot
from tests.checks.access.rbac_objects import Doc
from tests.checks.access.worlds import UNIVERSE, Identity, a_request, a_world, filled, shrunk
from tests.harness.api_server import ApiServer
from tests.harness.fixture_snapshot import MOMENT

QUESTIONS = int(os.environ.get("QUARTERDECK_ORACLE_QUESTIONS", "12000"))
"""Enough for a change to be caught; docs/access.md says when 50,000 were asked, and what came out."""
WORLDS = 6
THREADS = 4
_SHARED = ("Namespace", "CustomResourceDefinition")


class Wrong(Struct, frozen=True):
    """A question on which the two do not agree."""

    who: Identity
    request: Request
    truth: bool
    said: str


@contextmanager
def loaded(server: ApiServer, docs: list[Doc]) -> Iterator[Snapshot]:
    """The world in the API server, read back as a snapshot; gone afterwards."""
    server.api.apply(*docs)
    try:
        yield take_snapshot(LiveCluster(server.kubeconfig), progress=lambda *_: None, kinds=RBAC_KINDS)
    finally:
        server.api.delete(*docs)


def sar(server: ApiServer, who: Identity, request: Request) -> bool:
    """The API server's own answer."""
    return server.api.sar(
        who.user,
        who.groups,
        request.verb,
        request.resource,
        group=request.group,
        subresource=request.subresource,
        namespace=request.namespace or "",
        name=request.name or "",
        path=request.path,
    )


def reaches(grants: Grants, who: Identity, request: Request) -> bool:
    """Whether an answer about all scopes includes that of the request."""
    names = identities(who.user, who.groups)
    return any(
        holder.scope == "cluster" or request.namespace in holder.scope
        for holder in grants.holders
        if holder.subject in names
    )


def answers(snapshot: Snapshot, request: Request) -> dict[Identity, dict[str, bool]]:
    """What each way of asking the engine says, for everybody."""
    there, anywhere = who_can(snapshot, request), who_can(snapshot, replace(request, namespace=None))
    assert there.complete
    return {
        who: {
            "who can": there.allowed(who.user, who.groups),
            "who can, where": reaches(anywhere, who, request),
        }
        for who in UNIVERSE
    }


def wrong(server: ApiServer, snapshot: Snapshot, request: Request) -> tuple[list[Wrong], int]:
    """The disagreements about one request, and how many are allowed it."""
    found, allowed = [], 0
    for who, said in answers(snapshot, request).items():
        truth = sar(server, who, request)
        allowed += truth
        if {group.name for group in groups_of(user(who.user))} <= set(who.groups):
            said = said | {"can": decide(snapshot, user(who.user), request, who.groups).allowed}  # noqa: PLW2901
        if any(each is not truth for each in said.values()):
            found.append(Wrong(who, request, truth, str(said)))
    return found, allowed


def smallest(server: ApiServer, docs: list[Doc], first: Wrong) -> str:
    """The objects that a disagreement takes, as YAML."""
    shared = [doc for doc in docs if doc["kind"] in _SHARED]

    def still_wrong(fewer: list[Doc]) -> bool:
        with loaded(server, [*shared, *fewer]) as snapshot:
            return bool(wrong(server, snapshot, first.request)[0])

    kept = shrunk([doc for doc in docs if doc["kind"] not in _SHARED], still_wrong)
    return f"{first}\n{yaml.safe_dump_all(kept)}"


@pytest.mark.parametrize("seed", range(1, WORLDS + 1))
def test_rule_39_who_can_is_what_the_api_server_decides(api_server: ApiServer, seed: int) -> None:
    random = Random(seed)
    docs = filled(a_world(random))
    requests = [a_request(random) for _ in range(QUESTIONS // WORLDS // len(UNIVERSE) + 1)]
    with loaded(api_server, docs) as snapshot, ThreadPoolExecutor(THREADS) as pool:
        index(snapshot)
        results = list(pool.map(lambda request: wrong(api_server, snapshot, request), requests))
    disagreements = [each for found, _ in results for each in found]
    assert not disagreements, smallest(api_server, docs, disagreements[0])
    allowed = sum(count for _, count in results) / (len(requests) * len(UNIVERSE))
    assert 0.1 < allowed < 0.85, "the world is too generous or too mean to tell"


@pytest.mark.parametrize("seed", range(1, 6))
def test_files_gather_roles_as_the_controller_does(tmp_path: Path, seed: int) -> None:
    docs = a_world(Random(seed))
    (tmp_path / "world.yaml").write_text("\n---\n".join(json.dumps(doc) for doc in docs))
    roles = index(read_manifests(tmp_path, version=None, now=MOMENT)).roles
    for doc in filled(docs):
        if doc["kind"] == "ClusterRole":
            rules = roles["ClusterRole", "", doc["metadata"]["name"]].rules or ()
            assert set(rules) == set(msgspec.convert(doc["rules"], tuple[o.PolicyRule, ...]))


def test_a_disagreement_is_shrunk_to_what_it_takes() -> None:
    docs: list[Doc] = [{"name": number} for number in range(37)]
    needed = [{"name": 5}, {"name": 23}]
    assert shrunk(docs, lambda fewer: all(each in fewer for each in needed)) == needed
