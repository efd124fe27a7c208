"""The first schema: items, users, behaviors, impressions, their field names, and the search indexes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "items",
        sa.Column("item_key", KEY, primary_key=True, autoincrement=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text()),
        sa.Column("price", sa.Double()),
        sa.Column("image_url", sa.Text()),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("item_key", name="pk_items"),
        sa.UniqueConstraint("item_id", name="uq_items_item_id"),
    )
    op.create_table(
        "users",
        sa.Column("user_key", KEY, primary_key=True, autoincrement=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user_key", name="pk_users"),
        sa.UniqueConstraint("user_id", name="uq_users_user_id"),
    )
    op.create_table(
        "contexts",
        sa.Column("context_key", KEY, primary_key=True, autoincrement=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("context_key", name="pk_contexts"),
    )
    op.create_table(
        "behaviors",
        sa.Column("behavior_key", KEY, primary_key=True),
        sa.Column("user_key", KEY, nullable=False),
        sa.Column("item_key", KEY, nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.Column("behavior_type", sa.Text()),
        sa.Column("context_key", KEY),
        sa.PrimaryKeyConstraint("behavior_key", name="pk_behaviors"),
        sa.ForeignKeyConstraint(["user_key"], ["users.user_key"], name="fk_behaviors_user_key"),
        sa.ForeignKeyConstraint(["item_key"], ["items.item_key"], name="fk_behaviors_item_key"),
        sa.ForeignKeyConstraint(["context_key"], ["contexts.context_key"], name="fk_behaviors_context_key"),
    )
    op.create_index(
        "ix_behaviors_history",
        "behaviors",
        ["user_key", "timestamp", "behavior_key", "item_key", "behavior_type"],
    )
    op.create_table(
        "impressions",
        sa.Column("impression_key", KEY, primary_key=True),
        sa.Column("user_key", KEY, nullable=False),
        sa.Column("item_key", KEY, nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.SmallInteger(), nullable=False),
        sa.Column("split", sa.String(5), nullable=False),
        sa.Column("context_key", KEY),
        sa.PrimaryKeyConstraint("impression_key", name="pk_impressions"),
        sa.ForeignKeyConstraint(["user_key"], ["users.user_key"], name="fk_impressions_user_key"),
        sa.ForeignKeyConstraint(["item_key"], ["items.item_key"], name="fk_impressions_item_key"),
        sa.ForeignKeyConstraint(["context_key"], ["contexts.context_key"], name="fk_impressions_context_key"),
        sa.CheckConstraint("label IN (0, 1)", name="ck_impressions_label"),
        sa.CheckConstraint("split = 'train' OR split = 'valid' OR split = 'test'", name="ck_impressions_split"),
    )
    op.create_index("ix_impressions_user", "impressions", ["user_key", "split"])
    op.create_index("ix_impressions_split", "impressions", ["split"])
    op.create_table(
        "fields",
        sa.Column("table_name", sa.String(11), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("table_name", "name", name="pk_fields"),
    )
    op.create_table(
        "store_info",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_store_info"),
    )
    if op.get_bind().dialect.name == "sqlite":
        _create_full_text_search()


def _create_full_text_search() -> None:
    """Trigram indexes over `search_text`; SQLite before 3.34 has none, and searches by LIKE then."""
    for table, key in (("items", "item_key"), ("users", "user_key")):
        statement = (
            f"CREATE VIRTUAL TABLE {table}_search USING fts5("
            f"search_text, content='{table}', content_rowid='{key}', tokenize='trigram')"
        )
        try:
            op.execute(statement)
        except sa.exc.OperationalError:
            return
