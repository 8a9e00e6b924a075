"""The first tables: runs and their results, findings' lives, schedules' fires, the ledger of posts."""

import sqlalchemy as sa
from alembic import op

from reports.history.tables import Moment

revision = "0001"
down_revision = None

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "clusters",
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("uid", name="pk_clusters"),
    )
    op.create_table(
        "runs",
        sa.Column("number", Number, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("begun", Moment, nullable=False),
        sa.Column("ended", Moment),
        sa.Column("error", sa.Text),
        sa.Column("requested_by", sa.Text, nullable=False),
        sa.Column("schedule", sa.Text),
        sa.Column("scheduled_for", Moment),
        sa.Column("cluster_name", sa.Text, nullable=False),
        sa.Column("cluster_uid", sa.Text),
        sa.Column("started", Moment),
        sa.Column("finished", Moment),
        sa.Column("frameworks", sa.Text),
        sa.Column("namespaces", sa.Text),
        sa.Column("counts", sa.Text),
        sa.Column("tool_version", sa.Text),
        sa.Column("tool_checks", sa.Text),
        sa.Column("sha256", sa.Text),
        sa.PrimaryKeyConstraint("number", name="pk_runs"),
        sa.UniqueConstraint("id", name="uq_runs_id"),
        sa.ForeignKeyConstraint(["cluster_uid"], ["clusters.uid"], name="fk_runs_cluster_uid"),
    )
    op.create_index("ix_runs_cluster_uid_finished", "runs", ["cluster_uid", "finished"])
    op.create_table(
        "scans",
        sa.Column("run", Number, nullable=False, autoincrement=False),
        sa.Column("compressed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("run", name="pk_scans"),
        sa.ForeignKeyConstraint(["run"], ["runs.number"], name="fk_scans_run", ondelete="CASCADE"),
    )
    op.create_table(
        "results",
        sa.Column("number", Number, autoincrement=True, nullable=False),
        sa.Column("run", Number, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("check", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("namespace", sa.Text),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("locus", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_results"),
        sa.UniqueConstraint("run", "fingerprint", name="uq_results_run_fingerprint"),
        sa.ForeignKeyConstraint(["run"], ["runs.number"], name="fk_results_run", ondelete="CASCADE"),
    )
    op.create_table(
        "findings",
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("cluster_uid", sa.Text, nullable=False),
        sa.Column("check", sa.Text, nullable=False),
        sa.Column("first_seen", Moment, nullable=False),
        sa.Column("first_run", sa.Text, nullable=False),
        sa.Column("last_seen", Moment, nullable=False),
        sa.Column("last_run", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_findings"),
        sa.ForeignKeyConstraint(["cluster_uid"], ["clusters.uid"], name="fk_findings_cluster_uid"),
    )
    op.create_index("ix_findings_cluster_uid", "findings", ["cluster_uid"])
    op.create_table(
        "schedules",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("since", Moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_schedules"),
    )
    op.create_table(
        "fires",
        sa.Column("schedule", sa.Text, nullable=False),
        sa.Column("scheduled_for", Moment, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("claimed", Moment, nullable=False),
        sa.Column("ended", Moment),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("schedule", "scheduled_for", name="pk_fires"),
    )
    op.create_table(
        "posts",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("ts", sa.Text),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("updated", Moment, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_posts"),
    )
