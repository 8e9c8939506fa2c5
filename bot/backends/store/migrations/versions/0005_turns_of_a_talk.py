"""Where a question was asked, and which messages answered it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for what questions go on from, and for answers that are edited."""
    for name in ("chat", "message"):
        op.add_column(
            "question", sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
        )
    op.create_table(
        "reply",
        sa.Column("chat", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("message", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("person", sa.BigInteger, nullable=False, index=True),
        sa.Column("replies", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False, index=True),
    )
