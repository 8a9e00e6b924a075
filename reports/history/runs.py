"""Runs, their scans and the lives of findings: what is written and read within one transaction.

A scan is kept twice, for two purposes: whole, as compressed canonical JSON, from which a report is drawn
again byte for byte; and its results that are no pass as rows, which can be asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    Text,
    case,
    cast,
    column,
    func,
    insert,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from checks.model import Scan, Severity, Status
from reports.history.errors import UnknownRun
from reports.history.ids import run_ids
from reports.history.parcel import Parcel, unpack
from reports.history.records import Attempt, Finding, Row, Run, RunState
from reports.history.tables import clusters, findings, results, rights, runs, scans

_BATCH = 5000
_OPEN = (Status.FAIL, Status.WAIVED)

Insert = sqlite.Insert | postgresql.Insert


class Request(msgspec.Struct, frozen=True):
    """Who asked for a run, and which time of which schedule it is."""

    requested_by: str
    schedule: str | None = None
    scheduled_for: datetime | None = None


def begin(connection: Connection, cluster_name: str, request: Request, now: datetime) -> str:
    """Note that a run is under way. Gives its id."""
    run_id = next(each for each in run_ids(now) if _number(connection, each) is None)
    connection.execute(
        insert(runs).values(
            id=run_id,
            state=RunState.RUNNING,
            begun=now,
            requested_by=clean(request.requested_by),
            schedule=request.schedule,
            scheduled_for=request.scheduled_for,
            cluster_name=clean(cluster_name),
        )
    )
    return run_id


def fail(connection: Connection, run_id: str, error: str, now: datetime) -> None:
    """Note that a run that was under way came to nothing. Raises UnknownRun."""
    running = (runs.c.id == run_id) & (runs.c.state == RunState.RUNNING)
    changes = {"state": RunState.FAILED, "ended": now, "error": clean(error)}
    if connection.execute(update(runs).where(running).values(changes)).rowcount != 1:
        raise UnknownRun(f"No run {run_id} is under way.")


def keep(
    connection: Connection, run_id: str, parcel: Parcel, now: datetime, about_rights: bytes | None = None
) -> Run:
    """Keep the scan of a run that was begun, and what of the cluster is about rights. Raises UnknownRun."""
    scan = parcel.scan
    _know_cluster(connection, scan)
    running = (runs.c.id == run_id) & (runs.c.state == RunState.RUNNING)
    changed = connection.execute(
        update(runs)
        .where(running)
        .values(
            state=RunState.DONE,
            ended=now,
            cluster_name=clean(scan.cluster.name),
            cluster_uid=clean(scan.cluster.uid),
            started=scan.started,
            finished=scan.finished,
            frameworks=[each.id for each in scan.frameworks],
            namespaces=sorted(scan.namespaces or ()),
            counts=Counter(result.status for result in scan.results),
            open=Counter(result.severity for result in scan.results if result.status is Status.FAIL),
            score=scan.score.value if scan.score else None,
            tool_version=scan.tool.version,
            tool_checks=scan.tool.checks,
            sha256=parcel.sha256,
        )
    )
    number = _number(connection, run_id)
    if changed.rowcount != 1 or number is None:
        raise UnknownRun(f"No run {run_id} is under way.")
    connection.execute(insert(scans).values(run=number, compressed=parcel.compressed))
    if about_rights is not None:
        connection.execute(insert(rights).values(run=number, snapshot=about_rights))
    rows = _rows(scan, number)
    while batch := list(islice(rows, _BATCH)):
        _insert_rows(connection, batch)
    _see_findings(connection, number, scan, run_id)
    return find(connection, run_id)


def _know_cluster(connection: Connection, scan: Scan) -> None:
    new = upsert(connection, clusters).values(uid=clean(scan.cluster.uid), name=clean(scan.cluster.name))
    connection.execute(new.on_conflict_do_update(index_elements=["uid"], set_={"name": new.excluded.name}))


def _rows(scan: Scan, number: int) -> Iterator[dict[str, Any]]:
    for result in scan.results:
        if result.status is Status.PASS:
            continue
        namespace = result.resource.namespace
        yield {
            "run": number,
            "fingerprint": result.fingerprint,
            "check": result.check,
            "status": result.status.value,
            "severity": result.severity.value,
            "kind": clean(result.resource.kind),
            "namespace": None if namespace is None else clean(namespace),
            "name": clean(result.resource.name),
            "locus": clean(result.locus),
            "message": clean(result.message or result.reason or ""),
        }


def _insert_rows(connection: Connection, batch: list[dict[str, Any]]) -> None:
    """Rows as one JSON document for PostgreSQL, whose driver would else send them one by one."""
    if connection.dialect.name != "postgresql":
        connection.execute(insert(results), batch)
        return
    columns = [each for each in results.columns if each.name != "number"]
    document = cast(literal(msgspec.json.encode(batch).decode(), Text), JSON)
    rows = func.json_to_recordset(document).table_valued(*(column(each.name, each.type) for each in columns))
    source = select(rows.render_derived(with_types=True))
    connection.execute(insert(results).from_select([each.name for each in columns], source))


def _see_findings(connection: Connection, number: int, scan: Scan, run_id: str) -> None:
    """Lengthen the lives of this run's open findings; an older scan kept late lengthens them backwards."""
    seen = select(
        results.c.fingerprint,
        literal(clean(scan.cluster.uid)),
        results.c.check,
        literal(scan.finished, findings.c.first_seen.type),
        literal(run_id),
        literal(scan.finished, findings.c.last_seen.type),
        literal(run_id),
    ).where(results.c.run == number, results.c.status.in_(_OPEN))
    new = upsert(connection, findings).from_select([each.name for each in findings.columns], seen)
    earlier = new.excluded.first_seen < findings.c.first_seen
    later = new.excluded.last_seen >= findings.c.last_seen

    def newer(condition: ColumnElement[bool], name: str) -> ColumnElement[Any]:
        return case((condition, new.excluded[name]), else_=findings.c[name])

    connection.execute(
        new.on_conflict_do_update(
            index_elements=["fingerprint"],
            set_={
                "first_seen": newer(earlier, "first_seen"),
                "first_run": newer(earlier, "first_run"),
                "last_seen": newer(later, "last_seen"),
                "last_run": newer(later, "last_run"),
            },
        )
    )


