"""Alembic runs this file; the connection is the caller's, who also commits."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=False)
context.run_migrations()
