"""Audit logs to what was used: stages, impersonation, what is implied; rotated, packed and hostile files."""

from __future__ import annotations

import gzip
import json
import os
import tracemalloc
from itertools import permutations
from pathlib import Path
from random import Random

import pytest

from checks.cluster import objects as o
from checks.cluster.audit_log import lines as lines_module
from checks.cluster.audit_log import tally as tally_module
from checks.cluster.audit_log.files import read_audit_logs
from checks.cluster.errors import BadAuditLog
from checks.cluster.evidence import read_evidence
from checks.cluster.objects import wire
from checks.cluster.snapshot_file import dump, restore
from checks.cluster.source import Sample, take_snapshot
from checks.model import Problem
from tests.checks.cluster.audit_log.events import SHOP, Doc, event, lines


def read(folder: Path, *events: Doc | str) -> o.AuditUsage:
    """What a log of these events says."""
    (folder / "audit.log").write_bytes(lines(*events))
    return usage(folder / "audit.log")


def usage(*paths: Path) -> o.AuditUsage:
    (found,) = read_audit_logs(paths).objects["AuditUsage"]
    assert isinstance(found, o.AuditUsage)
    return found


def told(found: o.AuditUsage) -> list[str]:
    """Each use in a line."""
    return [
        " ".join(
            word
            for word in (
                found.actors[use.actor].user.rpartition(":")[2],
                use.verb,
                use.path or f"{use.resource}{f'/{use.subresource}' if use.subresource else ''}",
                use.namespace,
                "*" if use.several else use.name,
                f"x{use.count}",
                "implied" if use.implied else "",
            )
            if word
        )
        for use in found.uses
    ]


def test_a_request_is_counted_once_whatever_its_stages(tmp_path: Path) -> None:
    stages = [
        event("watch", stage=stage) for stage in ("RequestReceived", "ResponseStarted", "ResponseComplete")
    ]
    found = read(tmp_path, *stages, event("watch", auditID="b", stage="ResponseStarted"))
    assert told(found) == ["shop watch configmaps web one x2"]
    assert (found.events, found.unsettled) == (4, 1)


def test_a_panic_is_an_end_too(tmp_path: Path) -> None:
    assert told(read(tmp_path, event(stage="Panic"))) == ["shop get configmaps web one x1"]


def test_only_what_was_allowed_is_used(tmp_path: Path) -> None:
    forbidden = {"authorization.k8s.io/decision": "forbid", "authorization.k8s.io/reason": ""}
    found = read(tmp_path, event(annotations=forbidden), event(annotations=None), event(annotations={}))
    assert told(found) == []
    assert (found.refused, found.unsettled) == (1, 2)


def test_a_path_is_told_without_its_query(tmp_path: Path) -> None:
    found = read(tmp_path, event("get", {}, requestURI="/openapi/v3?hash=1"))
    assert told(found) == ["shop get /openapi/v3 x1"]


def test_a_list_filtered_by_name_keeps_the_name_and_a_plain_one_has_none(tmp_path: Path) -> None:
    whole = {"resource": "configmaps", "namespace": "web"}
    found = read(tmp_path, event("list"), event("list", whole), event("deletecollection", whole))
    assert told(found) == [
        "shop deletecollection configmaps web x1",
        "shop list configmaps web x1",
        "shop list configmaps web one x1",
    ]


def test_who_is_impersonated_used_it_and_who_impersonates_used_that(tmp_path: Path) -> None:
    alice = {"username": "alice", "groups": ["dev"], "uid": "7", "extra": {"example.com/team": ["a"]}}
    assert told(read(tmp_path, event(impersonatedUser=alice))) == [
        "alice get configmaps web one x1",
        "shop impersonate groups dev x1 implied",
        "shop impersonate users alice x1 implied",
        "shop impersonate uids 7 x1 implied",
        "shop impersonate userextras/example.com/team a x1 implied",
    ]


def test_a_service_account_is_impersonated_in_its_namespace(tmp_path: Path) -> None:
    found = read(tmp_path, event(impersonatedUser={"username": "system:serviceaccount:ci:runner"}))
    assert "shop impersonate serviceaccounts ci runner x1 implied" in told(found)


@pytest.mark.parametrize(
    ("constraint", "name", "told_of_it"),
    [
        ("impersonate:user-info", "alice", "shop impersonate:user-info users alice x1 implied"),
        (
            "impersonate:arbitrary-node",
            "system:node:n1",
            "shop impersonate:arbitrary-node nodes n1 x1 implied",
        ),
        (
            "impersonate:associated-node",
            "system:node:n1",
            "shop impersonate:associated-node nodes * x1 implied",
        ),
    ],
)
def test_constrained_impersonation(tmp_path: Path, constraint: str, name: str, told_of_it: str) -> None:
    said = {"impersonationConstraint": constraint}
    found = read(tmp_path, event(impersonatedUser={"username": name}, authenticationMetadata=said))
    mode = constraint.removeprefix("impersonate:")
    assert f"shop impersonate-on:{mode}:get configmaps web one x1 implied" in told(found)
    assert told_of_it in told(found)
    assert {use.group for use in found.uses if use.resource in {"users", "nodes"}} == {
        "authentication.k8s.io"
    }


