"""Break ties in the indexes: rows that are equal in a column stand in the order of their keys, or of their dates."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Columns by which a grid is sorted: the key follows each.
SORTED = {
    "category": ("created_at", "name"),
    "change": ("actor_id", "batch", "created_at", "verb"),
    "comment": ("created_at", "guest_name"),
    "image": ("created_at", "file", "title"),
    "post": ("created_at", "old_address", "publish_at", "published_at", "title", "views"),
    "role": ("created_at",),
    "session": ("address", "created_at", "ended_at", "last_seen"),
    "tag": ("created_at",),
    "user": ("created_at", "last_seen", "name"),
}
# Columns in which very many rows are equal: those stand in the order of their dates.
DATED = {"comment": ("author_id", "kind"), "post": ("author_id", "category_id", "kind")}
KEYED = {"comment": "status", "user": "active"}


def upgrade():
    for table, names in SORTED.items():
        for name in names:
            op.drop_index(op.f(f"ix_{table}_{name}"), table_name=table)
            op.create_index(op.f(f"ix_{table}_{name}_id"), table, [name, "id"])
    for table, names in DATED.items():
        for name in names:
            op.drop_index(op.f(f"ix_{table}_{name}"), table_name=table)
            op.create_index(f"ix_{table}_{name}_created_at", table, [name, "created_at", "id"])
    for table, name in KEYED.items():
        op.drop_index(f"ix_{table}_{name}_created_at", table_name=table)
        op.create_index(f"ix_{table}_{name}_created_at", table, [name, "created_at", "id"])
    op.drop_index("ix_change_model_row_id", table_name="change")
    op.create_index("ix_change_model_id", "change", ["model", "id"])
    op.create_index("ix_change_row_id_model", "change", ["row_id", "model"])
    op.create_index("ix_post_status_created_at", "post", ["status", "created_at", "id"])


def downgrade():
    op.drop_index("ix_change_row_id_model", table_name="change")
    op.drop_index("ix_change_model_id", table_name="change")
    op.create_index("ix_change_model_row_id", "change", ["model", "row_id"])
    op.drop_index("ix_post_status_created_at", table_name="post")
    for table, name in KEYED.items():
        op.drop_index(f"ix_{table}_{name}_created_at", table_name=table)
        op.create_index(f"ix_{table}_{name}_created_at", table, [name, "created_at"])
    for table, names in DATED.items():
        for name in names:
            op.drop_index(f"ix_{table}_{name}_created_at", table_name=table)
            op.create_index(op.f(f"ix_{table}_{name}"), table, [name])
    for table, names in SORTED.items():
        for name in names:
            op.drop_index(op.f(f"ix_{table}_{name}_id"), table_name=table)
            op.create_index(op.f(f"ix_{table}_{name}"), table, [name])
