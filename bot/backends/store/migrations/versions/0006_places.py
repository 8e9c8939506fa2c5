"""Where people are in what takes several turns, and when they want to be reminded."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of places and reminders."""
    op.create_table(
        "place",
        sa.Column("person", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("kept", sa.LargeBinary, nullable=False),
        sa.Column("update", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_table(
        "reminder",
        sa.Column("person", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("zone", sa.SmallInteger, nullable=False),
        sa.Column("journey", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False, index=True),
    )
