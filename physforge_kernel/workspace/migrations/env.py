"""Run by Alembic; the connection, already inside a transaction, is handed over by `_schema`."""

from alembic import context

from physforge_kernel.workspace._models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