@pytest.mark.parametrize("verb", ["update", "patch"])
@pytest.mark.parametrize("code", [200, 201])
def test_a_change_that_made_the_object_took_create(tmp_path: Path, verb: str, code: int) -> None:
    found = told(read(tmp_path, event(verb, responseStatus={"code": code})))
    assert ("shop create configmaps web one x1 implied" in found) is (code == 201)


def test_a_stream_by_websocket_took_create(tmp_path: Path) -> None:
    pod = {"resource": "pods", "subresource": "exec", "namespace": "web", "name": "p"}
    assert told(read(tmp_path, event("get", pod))) == [
        "shop create pods/exec web p x1 implied",
        "shop get pods/exec web p x1",
    ]


def test_the_period_is_what_has_events(tmp_path: Path) -> None:
    moments = ("2026-10-01T06:59:59.9Z", "2026-10-01T06:00:00Z", "2026-10-03T00:00:00Z", None, "yesterday")
    found = read(tmp_path, *(event(requestReceivedTimestamp=each, stageTimestamp=None) for each in moments))
    assert (found.begins, found.ends, found.hours) == ("2026-10-01T06:00:00Z", "2026-10-03T00:00:00Z", 2)
    assert (found.uses[0].first, found.uses[0].last) == (found.begins, found.ends)


def test_the_reason_is_the_last_one(tmp_path: Path) -> None:
    def of(moment: str, reason: str) -> Doc:
        said = {"authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": reason}
        return event(requestReceivedTimestamp=moment, annotations=said)

    found = read(tmp_path, of("2026-10-02T00:00:00Z", "late"), of("2026-10-01T00:00:00Z", "early"))
    assert found.uses[0].reason == "late"


def test_rotated_and_packed_files_are_read_oldest_first(tmp_path: Path) -> None:
    start = event("watch", stage="ResponseStarted")
    end = event("watch", requestReceivedTimestamp="2026-10-01T07:00:00Z")
    (tmp_path / "audit.log").write_bytes(lines(end))
    (tmp_path / "audit-2026-10-01.log.gz").write_bytes(gzip.compress(lines(start)))
    (tmp_path / ".hidden").write_bytes(lines(event("delete")))
    (tmp_path / "empty.log").write_bytes(b"")
    assert told(usage(tmp_path)) == ["shop watch configmaps web one x1"]
    assert told(usage(tmp_path / "audit.log", tmp_path)) == ["shop watch configmaps web one x1"]


def test_the_order_of_events_does_not_matter(tmp_path: Path) -> None:
    events = [event(auditID=str(number), verb=verb) for number, verb in enumerate(("get", "list", "update"))]
    found = [read(tmp_path, *each) for each in permutations(events)]
    assert all(each == found[0] for each in found)


def test_a_webhooks_list_and_a_runtimes_prefix_are_read(tmp_path: Path) -> None:
    many = {"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": [event(), event("list")]}
    prefixed = f"2026-10-01T06:00:00Z stdout F {json.dumps(event('delete'))}"
    assert [use.verb for use in read(tmp_path, many, prefixed).uses] == ["delete", "get", "list"]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ('{"kind":"Event","apiVersion":"audit.k8s.io/v1","verb":"ge', "broken"),
        ("not JSON", "broken"),
        ('{"kind":"Event","apiVersion":"audit.k8s.io/v1","verb":7}', "broken"),
        ("[" * 100_000, "broken"),
        ('{"a":' * 100_000, "broken"),
        ("\x00\x00\x00", "broken"),
        ('{"kind":"Event","apiVersion":"v1","reason":"Pulled"}', "other"),
        ('{"some":"log"}', "other"),
    ],
    ids=["cut", "text", "types", "deep lists", "deep", "zeros", "a core event", "json"],
)
def test_what_is_no_event_is_counted_and_left_out(tmp_path: Path, line: str, field: str) -> None:
    found = read(tmp_path, event(), line, event("list"))
    assert len(found.uses) == 2
    assert getattr(found, field) == 1


@pytest.mark.parametrize("seed", range(20))
def test_damaged_logs_end_in_an_answer(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    content = bytearray(lines(*(event(auditID=str(number)) for number in range(20))))
    for _ in range(60):
        content[random.randrange(len(content))] = random.randrange(256)
    (tmp_path / "audit.log").write_bytes(bytes(content) + lines(event("list")))
    assert usage(tmp_path / "audit.log").events >= 1


def test_long_lines_are_read_and_too_long_ones_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines_module, "MAX_LINE", 1 << 20)
    body = {"data": "x" * 900_000}
    found = read(
        tmp_path, event(responseObject=body), event(responseObject={"data": "x" * 3_000_000}), event("list")
    )
    assert [use.verb for use in found.uses] == ["get", "list"]
    assert found.broken == 1


