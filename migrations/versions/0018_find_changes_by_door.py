"""Find what came through one door."""

from alembic import op

revision = "0018"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index("ix_change_door_id", "change", ["door", "id"])


def downgrade():
    op.drop_index("ix_change_door_id", "change")
