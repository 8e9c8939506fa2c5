"""What is remembered of people, and the versions of the knowledge.

A database from before Alembic has these tables already.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables that are not there."""
    counted = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("language", sa.Text, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "vote",
        sa.Column("chat", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("message", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("person", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("card", sa.Text, nullable=False),
        sa.Column("vote", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "version",
        sa.Column("id", counted, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("embeddings", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        if_not_exists=True,
        sqlite_autoincrement=True,
    )
    op.create_table(
        "live",
        sa.Column(
            "only",
            sa.Integer,
            sa.CheckConstraint('"only" = 1'),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("version", sa.BigInteger, sa.ForeignKey("version.id")),
        sa.Column("considered", sa.Text, nullable=False),
        if_not_exists=True,
    )
    op.execute("INSERT INTO live VALUES (1, NULL, '') ON CONFLICT DO NOTHING")
