"""Who published each version, what staff sent to be published, and what they were told."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Note who publishes, and make the tables of staff."""
    for table in ("version", "live"):
        op.add_column(table, sa.Column("by", sa.Text))
    op.add_column("live", sa.Column("at", sa.Text))
    op.create_table(
        "upload",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("person", sa.BigInteger, nullable=False, index=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("content", sa.LargeBinary),
        sa.Column("version", sa.BigInteger),
    )
    op.create_table(
        "told",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