def _done() -> Select[Any]:
    newest_first = (runs.c.finished.desc(), runs.c.number.desc())
    return select(runs).where(runs.c.state == RunState.DONE).order_by(*newest_first)


def find(connection: Connection, run_id: str) -> Run:
    """The run with this id whose scan is kept. Raises UnknownRun."""
    row = connection.execute(_done().where(runs.c.id == run_id)).mappings().first()
    if row is None:
        raise UnknownRun(f"There is no finished run {run_id}.")
    return _run(row)


def newest(connection: Connection, limit: int, *conditions: ColumnElement[bool]) -> tuple[Run, ...]:
    """Finished runs, newest first."""
    rows = connection.execute(_done().where(*conditions).limit(limit)).mappings()
    return tuple(_run(row) for row in rows)


def at(connection: Connection, cluster_name: str, moment: datetime) -> Run | None:
    """The newest whole run of a cluster up to a moment; if there is none, the oldest one after."""
    whole = (runs.c.cluster_name == clean(cluster_name)) & (runs.c.namespaces == [])
    finished, limit = runs.c.finished, literal(moment, runs.c.finished.type)
    if found := newest(connection, 1, whole, finished <= limit):
        return found[0]
    oldest = select(runs).where(runs.c.state == RunState.DONE, whole, finished > limit)
    row = connection.execute(oldest.order_by(finished, runs.c.number).limit(1)).mappings().first()
    return _run(row) if row else None


def before(connection: Connection, run: Run) -> Run | None:
    """The run before this one of the same cluster, limited to the same namespaces."""
    found = newest(
        connection,
        1,
        runs.c.cluster_uid == run.cluster_uid,
        runs.c.namespaces == list(run.namespaces),
        tuple_(runs.c.finished, runs.c.number)
        < tuple_(literal(run.finished, runs.c.finished.type), literal(_number(connection, run.id))),
    )
    return found[0] if found else None


