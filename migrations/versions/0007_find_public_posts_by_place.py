"""Find the public posts by their place in a list, and count those of a category without reading them."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

WAYS = ("published_at", "publish_at")
LINKS = {"post_tag": "tag_id", "post_category": "category_id"}
CATEGORY = "ix_post_category_id_created_at"


def upgrade():
    for date in WAYS:
        op.create_index(f"ix_post_status_{date}", "post", ["status", date, "id"], postgresql_include=["kind"])
    op.drop_index("ix_post_public", table_name="post")
    _count(["status", *WAYS, "kind"])
    for table, column in LINKS.items():
        # With the posts in it, those of a tag are found without reading the links.
        op.create_index(f"ix_{table}_{column}_post_id", table, [column, "post_id"])
        op.drop_index(f"ix_{table}_{column}", table_name=table)


def downgrade():
    op.create_index("ix_post_public", "post", ["status", "published_at", "publish_at", "kind", "category_id"])
    for date in WAYS:
        op.drop_index(f"ix_post_status_{date}", table_name="post")
    _count(["status"])
    for table, column in LINKS.items():
        op.create_index(f"ix_{table}_{column}", table, [column])
        op.drop_index(f"ix_{table}_{column}_post_id", table_name=table)


def _count(held):
    op.drop_index(CATEGORY, table_name="post")
    op.create_index(CATEGORY, "post", ["category_id", "created_at", "id"], postgresql_include=held)
