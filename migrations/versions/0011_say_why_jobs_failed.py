"""Tell why a job broke off, and how often it did so by itself."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("job") as batch:
        batch.add_column(sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("cause", sa.String(length=300), nullable=True))


def downgrade():
    with op.batch_alter_table("job") as batch:
        batch.drop_column("cause")
        batch.drop_column("failures")
