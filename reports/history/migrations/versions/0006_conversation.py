"""What a conversation is helped by: what a thread was about last, and the names that a run saw."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "threads",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("command", sa.Text, nullable=False),
        sa.Column("run", sa.Text),
        sa.Column("offered", sa.Text, nullable=False),
        sa.Column("updated", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_threads"),
    )
    op.create_index("ix_threads_updated", "threads", ["updated"])
    op.create_table(
        "names",
        sa.Column("run", Number, nullable=False, autoincrement=False),
        sa.Column("known", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run", name="pk_names"),
        sa.ForeignKeyConstraint(["run"], ["runs.number"], name="fk_names_run", ondelete="CASCADE"),
    )
