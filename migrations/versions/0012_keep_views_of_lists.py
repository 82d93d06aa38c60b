"""Keep views of lists under a name, for oneself or for a role."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "saved_view",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("model", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=4000), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_saved_view_user_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["role_id"], ["role.id"], name=op.f("fk_saved_view_role_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
    )
    with op.batch_alter_table("saved_view", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_saved_view_created_at_id"), ["created_at", "id"], unique=False)
        batch_op.create_index("ix_saved_view_user_id_model", ["user_id", "model"], unique=False)
        batch_op.create_index("ix_saved_view_role_id_model", ["role_id", "model"], unique=False)


def downgrade():
    with op.batch_alter_table("saved_view", schema=None) as batch_op:
        batch_op.drop_index("ix_saved_view_role_id_model")
        batch_op.drop_index("ix_saved_view_user_id_model")
        batch_op.drop_index(batch_op.f("ix_saved_view_created_at_id"))

    op.drop_table("saved_view")
