"""Schedules that people make by saying so."""

import sqlalchemy as sa
from alembic import op

from reports.history.tables import Moment

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "made_schedules",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("cluster", sa.Text, nullable=False),
        sa.Column("cron", sa.Text, nullable=False),
        sa.Column("timezone", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("pdf", sa.Integer, nullable=False),
        sa.Column("frameworks", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made", Moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_made_schedules"),
    )
