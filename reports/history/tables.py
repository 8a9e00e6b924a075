"""The tables, as the migrations leave them. A change here needs a migration; a test compares the two."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class Moment(TypeDecorator[datetime]):
    """A point in time, always aware and in UTC here, whatever the database keeps."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuses a naive time (ValueError): it would be a guess."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone cannot be kept")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class JsonText(TypeDecorator[Any]):
    """JSON as canonical text, so that equal values are equal in SQL too."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else msgspec.json.encode(value, order="sorted").decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else msgspec.json.decode(value)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

Number = BigInteger().with_variant(Integer(), "sqlite")

clusters = Table(
    "clusters",
    metadata,
    Column("uid", Text, primary_key=True),
    Column("name", Text, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("begun", Moment, nullable=False),
    Column("ended", Moment),
    Column("error", Text),
    Column("requested_by", Text, nullable=False),
    Column("schedule", Text),
    Column("scheduled_for", Moment),
    Column("cluster_name", Text, nullable=False),
    Column("cluster_uid", Text, ForeignKey("clusters.uid")),
    Column("started", Moment),
    Column("finished", Moment),
    Column("frameworks", JsonText),
    Column("namespaces", JsonText),
    Column("counts", JsonText),
    Column("open", JsonText),
    Column("score", Integer),
    Column("tool_version", Text),
    Column("tool_checks", Text),
    Column("sha256", Text),
    Index("ix_runs_cluster_uid_finished", "cluster_uid", "finished"),
)

scans = Table(
    "scans",
    metadata,
    Column("run", Number, ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True),
    Column("compressed", LargeBinary, nullable=False),
)

rights = Table(
    "rights",
    metadata,
    Column("run", Number, ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True),
    Column("snapshot", LargeBinary, nullable=False),
)

results = Table(
    "results",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("run", Number, ForeignKey("runs.number", ondelete="CASCADE"), nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("check", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("namespace", Text),
    Column("name", Text, nullable=False),
    Column("locus", Text, nullable=False),
    Column("message", Text, nullable=False),
    UniqueConstraint("run", "fingerprint"),
)

findings = Table(
    "findings",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("cluster_uid", Text, ForeignKey("clusters.uid"), nullable=False, index=True),
    Column("check", Text, nullable=False),
    Column("first_seen", Moment, nullable=False),
    Column("first_run", Text, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Column("last_run", Text, nullable=False),
)

schedules = Table(
    "schedules",
    metadata,
    Column("name", Text, primary_key=True),
    Column("definition", Text, nullable=False),
    Column("since", Moment, nullable=False),
)

fires = Table(
    "fires",
    metadata,
    Column("schedule", Text, primary_key=True),
    Column("scheduled_for", Moment, primary_key=True),
    Column("state", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("claimed", Moment, nullable=False),
    Column("ended", Moment),
    Column("reason", Text),
)

names = Table(
    "names",
    metadata,
    Column("run", Number, ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True),
    Column("known", JsonText, nullable=False),
)

threads = Table(
    "threads",
    metadata,
    Column("key", Text, primary_key=True),
    Column("command", Text, nullable=False),
    Column("run", Text),
    Column("offered", Text, nullable=False),
    Column("updated", Moment, nullable=False, index=True),
)

made_schedules = Table(
    "made_schedules",
    metadata,
    Column("name", Text, primary_key=True),
    Column("cluster", Text, nullable=False),
    Column("cron", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("pdf", Integer, nullable=False),
    Column("frameworks", JsonText, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made", Moment, nullable=False),
)

claims = Table(
    "claims",
    metadata,
    Column("key", Text, primary_key=True),
    Column("claimed", Moment, nullable=False, index=True),
)

posts = Table(
    "posts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("ts", Text),
    Column("attempt", Integer, nullable=False),
    Column("updated", Moment, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False, index=True),
    Column("asker", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("command", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("role", Text),
    Column("reason", Text, nullable=False),
    Index("ix_audit_asker_at", "asker", "at"),
)

audit_ends = Table(
    "audit_ends",
    metadata,
    Column("entry", Number, ForeignKey("audit.number"), primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("result", Text, nullable=False),
    Column("run", Text),
    Column("milliseconds", Number, nullable=False),
)

answers = Table(
    "answers",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("command", Text, nullable=False),
    Column("shown_by", Text, nullable=False),
    Column("asked_in", Text, nullable=False),
    Column("made", Moment, nullable=False, index=True),
    Column("run", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("content", LargeBinary),
)
