"""Alembic's entry: runs the versions on the connection that damascus/ledger/migrate.py hands over, and nowhere else."""

from alembic import context

from damascus.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can, since our own BEGIN comes before the first statement
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
