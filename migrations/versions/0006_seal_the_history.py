"""Seal the history: a digest in each change, and seals over what was written together."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BETWEEN = ("batch", "actor_id", "door", "address", "model", "row_id", "verb")
POSTGRESQL = """
    UPDATE change SET digest = encode(sha256(convert_to({whole}, 'UTF8')), 'hex')
"""
CONTENT = """
    encode(sha256(convert_to(coalesce(CAST(before AS text), 'null') || chr(31) || coalesce(CAST(after AS text), 'null')
        || chr(31) || label, 'UTF8')), 'hex')
"""
MOMENT = """to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')"""
SQLITE = """
    UPDATE change SET digest = digest_0006(
        batch, actor_id, door, address, model, row_id, verb, created_at, before, after, label, actor)
"""
PIECES = """
    INSERT INTO seal (batch, first_id, last_id, count, digest)
    SELECT batch, min(id), max(id), count(*),
           encode(sha256(convert_to(string_agg(digest, '' ORDER BY id), 'UTF8')), 'hex')
    FROM change GROUP BY batch ORDER BY min(id)
"""


def upgrade():
    op.create_table(
        "seal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch", sa.String(length=36), nullable=False),
        sa.Column("first_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("last_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("chain", sa.String(length=64), nullable=True),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal")),
        sa.UniqueConstraint("number", name=op.f("uq_seal_number")),
    )
    op.create_index(op.f("ix_seal_last_id"), "seal", ["last_id"])
    op.create_index(op.f("ix_seal_sealed_at"), "seal", ["sealed_at"])
    unlinked = sa.text("number IS NULL")
    op.create_index("ix_seal_open", "seal", ["id"], postgresql_where=unlinked, sqlite_where=unlinked)
    op.add_column("change", sa.Column("digest", sa.String(length=64), nullable=True))
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        connection.connection.driver_connection.create_function("digest_0006", len(BETWEEN) + 5, digest)
        connection.exec_driver_sql(SQLITE)
    else:
        texts = [f"coalesce(CAST({name} AS text), '')" for name in BETWEEN]
        connection.exec_driver_sql(POSTGRESQL.format(whole=" || chr(31) || ".join([*texts, MOMENT, CONTENT, "actor"])))
        connection.exec_driver_sql(PIECES)
    with op.batch_alter_table("change") as batch_op:
        batch_op.alter_column("digest", existing_type=sa.String(length=64), nullable=False)


def downgrade():
    with op.batch_alter_table("change") as batch_op:
        batch_op.drop_column("digest")
    op.drop_table("seal")


def digest(*values):
    """Return the digest of a change, as this step found it."""
    *between, before, after, label, actor = values
    inner = joined("null" if before is None else before, "null" if after is None else after, label)
    return joined(*between, inner, actor)


def joined(*texts):
    """Return the digest of these texts, in this order."""
    return hashlib.sha256("\x1f".join("" if text is None else str(text) for text in texts).encode()).hexdigest()
