"""The audit log: who asked for what, what was decided, what came of it. The database guards it."""

import sqlalchemy as sa
from alembic import op

from reports.history.tables import Moment

revision = "0005"
down_revision = "0004"

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEYS = {"audit": "number", "audit_ends": "entry"}
SAID = "the audit log is only ever added to"


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("number", Number, autoincrement=True, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("asker", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("command", sa.Text, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("role", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_asker_at", "audit", ["asker", "at"])
    op.create_table(
        "audit_ends",
        sa.Column("entry", Number, nullable=False, autoincrement=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("run", sa.Text),
        sa.Column("milliseconds", Number, nullable=False),
        sa.PrimaryKeyConstraint("entry", name="pk_audit_ends"),
        sa.ForeignKeyConstraint(["entry"], ["audit.number"], name="fk_audit_ends_entry"),
    )
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def _guard_sqlite() -> None:
    for table, key in KEYS.items():
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END"
            )
        # INSERT OR REPLACE takes a row away without its DELETE trigger.
        again = f"EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})"  # noqa: S608 - names of ours
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {again} "
            f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END"
        )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION audit_is_added_to() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{SAID}'; END $$"
    )
    for table in KEYS:
        op.execute(
            f"CREATE TRIGGER {table}_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_added_to()"
        )
