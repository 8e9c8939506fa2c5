"""Which quiz was asked of whom, and what they chose."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of polls."""
    op.create_table(
        "poll",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("person", sa.BigInteger, nullable=False, index=True),
        sa.Column("lesson", sa.Text, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("right", sa.SmallInteger, nullable=False),
        sa.Column("chosen", sa.SmallInteger),
        sa.Column("at", sa.Float, nullable=False),
    )
