"""Where people sell from, and what sorts products."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of sellers and of what products are sorted by."""
    op.create_table(
        "seller",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("seller", sa.Text, nullable=False),
    )
    op.create_table(
        "product_model",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("model", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