def test_bodies_are_never_kept(tmp_path: Path) -> None:
    secret = {"data": {"password": "aHVudGVyMg=="}}
    found = read(tmp_path, event(requestObject=secret, responseObject=secret))
    assert b"aHVudGVyMg" not in repr(found).encode()


def test_a_file_cut_short_is_said_and_the_rest_kept(tmp_path: Path) -> None:
    events = lines(*(event(auditID=os.urandom(64).hex()) for _ in range(200)))
    (tmp_path / "audit.log.gz").write_bytes(gzip.compress(events)[:-2_000])
    given = read_audit_logs((tmp_path,))
    assert given.objects["AuditUsage"][0].events
    (problem,) = given.problems
    assert "cut short" in problem.message


def test_a_file_that_unpacks_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines_module, "MAX_UNPACKED", 1 << 20)
    (tmp_path / "a.gz").write_bytes(gzip.compress(lines(event()) + b"\0" * (4 << 20)))
    (problem,) = read_audit_logs((tmp_path,)).problems
    assert "unpacks to more than" in problem.message


@pytest.mark.parametrize("name", ["missing.log", "empty", "notes.txt"])
def test_without_any_event_it_is_an_error_that_says_what_to_give(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("nothing of the kind\n")
    with pytest.raises(BadAuditLog) as error:
        read_audit_logs((tmp_path / name,))
    assert "--audit-log-path" in error.value.next_step


def test_a_file_without_events_among_others_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(lines(event()))
    (tmp_path / "b.log").write_text("nothing\n")
    assert read_audit_logs((tmp_path,)).problems == (
        Problem(str(tmp_path / "b.log"), None, "holds no audit events"),
    )


def test_many_names_become_several(tmp_path: Path) -> None:
    def of(name: str) -> Doc:
        return event(what={"resource": "pods", "namespace": "web", "name": name})

    found = read(tmp_path, *(of(f"p{number}") for number in range(tally_module.MOST_NAMES + 5)), of("p0"))
    assert len(found.uses) == tally_module.MOST_NAMES + 1
    (several,) = (use for use in found.uses if use.several)
    assert several.count == 5
    assert next(use for use in found.uses if use.name == "p0").count == 2


def test_what_is_beyond_the_bounds_is_said_of_whom_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally_module, "MOST_OF_ONE", 3)
    monkeypatch.setattr(tally_module, "MOST_ACTORS", 2)
    paths = [event("get", {}, requestURI=f"/p{number}", auditID=str(number)) for number in range(5)]
    others = [event(user={"username": f"u{number}"}, auditID=f"u{number}") for number in range(3)]
    found = read(tmp_path, *paths, *others)
    assert [(each.user, each.beyond) for each in found.actors] == [(SHOP, 2), ("u0", 0)]
    assert found.strangers == 2


def test_names_as_long_as_a_book_are_not_kept(tmp_path: Path) -> None:
    found = read(tmp_path, event(), event(user={"username": "u" * 5_000}), event("v" * 5_000))
    assert (len(found.actors), found.strangers, found.actors[0].beyond) == (1, 1, 1)


def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    file = tmp_path / "audit.log"
    file.write_bytes(lines(*(event(auditID=str(number)) for number in range(6_000))))
    read_audit_logs((file,))
    tracemalloc.start()
    try:
        read_audit_logs((file,))
        assert tracemalloc.get_traced_memory()[1] < 3 << 20
    finally:
        tracemalloc.stop()


def test_a_saved_snapshot_keeps_what_the_log_says(tmp_path: Path) -> None:
    (tmp_path / "audit.log").write_bytes(lines(event()))
    taken = take_snapshot(Sample(audit_logs=(tmp_path / "audit.log",)), progress=lambda *_: None)
    (tmp_path / "file").write_bytes(dump(taken))
    with (tmp_path / "file").open("rb") as file:
        assert restore(file, tmp_path / "file").all(o.AuditUsage) == taken.all(o.AuditUsage)
    assert taken.saw("AuditUsage")


def test_a_log_is_not_read_for_a_question_that_is_not_about_it(tmp_path: Path) -> None:
    target = Sample(audit_logs=(tmp_path / "missing.log",))
    assert not take_snapshot(target, progress=lambda *_: None, kinds=("Role",)).saw("AuditUsage")
    with pytest.raises(BadAuditLog):
        take_snapshot(target, progress=lambda *_: None)


def test_the_summary_can_be_given_as_evidence(tmp_path: Path) -> None:
    found = read(tmp_path, event())
    document = {"apiVersion": found.api_version, "kind": found.kind} | json.loads(wire.encode(found))
    (tmp_path / "summary.json").write_text(json.dumps(document))
    assert read_evidence((tmp_path / "summary.json",)).objects == {"AuditUsage": (found,)}
