"""Covering against the judge: a real API server lets only those write a role whose own rights cover it."""

from __future__ import annotations

from random import Random

import msgspec

from checks.access.engine import subject_rules
from checks.access.index import RBAC_KINDS
from checks.access.matching import Request, allows, covers
from checks.access.subjects import user
from checks.cluster import objects as o
from checks.cluster.source import LiveCluster, take_snapshot
from tests.checks.access.rbac_objects import Doc, binding, role, rule
from tests.harness.api_server import ApiServer
from tests.harness.kubernetes_api import Api, ApiError

PATH = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
WRITE = rule("create", "rbac.authorization.k8s.io", "clusterroles")
ESCALATE = Request("escalate", "clusterroles", "rbac.authorization.k8s.io", namespace="")
TRIES = 40


def some(random: Random, values: tuple[str, ...], most: int) -> list[str]:
    return random.sample(values, random.randint(1, min(most, len(values))))


def a_rule(random: Random, most: int) -> Doc:
    verbs = some(random, ("get", "list", "create", "*"), most)
    if random.random() < 0.25:
        return {"verbs": verbs, "nonResourceURLs": some(random, ("/foo", "/foo/*", "/foo/bar*", "*"), most)}
    resources = ("pods", "pods/log", "*/log", "pods/*", "*", "deployments/scale", "*/scale")
    made: Doc = {
        "verbs": verbs,
        "apiGroups": some(random, ("", "apps", "*"), most),
        "resources": some(random, resources, most),
    }
    if random.random() < 0.3:
        made["resourceNames"] = some(random, ("a", "b", "*"), most)
    return made


def may_write(api: Api, rules: list[Doc]) -> bool:
    try:
        api.request("POST", PATH, role("oracle-wanted", *rules), query={"dryRun": "All"})
    except ApiError as error:
        if error.status != 403:
            raise
        return False
    return True


def test_rule_33_nobody_writes_a_role_beyond_their_own_without_escalate(api_server: ApiServer) -> None:
    random = Random(11)
    writer = api_server.api_as("nobody")
    answers = []
    for number in range(8):
        owned = [a_rule(random, 4) for _ in range(random.randint(2, 5))]
        name = f"oracle-owned-{number}"
        docs = (role(name, WRITE, *owned), binding(name, name, "user:nobody"))
        api_server.api.apply(*docs)
        try:
            snapshot = take_snapshot(
                LiveCluster(api_server.kubeconfig), progress=lambda *_: None, kinds=RBAC_KINDS
            )
            mine = [held.rule for held in subject_rules(snapshot, user("nobody")) if held.namespace is None]
            escalates = any(allows(each, ESCALATE) for each in mine)
            for _ in range(TRIES):
                wanted = [a_rule(random, 1) for _ in range(random.randint(1, 2))]
                truth = may_write(writer, wanted)
                answers.append(truth)
                said = escalates or covers(mine, msgspec.convert(wanted, list[o.PolicyRule]))
                assert said is truth, (owned, wanted)
        finally:
            api_server.api.delete(*docs)
    assert len(answers) * 0.1 < sum(answers) < len(answers) * 0.9
