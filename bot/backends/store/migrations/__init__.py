"""How the tables came about: Alembic's environment and one file a change."""
