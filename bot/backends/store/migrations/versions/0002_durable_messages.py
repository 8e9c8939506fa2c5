"""The inbox with its outbox, people's questions, and what several processes share."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of durable messages."""
    counted = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("chat", sa.BigInteger, nullable=False),
        sa.Column("person", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("raw", sa.LargeBinary),
        sa.Column("calls", sa.LargeBinary),
        sa.Column("sent", sa.SmallInteger, nullable=False),
        sa.Column("attempts", sa.SmallInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("inbox_waiting", "inbox", ["state", "chat", "id"])
    op.create_table(
        "question",
        sa.Column("id", counted, primary_key=True),
        sa.Column("person", sa.BigInteger, nullable=False, index=True),
        sa.Column("at", sa.Float, nullable=False, index=True),
        sa.Column("text", sa.LargeBinary, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("card", sa.Text, nullable=False),
        sa.Column("confidence", sa.Float),
    )
    op.create_table(
        "claim",
        sa.Column("chat", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("worker", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "rate",
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("until", sa.Float, nullable=False),
    )
    op.create_table(
        "trouble",
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_table(
        "secret",
        sa.Column(
            "only",
            sa.Integer,
            sa.CheckConstraint('"only" = 1'),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("fingerprint", sa.Text, nullable=False),
    )
