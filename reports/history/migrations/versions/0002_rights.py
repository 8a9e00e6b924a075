"""What of a cluster is about rights, kept with each run: from it "who gained access since" is answered."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "rights",
        sa.Column("run", Number, nullable=False, autoincrement=False),
        sa.Column("snapshot", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("run", name="pk_rights"),
        sa.ForeignKeyConstraint(["run"], ["runs.number"], name="fk_rights_run", ondelete="CASCADE"),
    )
