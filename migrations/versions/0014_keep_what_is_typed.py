"""Keep what people type and have not saved yet, and who has a row open."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0016"
branch_labels = None
depends_on = None


KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "draft",
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("model", sa.String(length=60), nullable=False),
        sa.Column("row_id", KEY, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("begun_at_version", sa.Integer(), nullable=True),
        sa.Column("content", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_draft_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "model", "row_id", name=op.f("pk_draft")),
    )
    op.create_index(op.f("ix_draft_row_id"), "draft", ["row_id"])
    op.create_index(op.f("ix_draft_seen_at"), "draft", ["seen_at"])


def downgrade():
    op.drop_table("draft")
