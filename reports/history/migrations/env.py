"""Alembic's entry: migrates within the transaction that `reports.history.database` has begun."""

from alembic import context

from reports.history.database import VERSION_TABLE
from reports.history.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
