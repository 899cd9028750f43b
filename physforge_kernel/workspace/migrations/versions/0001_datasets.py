"""Objects, datasets and their versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001_datasets"
down_revision = None
branch_labels = None
depends_on = None

_TIME = sa.String(27)
_SHA256 = sa.String(64)


def upgrade() -> None:
    op.create_table(
        "objects",
        sa.Column("sha256", _SHA256, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("references", sa.Integer, nullable=False),
        sa.Column("created", _TIME, nullable=False),
        sa.Column("unreferenced", _TIME),
        sa.PrimaryKeyConstraint("sha256", name="pk_objects"),
        sa.CheckConstraint('"references" >= 0', name="references_not_negative"),
    )
    op.create_index("ix_objects_unreferenced", "objects", ["unreferenced"])
    op.create_table(
        "datasets",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("last_number", sa.Integer, nullable=False),
        sa.Column("created", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_datasets"),
        sa.UniqueConstraint("name", name="uq_datasets_name"),
    )
    op.create_table(
        "versions",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("dataset_id", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("manifest", _SHA256, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("created", _TIME, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("described", sa.JSON, nullable=False),
        sa.Column("deleted", _TIME),
        sa.Column("released", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_versions"),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], name="fk_versions_dataset_id_datasets"),
        sa.UniqueConstraint("dataset_id", "number", name="uq_versions_dataset_id_number"),
    )
    op.create_index("ix_versions_manifest", "versions", ["manifest"])
    op.create_table(
        "version_files",
        sa.Column("version_id", sa.Integer, nullable=False),
        sa.Column("path", sa.String(1024), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", _SHA256, nullable=False),
        sa.PrimaryKeyConstraint("version_id", "path", name="pk_version_files"),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name="fk_version_files_version_id_versions"),
    )
    op.create_index("ix_version_files_sha256", "version_files", ["sha256"])


def downgrade() -> None:
    for table in ("version_files", "versions", "datasets", "objects"):
        op.drop_table(table)
