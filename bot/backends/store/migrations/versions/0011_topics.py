"""The topic that a ticket's messages stand in."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a ticket have a topic."""
    op.add_column("ticket", sa.Column("topic", sa.BigInteger))
