"""Alembic's entry: migrate on the connection that `din_core.store.versions` hands over."""

from alembic import context

from din_core.store.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
