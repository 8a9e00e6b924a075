"""What an audit log adds to a review: tables, verdict, data, a sheet, and what it cannot say."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import yaml
from jsonschema import validate

from bot.answer import Answer, Table, to_json
from bot.commands.questions import answer
from bot.commands.review import Review
from bot.commands.review_sheet import sheet
from bot.published import schemas
from tests.checks.access.rbac_objects import Doc, binding, role, rule
from tests.checks.access.usage.logs import policy, used
from tests.harness.fixture_snapshot import MOMENT, snapshot_of

DOCS = (
    {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "shop", "namespace": "web"}},
    role("reader", rule("get list", "core", "pods secrets")),
    binding("shop", "reader", "sa:web/shop", namespace="web", kind="ClusterRole"),
    binding("shop", "reader", "sa:web/shop", "user:alice", namespace="ci", kind="ClusterRole"),
)
LOG = used("get secrets web tls", "get secrets web tls", "list pods web")


def reviewed(*docs: Doc, command: Review | None = None) -> Answer:
    return answer("prod", command or Review(), snapshot_of(*DOCS, *docs), MOMENT + timedelta(seconds=7))


def table(found: Answer, title: str) -> Table:
    return next(each for each in found.tables if each.title == title)


def test_without_a_log_the_review_says_how_to_give_one() -> None:
    found = reviewed()
    assert any("--audit-log" in each for each in found.caveats)
    assert "used" not in found.extra
    assert "Seen used" not in table(found, "Privileged by what people granted").columns


def test_with_a_log_it_has_what_was_used_and_what_would_have_been_enough() -> None:
    found = reviewed(LOG, policy())
    period = "In 30 days of the audit log (2026-10-01 to 2026-10-31)"
    said = f"{period} 2 of 3 grants were not used at all; 2 subjects could hold less."
    assert found.verdict.endswith(said)
    given = table(found, "What was used of what was given")
    assert ("ServiceAccount web/shop", "all of it") in {(each[0], each[3]) for each in given.rows}
    enough = table(found, "What would have been enough")
    assert [each[0] for each in enough.rows] == ["ServiceAccount web/shop", "User alice"]
    assert not any("--audit-log" in each or "--evidence" in each for each in found.caveats)


def test_whether_a_privilege_was_seen_to_be_used() -> None:
    people = table(reviewed(LOG, policy()), "Privileged by what people granted")
    seen = {each[0]: each[-1] for each in people.rows}
    assert people.columns[-1] == "Seen used"
    assert seen["ServiceAccount web/shop"].startswith("1 of ")
    assert seen["User alice"].startswith("0 of ")


def test_it_validates_and_its_files_can_be_applied() -> None:
    found = reviewed(LOG, policy())
    document = msgspec.json.decode(msgspec.json.encode(to_json(found)))
    validate(document, schemas()["review"])
    assert document["audit_log"]["policy"] is True
    (mine,) = [each for each in document["enough"] if each["subject"]["kind"] == "ServiceAccount"]
    assert not list(yaml.safe_load_all(mine["yaml"]))
    assert [each.partition(" --type")[0] for each in mine["commands"]] == [
        "kubectl patch rolebinding shop -n ci"
    ]
    assert document["bindings_after"].endswith("# Then: kubectl delete rolebinding shop -n ci\n")
    rights = [each for one in document["privileged"] for each in one["rights"]]
    assert {each["used"] for each in rights} == {2, 0}


def test_in_one_namespace_it_is_about_that() -> None:
    found = reviewed(LOG, policy(), command=Review("ci"))
    assert {each.binding.namespace for each in found.extra["used"]} >= {"ci"}
    assert "2 of 2 grants" in found.verdict
    assert "0 of 0" in reviewed(LOG, policy(), command=Review("empty")).verdict


def test_the_sheet_has_what_is_more_than_was_used() -> None:
    rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(sheet(reviewed(LOG, policy())))))
    more = [each for each in rows if each["finding"] == "more than was used"]
    assert {(each["subject"], each["binding"]) for each in more} == {
        ("shop", "RoleBinding ci/shop"),
        ("alice", "RoleBinding ci/shop"),
    }
    assert all(None not in each and None not in each.values() for each in rows)
    assert {each["seen used"] for each in more} == {"0 times"}


@pytest.mark.parametrize(
    ("docs", "words"),
    [
        ((used("list pods web"),), "audit policy was not given"),
        ((used("list pods web", hours=20), policy()), "less than a week"),
        ((used("list pods web", broken=3), policy()), "3 lines of the audit log could not be read"),
        ((used("list pods web", strangers=7), policy()), "7 requests were by more users"),
        (
            (used("create subjectaccessreviews.authorization.k8s.io"), policy()),
            "asked the API server about rights of others",
        ),
        ((used("delete pods web x"), policy()), "1 request that the log has as allowed would be refused"),
    ],
    ids=["policy", "short", "broken", "strangers", "reviews", "disagreement"],
)
def test_what_the_log_cannot_say_is_said(docs: tuple[Doc, ...], words: str) -> None:
    assert any(words in each for each in reviewed(*docs).caveats)


def test_why_there_is_no_proposal_is_said() -> None:
    found = reviewed(
        role("all", rule("*", "*", "*")),
        binding("all", "all", "sa:web/shop"),
        used("create rolebindings.rbac.authorization.k8s.io web"),
        policy(),
    )
    rows = table(found, "What would have been enough").rows
    assert any("hands out rights" in each[2] for each in rows)


def test_what_is_too_new_is_not_called_unused() -> None:
    young = binding("new", "reader", "sa:web/new", creationTimestamp="2026-10-30T00:00:00Z")
    given = table(reviewed(young, LOG, policy()), "What was used of what was given")
    assert {each[3] for each in given.rows if each[0] == "ServiceAccount web/new"} == {"too new to say"}
