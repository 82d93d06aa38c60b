"""Keep what became of each row of an operation, of those too that stayed as they were."""

import sqlalchemy as sa
from alembic import op

from backoffice.core.types import Key, UtcDateTime

revision = "0015"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "report",
        sa.Column("batch", sa.String(36), nullable=False),
        sa.Column("model", sa.String(60), nullable=False),
        sa.Column("verb", sa.String(60), nullable=False),
        sa.Column("user_id", Key, nullable=True),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("already", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_report_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("batch", "model", "verb", name=op.f("pk_report")),
    )
    op.create_index("ix_report_user_id", "report", ["user_id"])
    op.create_index("ix_report_created_at", "report", ["created_at"])
    op.create_table(
        "spared",
        sa.Column("id", Key, nullable=False),
        sa.Column("batch", sa.String(36), nullable=False),
        sa.Column("model", sa.String(60), nullable=False),
        sa.Column("verb", sa.String(60), nullable=False),
        sa.Column("row_id", Key, nullable=False),
        sa.Column("why", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spared")),
    )
    op.create_index("ix_spared_batch_why_id", "spared", ["batch", "why", "id"])


def downgrade():
    op.drop_table("spared")
    op.drop_table("report")
