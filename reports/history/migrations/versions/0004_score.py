"""What a run came to, in numbers that a trend is drawn from: its score, its open findings by severity."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("runs", sa.Column("open", sa.Text))
    op.add_column("runs", sa.Column("score", sa.Integer))
