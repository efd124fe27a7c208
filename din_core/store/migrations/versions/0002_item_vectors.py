"""Pretrained vectors of items, in a table of their own."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BYTES = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")


def upgrade() -> None:
    op.create_table(
        "item_vectors",
        sa.Column("item_key", KEY, primary_key=True, autoincrement=False),
        sa.Column("vector", BYTES, nullable=False),
        sa.PrimaryKeyConstraint("item_key", name="pk_item_vectors"),
        sa.ForeignKeyConstraint(["item_key"], ["items.item_key"], name="fk_item_vectors_item_key"),
    )
