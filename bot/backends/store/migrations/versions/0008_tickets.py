"""Tickets, and what was said about them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of tickets."""
    counted = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "ticket",
        sa.Column("id", counted, primary_key=True),
        sa.Column("person", sa.BigInteger, nullable=False, index=True),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("update", sa.BigInteger, nullable=False),
        sa.Column("moved", sa.BigInteger, nullable=False),
        sa.Column("opened", sa.Float, nullable=False),
        sa.Column("closed", sa.Float),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ticket_words",
        sa.Column("ticket", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("update", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("text", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
