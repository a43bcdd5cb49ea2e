"""Run by alembic, on the connection that ``upgrade`` hands over; the transaction is the caller's."""

from __future__ import annotations

from alembic import context

from schillinger_plugins.journal.tables import tables

context.configure(connection=context.config.attributes["connection"], target_metadata=tables())
context.run_migrations()
