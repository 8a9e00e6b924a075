"""`review`: the verdict, the tables, what kept runs tell, and what is said where something is not known."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import validate
from msgspec.structs import replace
from sqlalchemy import select, update

from bot.answer import Answer, Tone, to_json
from bot.commands.perform import perform
from bot.commands.questions import answer
from bot.commands.review import Review
from bot.commands.review_sheet import sheet
from bot.commands.scan import RunScan
from bot.grammar import understand
from bot.published import schemas
from bot.rights.roles import Asker
from checks.access.kept import rights_of, same_rights
from checks.cluster import objects as o
from checks.cluster.sample import read_sample
from checks.cluster.snapshot import Snapshot
from checks.cluster.snapshot_file import VERSION
from checks.cluster.source import Sample, take_snapshot
from reports.history.tables import rights, runs
from tests.bot.commands.desks import Clock, desk_in
from tests.checks.access.escalation.ways_of import account, namespace, pod
from tests.checks.access.rbac_objects import binding, role, rule
from tests.harness.fixture_snapshot import MOMENT, snapshot_of

HOUSE = Asker.of_the_house("test")
MADE = "2026-03-04T05:06:07Z"
DOCS = (
    namespace("ci"),
    namespace("web"),
    *(account(f"ci/{name}") for name in ("runner", "deployer")),
    pod("ci/runner-0", "runner"),
    role("cluster-admin", rule("*", "*", "*"), rule("*", urls="*")),
    role("pods", rule("create", "core", "pods"), rule("get", "core", "secrets", "tls")),
    role("reader", rule("list", "core", "secrets")),
    binding("deployer", "cluster-admin", "sa:ci/deployer", creationTimestamp=MADE),
    binding("runner", "pods", "sa:ci/runner", namespace="ci", kind="ClusterRole"),
    binding("team", "reader", "group:team", namespace="web", kind="ClusterRole"),
    binding("lost", "reader", "sa:ci/gone"),
    binding("waits", "velero", "user:velero"),
    role("stars", rule("*", "core", "configmaps")),
    binding("stars", "stars", "group:team"),
)


def asked(command: Review | None = None, *docs: Any, source: str = "cluster", **missing: str) -> Answer:
    snapshot = snapshot_of(*(docs or DOCS), missing=missing, source=source)
    given = answer("prod", command or Review(), snapshot, MOMENT + timedelta(seconds=7))
    assert given.cluster is not None
    return given


SAID = {
    "review": Review(),
    "review access": Review(),
    "Review": Review(),
    "review -n payments": Review("payments"),
    "review cluster=production": Review(cluster="production"),
    "access review": Review(),
    "access review of payments": Review("payments"),
    "access review for the namespace payments in production": Review("payments", "production"),
    "show me the access review": Review(),
    "review the access in payments": Review("payments"),
    "who is privileged": Review(),
    "Who is privileged in payments?": Review("payments"),
    "which service accounts are privileged": Review(),
    "who has privileged access": Review(),
    "list privileged users": Review(),
    "which bindings are unused": Review(),
    "which roles are too broad": Review(),
}


@pytest.mark.parametrize(("said", "meant"), SAID.items())
def test_how_it_can_be_asked(said: str, meant: Review) -> None:
    assert understand(said) == meant
    assert understand(meant.canonical) == meant


def test_the_verdict_stands_alone_and_the_worst_comes_first() -> None:
    given = asked()
    assert given.verdict == (
        "prod: 4 subjects are privileged by what people granted: 1 has cluster-admin, 1 is one step from it. "
        "2 bindings grant nothing, 1 rule or binding is wider than need be."
    )
    assert given.tone is Tone.BAD
    people, idle, wide, own = given.tables
    assert [row[:5] for row in people.rows] == [
        ("ServiceAccount ci/deployer", "critical", "has it", "do everything", "whole cluster"),
        ("ServiceAccount ci/runner", "critical", "1 step", "read secrets (only tls), start pods", "ci"),
        ("ServiceAccount ci/gone", "high", "none found", "read secrets", "whole cluster"),
        ("Group team", "medium", "none found", "read secrets", "web"),
    ]
    assert people.rows[0][5:] == ("ClusterRoleBinding deployer → ClusterRole cluster-admin", "2026-03-04")
    assert [row[:2] for row in idle.rows] == [
        ("ClusterRoleBinding lost", "service account does not exist: ServiceAccount ci/gone"),
        ("ClusterRoleBinding waits", "role does not exist"),
    ]
    assert [row[:2] for row in wide.rows] == [("ClusterRole stars rules[0]", "every verb")]
    assert [row[0] for row in own.rows] == ["Group system:masters"]
    sources = [fact.source for fact in given.evidence]
    assert (
        sources[0] == "ServiceAccount ci/deployer → ClusterRoleBinding deployer → ClusterRole cluster-admin"
    )
    assert given.evidence[-1].expected == (
        "get, list, watch, create, update, patch, delete, deletecollection configmaps"
    )


def test_without_a_run_since_when_is_not_known() -> None:
    given = asked()
    assert given.notes[0] == "Since when each has been held is not known: no earlier run."
    assert "Held since" not in given.tables[0].columns
    assert {right.seen for each in given.extra["privileged"] for right in each.rights} == {None}


def test_of_one_namespace_counts_what_holds_there() -> None:
    given = asked(Review("web"))
    assert [row[0] for row in given.tables[0].rows] == [
        "ServiceAccount ci/deployer",
        "ServiceAccount ci/gone",
        "Group team",
    ]
    assert given.verdict.startswith("prod: 3 subjects are privileged in web by what people granted")
    assert given.extra["unused"] == ()
    assert given.extra["narrower"] == ()
    assert [each.binding.name for each in asked(Review("ci")).extra["unused"]] == ["lost"]
    assert asked(Review("nowhere")).caveats[0] == "There is no namespace nowhere in the cluster now."


def test_of_several_namespaces_only_the_one_is_shown() -> None:
    docs = (
        role("reader", rule("list", "core", "secrets")),
        *(
            binding(space, "reader", "user:a", namespace=space, kind="ClusterRole")
            for space in ("web", "data")
        ),
    )
    (row,) = asked(Review("web"), *docs).tables[0].rows
    assert row[4:6] == ("web", "RoleBinding web/web → ClusterRole reader")


def test_different_rights_in_different_places_are_told_apart() -> None:
    docs = (
        role("all", rule("*", "*", "*")),
        role("reader", rule("list", "core", "secrets")),
        binding("a", "all", "user:alice", namespace="web", kind="ClusterRole"),
        binding("b", "reader", "user:alice"),
    )
    (row,) = asked(None, *docs).tables[0].rows
    assert row[3:5] == ("in whole cluster: read secrets; in web: do everything", "whole cluster")


def test_the_group_on_the_way_and_the_supplier_of_a_rule_are_named() -> None:
    gathers = role("gathers", rule("list", "core", "secrets")) | {
        "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"to": "it"}}]}
    }
    docs = (
        account("web/shop"),
        gathers,
        role("source", rule("list", "core", "secrets"), labels={"to": "it"}),
        role("pods", rule("create", "core", "pods")),
        binding("all", "gathers", "group:system:serviceaccounts:web"),
        binding("own", "pods", "sa:web/shop", namespace="web", kind="ClusterRole"),
    )
    given = asked(None, *docs)
    by_name = {each.subject.name: each for each in given.extra["privileged"]}
    (way,) = by_name["shop"].rights[0].ways
    assert way.through.name == "system:serviceaccounts:web"
    assert [[each.role for each in source] for source in way.sources] == [["source"]]
    rows = {row[0]: row for row in given.tables[0].rows}
    assert rows["ServiceAccount web/shop"][5].startswith("as Group system:serviceaccounts:web: ")
    assert "Group system:serviceaccounts:web (1 service account now)" in rows


def test_a_cut_is_never_silent() -> None:
    docs = [role("reader", rule("list", "core", "secrets"))]
    docs += [binding(f"b-{number}", "reader", f"user:u-{number:03}") for number in range(230)]
    given = asked(None, *docs)
    assert (len(given.tables[0].rows), given.tables[0].total) == (200, 230)
    assert any("--format csv" in note for note in given.notes)
    assert len(given.extra["privileged"]) == 231


def test_what_could_not_be_read_is_said() -> None:
    given = asked(RoleBinding="forbidden", Pod="forbidden")
    assert given.extra["incomplete"] is True
    assert "there may be more: not all RBAC objects could be read" in given.verdict
    assert given.caveats[0].startswith("Ways to cluster-admin were looked for without: Pod objects.")
    assert "RoleBinding objects could not be read (forbidden): the answer is incomplete." in given.caveats


def test_nobody_is_never_said_where_not_all_was_read() -> None:
    given = asked(None, DOCS[0], ClusterRoleBinding="forbidden", RoleBinding="forbidden")
    assert given.verdict.startswith(
        "prod: who is privileged cannot be told: not all RBAC objects could be read."
    )
    assert asked(None, DOCS[0]).verdict.startswith("prod: nobody is privileged but by what Kubernetes itself")


def test_in_files_a_missing_role_is_a_caveat_and_nothing_is_called_unused() -> None:
    given = asked(source="manifests")
    assert given.extra["unused"] == ()
    assert any("the role is not in the files" in each for each in given.caveats)
    assert not any("Bound to a role" in each for each in asked().caveats)


@pytest.mark.parametrize("command", [Review(), Review("web"), Review("nowhere")])
def test_the_json_form_is_the_published_one(command: Review) -> None:
    given = msgspec.json.decode(msgspec.json.encode(to_json(asked(command))))
    validate(given, schemas()["review"])


def rows_of(given: Answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(sheet(given))))


def test_the_sheet_has_a_row_for_each_way_and_each_finding() -> None:
    rows = rows_of(asked())
    assert [row["finding"] for row in rows] == [
        *["privileged"] * 6,
        *["unused binding"] * 2,
        "wider than need be",
    ]
    first = rows[0]
    said = [first[each] for each in ("subject namespace", "subject", "can", "binding", "binding made")]
    assert said == ["ci", "deployer", "do everything", "ClusterRoleBinding deployer", MADE]
    said = [first[each] for each in ("role", "rule", "allows")]
    assert said == ["ClusterRole cluster-admin", "rules[0]", "* *.*"]
    assert first["seen since"] == "not known: no earlier run"
    assert rows[-1]["role"] == "ClusterRole stars"


def test_no_cell_of_the_sheet_is_a_formula() -> None:
    docs = (role("reader", rule("list", "core", "secrets")), binding("b", "reader", "user:=1+1"))
    assert [row["subject"] for row in rows_of(asked(None, *docs))] == ["'=1+1", "system:masters"]


# What kept runs tell


def reviewed(folder: Path, clock: Clock, *earlier: Snapshot) -> Answer:
    """A review of the sample after runs that kept these, the oldest first, one a day up to yesterday."""
    desk = desk_in(folder, clock)
    for ago, snapshot in zip(range(len(earlier), 0, -1), earlier, strict=True):
        run_id = perform(desk, RunScan(), asker=HOUSE).run_id
        with desk.history._database.writing() as connection:
            number = connection.execute(select(runs.c.number).where(runs.c.id == run_id)).scalar()
            moment = clock.now - timedelta(days=ago)
            connection.execute(update(runs).where(runs.c.number == number).values(finished=moment))
            kept = rights_of(snapshot)
            connection.execute(update(rights).where(rights.c.run == number).values(snapshot=kept))
    given = perform(desk, understand("review"), asker=HOUSE)
    desk.history.close()
    validate(msgspec.json.decode(msgspec.json.encode(to_json(given))), schemas()["review"])
    return given


def without(snapshot: Snapshot, name: str) -> Snapshot:
    kept = tuple(each for each in snapshot.all(o.ClusterRoleBinding) if each.metadata.name != name)
    return replace(snapshot, objects={**snapshot.objects, "ClusterRoleBinding": kept})


def renamed(snapshot: Snapshot, name: str) -> Snapshot:
    kept = tuple(
        replace(each, metadata=replace(each.metadata, name="earlier")) if each.metadata.name == name else each
        for each in snapshot.all(o.ClusterRoleBinding)
    )
    return replace(snapshot, objects={**snapshot.objects, "ClusterRoleBinding": kept})


def row_of(given: Answer, who: str) -> dict[str, str]:
    table = given.tables[0]
    (row,) = (row for row in table.rows if row[0] == who)
    return dict(zip(table.columns, row, strict=True))


def test_since_when_and_the_last_change_come_from_kept_runs(tmp_path: Path, clock: Clock) -> None:
    sample = read_sample(clock.now)
    given = reviewed(
        tmp_path,
        clock,
        without(sample, "deploy-helper"),
        renamed(sample, "deploy-helper"),
        sample,
    )
    days = [f"{clock.now - timedelta(days=ago):%Y-%m-%d}" for ago in (3, 2, 1)]
    helper = row_of(given, "ServiceAccount ci/deployer")
    assert (helper["Held since"], helper["Way changed"]) == (days[1], days[2])
    other = row_of(given, "Group oidc:platform-team")
    assert (other["Held since"], other["Way changed"]) == (f"{days[0]} or before", "-")
    assert f"Held since is by 3 kept runs back to {days[0]}." in given.notes
    assert given.extra["runs"] == 3


def test_the_last_write_to_binding_or_role_is_told_with_who_did_it(clock: Clock) -> None:
    given = answer("harbour", Review(), read_sample(clock.now), clock.now)
    assert row_of(given, "ServiceAccount ci/deployer")["Last change"] == "2026-02-11 by kubectl-edit"
    assert row_of(given, "Group oidc:platform-team")["Last change"] == "-"
    (deployer,) = [each for each in given.extra["privileged"] if each.subject.name == "deployer"]
    ways = [way for right in deployer.rights for way in right.ways]
    assert {(way.changed, way.changed_by) for way in ways} == {("2026-02-11T22:47:03Z", "kubectl-edit")}
    lines = list(csv.DictReader(io.StringIO(sheet(given))))
    told = {line["changed by"] for line in lines if line["subject"] == "deployer"}
    assert told == {"kubectl-edit"}
    assert {line["finding"] for line in lines if None in line.values()} == set()


@pytest.mark.parametrize(
    ("fields", "change"),
    [
        ([], None),
        ([{"manager": "x"}, {"manager": "y", "time": None}], None),
        ([{"manager": "kubelet", "time": "2026-01-02T00:00:00Z", "subresource": "status"}], None),
        (
            [
                {"manager": "a" * 1000, "operation": "Update", "time": "2026-01-02T00:00:00Z"},
                {
                    "manager": "b",
                    "operation": "Apply",
                    "time": "2025-01-02T00:00:00Z",
                    "fieldsV1": {"f:x": {}},
                },
            ],
            f"2026-01-02 by {'a' * 40}",
        ),
        ([{"time": "9999-12-31T23:59:59Z"}], "9999-12-31"),
    ],
)
def test_the_last_write_is_the_newest_to_the_object_itself(
    fields: list[dict[str, Any]], change: str | None
) -> None:
    snapshot = snapshot_of(
        role("all", rule("*", "*", "*")), binding("b", "all", "user:eve", managedFields=fields)
    )
    given = answer("harbour", Review(), snapshot, MOMENT)
    (row,) = [row for row in given.tables[0].rows if row[0] == "User eve"]
    columns = given.tables[0].columns
    assert ("Last change" in columns) is (change is not None)
    if change is not None:
        assert row[columns.index("Last change")] == change


def test_what_the_last_run_did_not_have_is_new(tmp_path: Path, clock: Clock) -> None:
    sample = read_sample(clock.now)
    given = reviewed(tmp_path, clock, sample, without(sample, "deploy-helper"))
    assert row_of(given, "ServiceAccount ci/deployer")["Held since"] == "new"
    assert any(
        note.startswith("New since the last run (") and note.endswith("ServiceAccount ci/deployer.")
        for note in given.notes
    )


def test_a_run_that_cannot_be_read_back_is_counted_and_passed_over(tmp_path: Path, clock: Clock) -> None:
    desk = desk_in(tmp_path, clock)
    perform(desk, RunScan(), asker=HOUSE)
    with desk.history._database.writing() as connection:
        newer = rights_of(read_sample(clock.now))
        head, _, rest = gzip.decompress(newer).partition(b"\n")
        content = gzip.compress(head.replace(b'"version":%d' % VERSION, b'"version":99') + b"\n" + rest)
        connection.execute(update(rights).values(snapshot=content))
    clock.forward(days=1)
    given = perform(desk, understand("review"), asker=HOUSE)
    assert any("of which 1 could not be read in full" in note for note in given.notes)
    assert {right.seen for each in given.extra["privileged"] for right in each.rights} == {None}
    desk.history.close()


def test_runs_of_another_cluster_of_the_same_name_tell_nothing(tmp_path: Path, clock: Clock) -> None:
    desk = desk_in(tmp_path, clock)
    perform(desk, RunScan(), asker=HOUSE)
    with desk.history._database.writing() as connection:
        connection.execute(update(runs).values(cluster_uid=None))
    given = perform(desk, understand("review"), asker=HOUSE)
    assert given.notes[0].endswith("not known: no earlier run.")
    desk.history.close()


def test_runs_are_alike_by_what_they_hold_and_not_by_when_they_were_read(clock: Clock) -> None:
    sample = read_sample(clock.now)
    later = replace(sample, started=clock.now + timedelta(days=1), finished=clock.now + timedelta(days=1))
    first = same_rights(rights_of(sample))
    assert same_rights(rights_of(later)) == first
    assert same_rights(rights_of(without(sample, "deploy-helper"))) != first
    blind = replace(
        sample,
        coverage=tuple(
            replace(each, state="forbidden") if each.kind == "Role" else each for each in sample.coverage
        ),
    )
    assert same_rights(rights_of(blind)) != first


def test_the_sample_is_reviewed_in_order() -> None:
    snapshot = take_snapshot(Sample(), progress=lambda *_: None)
    given = answer("harbour", Review(), snapshot, snapshot.finished)
    levels = [row[1] for row in given.tables[0].rows]
    assert levels == sorted(levels, key=["critical", "high", "medium", "low"].index)
    assert any(row[0] == "Role ci/runner rules[0]" for row in given.tables[2].rows)
