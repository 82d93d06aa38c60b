"""Note which rights the roles were given, so that later versions know what is new."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "given_rights",
        sa.Column("role", sa.String(length=80), nullable=False),
        sa.Column("rights", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("role", name=op.f("pk_given_rights")),
    )


def downgrade():
    op.drop_table("given_rights")