def attempts(connection: Connection, limit: int) -> tuple[Attempt, ...]:
    """Runs in any state, the last begun first."""
    rows = connection.execute(select(runs).order_by(runs.c.number.desc()).limit(limit)).mappings()
    fields = ("id", "cluster_name", "requested_by", "schedule", "begun", "ended", "error")
    return tuple(
        Attempt(state=RunState(row["state"]), **{field: row[field] for field in fields}) for row in rows
    )


def scan_of(connection: Connection, run_id: str) -> Scan:
    """The scan as it was kept. Raises UnknownRun, and DamagedScan when its bytes are not those kept."""
    query = select(scans.c.compressed, runs.c.sha256).join(runs).where(runs.c.id == run_id)
    row = connection.execute(query).first()
    if row is None:
        raise UnknownRun(f"There is no finished run {run_id}.")
    return unpack(run_id, bytes(row.compressed), row.sha256)


def rights_at(connection: Connection, cluster_name: str, moment: datetime) -> tuple[Run, bytes] | None:
    """The newest run of a cluster up to a moment with what was kept of it about rights; if there is none, the
    oldest one after."""
    of_cluster = (
        select(runs, rights.c.snapshot)
        .join(rights)
        .where(runs.c.state == RunState.DONE, runs.c.cluster_name == clean(cluster_name))
    )
    at = literal(moment, runs.c.finished.type)
    newest_first, oldest_first = (runs.c.finished.desc(), runs.c.finished)
    for query in (
        of_cluster.where(runs.c.finished <= at).order_by(newest_first),
        of_cluster.where(runs.c.finished > at).order_by(oldest_first),
    ):
        if row := connection.execute(query.limit(1)).mappings().first():
            return _run(row), bytes(row["snapshot"])
    return None


def with_rights(connection: Connection, cluster_uid: str, limit: int) -> tuple[Run, ...]:
    """The runs of a cluster with which something was kept about rights, newest first."""
    kept = select(rights.c.run)
    return newest(connection, limit, runs.c.cluster_uid == clean(cluster_uid), runs.c.number.in_(kept))


def rights_of(connection: Connection, run_id: str) -> bytes:
    """What was kept about rights with a run. Raises UnknownRun."""
    query = select(rights.c.snapshot).join(runs).where(runs.c.id == run_id)
    content = connection.execute(query).scalar()
    if content is None:
        raise UnknownRun(f"Nothing about rights was kept with run {run_id}.")
    return bytes(content)


def rows_of(connection: Connection, run_id: str, check: str | None = None) -> tuple[Row, ...]:
    """The results of a run that are no pass, in the scan's order; of one check. Raises UnknownRun."""
    find(connection, run_id)
    query = select(results).join(runs).where(runs.c.id == run_id).order_by(results.c.number)
    if check is not None:
        query = query.where(results.c.check == check)
    fields = ("fingerprint", "check", "kind", "namespace", "name", "locus", "message")
    return tuple(
        Row(
            status=Status(row["status"]),
            severity=Severity(row["severity"]),
            **{field: row[field] for field in fields},
        )
        for row in connection.execute(query).mappings()
    )


def lives(connection: Connection, cluster_uid: str) -> dict[str, Finding]:
    """Every finding that a cluster ever had, by fingerprint."""
    query = select(findings).where(findings.c.cluster_uid == cluster_uid)
    return {row["fingerprint"]: Finding(**row) for row in connection.execute(query).mappings()}


def _number(connection: Connection, run_id: str) -> int | None:
    return connection.execute(select(runs.c.number).where(runs.c.id == run_id)).scalar()


def _run(row: RowMapping) -> Run:
    fields = (
        "id",
        "cluster_uid",
        "cluster_name",
        "started",
        "finished",
        "requested_by",
        "schedule",
        "scheduled_for",
        "score",
        "tool_version",
        "tool_checks",
        "sha256",
    )
    return Run(
        frameworks=tuple(row["frameworks"]),
        namespaces=tuple(row["namespaces"]),
        counts={Status(status): count for status, count in row["counts"].items()},
        open={Severity(severity): count for severity, count in (row["open"] or {}).items()},
        **{field: row[field] for field in fields},
    )


def upsert(connection: Connection, table: Table) -> Insert:
    """An INSERT that can say what happens when the row is already there."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def clean(text: str) -> str:
    """Text that every database can hold: no NUL (PostgreSQL), no half of a surrogate pair (any)."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
