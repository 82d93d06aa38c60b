"""Count the posts of a category by their status without reading the posts."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NAME, COLUMNS = "ix_post_category_id_created_at", ["category_id", "created_at", "id"]


def upgrade():
    op.drop_index(NAME, table_name="post")
    op.create_index(NAME, "post", COLUMNS, postgresql_include=["status"])


def downgrade():
    op.drop_index(NAME, table_name="post")
    op.create_index(NAME, "post", COLUMNS)
