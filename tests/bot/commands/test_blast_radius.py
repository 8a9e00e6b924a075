"""`blast-radius`: the verdict for whoever is on call, and everything that it rests on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from jsonschema import validate

from bot.answer import Answer, to_json
from bot.commands.blast_radius import BlastRadius
from bot.commands.questions import answer
from bot.errors import CommandError
from bot.published import schemas
from tests.checks.access.escalation.ways_of import account, namespace, pod
from tests.checks.access.rbac_objects import Doc, binding, role, rule
from tests.checks.network.network_objects import policy
from tests.harness.fixture_snapshot import MOMENT, snapshot_of

EVERYTHING = role("cluster-admin", rule("*", "*", "*"), rule("*", urls="*"))
PRIVILEGED: dict[str, Any] = {
    "containers": [{"name": "app", "image": "x", "securityContext": {"privileged": True}}]
}
SPACES = (namespace("web"), namespace("data"), account("web/shop"), account("data/db"))


def asked(name: str, *docs: Doc, kind: str = "", **options: Any) -> Answer:
    snapshot = snapshot_of(*docs, **options)
    given = answer("prod", BlastRadius(name, kind), snapshot, MOMENT + timedelta(seconds=7))
    validate(msgspec.json.decode(msgspec.json.encode(to_json(given))), schemas()["blast-radius"])
    return given


def table(given: Answer, title: str) -> dict[str, str]:
    (found,) = (each for each in given.tables if each.title == title)
    return {row[0]: row[1] for row in found.rows}


def deployment(name: str, **spec: Any) -> Doc:
    containers = [{"name": "app", "image": "x"}]
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": containers, **spec}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "web", "uid": f"u-{name}"},
        "spec": {"replicas": 1, "template": template},
    }


def test_an_account_that_holds_everything_is_the_cluster() -> None:
    given = asked(
        "web/a", *SPACES, EVERYTHING, pod("web/a", "shop"), binding("b", "cluster-admin", "sa:web/shop")
    )
    assert given.verdict.startswith(
        "prod: whoever is inside Pod web/a has the whole cluster: ServiceAccount web/shop holds everything. "
        "Removing ClusterRoleBinding b ends it."
    )
    assert given.extra["cut"].verified is True


def test_a_way_is_told_by_its_first_step() -> None:
    docs = (
        *SPACES,
        EVERYTHING,
        role("mint", rule("create", "core", "serviceaccounts/token", names="db")),
        binding("mint", "mint", "sa:web/shop", namespace="data", kind="ClusterRole"),
        binding("b", "cluster-admin", "sa:data/db"),
    )
    given = asked("web/a", *docs, pod("web/a", "shop"), kind="pod")
    assert "has the whole cluster in 1 step: create a token as ServiceAccount web/shop" in given.verdict
    assert "Removing RoleBinding data/mint ends it." in given.verdict
    silent = pod("web/a", "shop", automountServiceAccountToken=False)
    contained = asked("web/a", *docs, silent)
    assert "is contained: no token that is worth anything" in contained.verdict
    assert table(contained, "At a glance")["Its token"] == "none"


def test_a_privileged_pod_is_its_node_and_the_accounts_there() -> None:
    docs = (*SPACES, pod("web/a", "shop", **PRIVILEGED), pod("data/db-0", "db"))
    given = asked("web/a", *docs)
    assert "has its node (container app is privileged) and can become 1 other." in given.verdict
    assert table(given, "Whom it can become")["ServiceAccount data/db"] == "1"
    assert [fact.path for fact in given.evidence] == ["spec.containers[0].securityContext.privileged"]


def test_what_it_was_given_and_whom_it_may_talk_to() -> None:
    spec: dict[str, Any] = {
        "containers": [
            {
                "name": "app",
                "image": "x",
                "env": [{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "key", "key": "k"}}}],
                "envFrom": [{"configMapRef": {"name": "settings"}}],
            }
        ],
        "volumes": [
            {"name": "s", "secret": {"secretName": "certificate"}},
            {"name": "c", "persistentVolumeClaim": {"claimName": "data"}},
        ],
    }
    closed = policy("closed", types="Egress")
    given = asked("web/a", *SPACES, pod("web/a", **spec), pod("data/db-0", "db"))
    (found,) = (each for each in given.tables if each.title == "What it was given")
    assert set(found.rows) == {
        ("Secret", "key", "in the environment"),
        ("Secret", "certificate", "as files"),
        ("ConfigMap", "settings", "in the environment"),
        ("PersistentVolumeClaim", "data", "as files"),
    }
    assert "Inside lie 2 secrets; it may talk to 3 of 3 others, the Internet among them." in given.verdict
    shut = asked("web/a", *SPACES, pod("web/a", **spec), pod("data/db-0", "db"), closed)
    assert "it may talk to 0 of 3 others, not the Internet." in shut.verdict


def test_a_workload_without_pods_is_judged_by_its_template() -> None:
    given = asked("web/shop", *SPACES, deployment("shop", serviceAccountName="shop", hostPID=True))
    assert given.extra["target"].kind == "Deployment"
    assert table(given, "At a glance")["Holds on it"] == "hostPID"
    assert given.verdict.startswith("prod: whoever is inside Deployment web/shop is contained")


def test_the_rights_of_the_account_are_listed_once() -> None:
    docs = (
        *SPACES,
        pod("web/a", "shop"),
        role("read", rule("get list", "core apps", "pods deployments", names="x")),
        *(binding(f"b-{n}", "read", "sa:web/shop", namespace="web", kind="ClusterRole") for n in range(2)),
    )
    given = asked("web/a", *docs)
    (found,) = (each for each in given.tables if each.title == "Rights")
    assert len(found.rows) == len(set(found.rows)) == 4
    assert "has what ServiceAccount web/shop may do, which leads to nobody else." in given.verdict


def test_an_identity_in_the_cloud_is_named() -> None:
    marked = account("web/shop")
    marked["metadata"]["annotations"] = {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/shop"}
    given = asked("web/a", namespace("web"), marked, pod("web/a", "shop"))
    assert table(given, "At a glance")["Cloud identity"] == "AWS IAM role arn:aws:iam::1:role/shop"


def test_what_was_not_read_is_said() -> None:
    given = asked(
        "web/a", *SPACES, pod("web/a"), missing={"NetworkPolicy": "forbidden", "Secret": "forbidden"}
    )
    assert given.verdict.startswith("prod: Not complete, because Secret, NetworkPolicy could not be read.")
    assert given.extra["incomplete"] is True


@pytest.mark.parametrize(
    ("name", "kind", "message", "hint"),
    [
        ("web", "", "“web” names no pod.", "Write NAMESPACE/NAME"),
        ("web/shp", "", "There is no pod or workload web/shp that runs.", "Did you mean web/shop?"),
        ("web/shop", "daemonset", "There is no daemonset web/shop that runs.", "Did you mean web/shop?"),
        ("web/done", "pod", "There is no pod web/done that runs.", "Did you mean web/done?"),
    ],
)
def test_what_there_is_not(name: str, kind: str, message: str, hint: str) -> None:
    done = pod("web/done") | {"status": {"phase": "Succeeded"}}
    with pytest.raises(CommandError) as caught:
        asked(name, *SPACES, deployment("shop"), done, kind=kind)
    assert caught.value.message == message
    assert caught.value.next_step.startswith(hint)
