"""Keep what people choose for themselves with their account."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("user") as batch:
        batch.add_column(sa.Column("wishes", sa.String(length=20000), nullable=True))


def downgrade():
    with op.batch_alter_table("user") as batch:
        batch.drop_column("wishes")
