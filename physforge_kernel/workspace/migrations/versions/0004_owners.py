"""Whose each dataset, job and report is; what was there before belongs to the person alone on the machine.

SQLite can change what is unique in a table only by building it anew, which a batch does. The default is for
the rows that are there: the models have none, so that whoever makes a record says whose it is.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004_owners"
down_revision = "0003_reports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("datasets") as table:
        table.add_column(_owner())
        table.drop_constraint("uq_datasets_name", type_="unique")
        table.create_unique_constraint("uq_datasets_owner_name", ["owner", "name"])
    with op.batch_alter_table("jobs") as table:
        table.add_column(_owner())
        table.drop_constraint("uq_jobs_idempotency_key", type_="unique")
        table.create_unique_constraint("uq_jobs_owner_idempotency_key", ["owner", "idempotency_key"])
        table.create_index("ix_jobs_owner_created", ["owner", "created"])
    with op.batch_alter_table("reports") as table:
        table.add_column(_owner())
        table.create_index("ix_reports_owner_created", ["owner", "created"])


def downgrade() -> None:
    """Drop what belongs to named owners, which the older schema would show to everybody.

    The objects that only they held are given back.
    """
    theirs = "(SELECT id FROM {} WHERE owner <> '')"
    jobs, datasets = theirs.format("jobs"), theirs.format("datasets")
    versions = f"(SELECT id FROM versions WHERE dataset_id IN {datasets})"
    op.execute(
        'UPDATE objects SET "references" = "references"'
        " - (SELECT count(*) FROM version_files JOIN versions ON versions.id = version_files.version_id"
        " WHERE version_files.sha256 = objects.sha256 AND NOT versions.released"
        f" AND versions.dataset_id IN {datasets})"
        f" - (SELECT count(*) FROM job_artifacts WHERE sha256 = objects.sha256 AND job_id IN {jobs})"
        " - (SELECT count(*) FROM jobs WHERE checkpoint = objects.sha256 AND owner <> '')"
        " - (SELECT count(*) FROM reports WHERE html = objects.sha256 AND owner <> '')"
        " - (SELECT count(*) FROM reports WHERE notebook = objects.sha256 AND owner <> '')"
    )
    op.execute("DELETE FROM reports WHERE owner <> ''")
    for table in ("job_artifacts", "job_events", "job_inputs"):
        op.execute(f"DELETE FROM {table} WHERE job_id IN {jobs}")
    op.execute("DELETE FROM jobs WHERE owner <> ''")
    op.execute(f"DELETE FROM version_files WHERE version_id IN {versions}")
    op.execute(f"DELETE FROM versions WHERE dataset_id IN {datasets}")
    op.execute("DELETE FROM datasets WHERE owner <> ''")
    op.execute('UPDATE objects SET unreferenced = created WHERE "references" = 0 AND unreferenced IS NULL')
    with op.batch_alter_table("reports") as table:
        table.drop_index("ix_reports_owner_created")
        table.drop_column("owner")
    with op.batch_alter_table("jobs") as table:
        table.drop_index("ix_jobs_owner_created")
        table.drop_constraint("uq_jobs_owner_idempotency_key", type_="unique")
        table.create_unique_constraint("uq_jobs_idempotency_key", ["idempotency_key"])
        table.drop_column("owner")
    with op.batch_alter_table("datasets") as table:
        table.drop_constraint("uq_datasets_owner_name", type_="unique")
        table.create_unique_constraint("uq_datasets_name", ["name"])
        table.drop_column("owner")


def _owner() -> sa.Column[str]:
    return sa.Column("owner", sa.String(255), nullable=False, server_default="")
