"""Find rows of some days: the history is indexed in the order of its dates, and posts with all their dates beside."""

from alembic import op

revision = "0019"
down_revision = "0021"
branch_labels = None
depends_on = None

INCLUDED = {"actor_id": ["model", "verb"], "verb": ["model"], "model": ["verb"], "door": None}

BESIDE = {
    "created_at": ["status", "published_at", "publish_at", "kind"],
}


def upgrade():
    for name, included in INCLUDED.items():
        op.drop_index(f"ix_change_{name}_id", "change")
        columns = [name, "created_at", "id"]
        op.create_index(f"ix_change_{name}_created_at", "change", columns, postgresql_include=included)
    for name, included in BESIDE.items():
        _replace(name, included)


def _replace(name, included):
    # Elsewhere an index holds nothing beside its columns, and stays as it is.
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index(f"ix_post_{name}_id", "post")
        op.create_index(f"ix_post_{name}_id", "post", [name, "id"], postgresql_include=included)


def downgrade():
    for name in BESIDE:
        _replace(name, None)
    for name in INCLUDED:
        op.drop_index(f"ix_change_{name}_created_at", "change")
        op.create_index(f"ix_change_{name}_id", "change", [name, "id"])
