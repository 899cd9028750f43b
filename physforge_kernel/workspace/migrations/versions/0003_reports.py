"""Reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_reports"
down_revision = "0002_jobs"
branch_labels = None
depends_on = None

_SHA256 = sa.String(64)


def upgrade() -> None:
    op.create_table(
        "reports",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("title", sa.String(512), nullable=False),
        sa.Column("template", sa.String(128), nullable=False),
        sa.Column("job_id", sa.String(64), nullable=False),
        sa.Column("created", sa.String(27), nullable=False),
        sa.Column("html", _SHA256, nullable=False),
        sa.Column("notebook", _SHA256, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_reports_job_id_jobs"),
        sa.ForeignKeyConstraint(["html"], ["objects.sha256"], name="fk_reports_html_objects"),
        sa.ForeignKeyConstraint(["notebook"], ["objects.sha256"], name="fk_reports_notebook_objects"),
    )
    op.create_index("ix_reports_job_id", "reports", ["job_id"])


def downgrade() -> None:
    """Drop the reports, and give back the objects that only they held."""
    op.execute(
        'UPDATE objects SET "references" = "references"'
        " - (SELECT count(*) FROM reports WHERE reports.html = objects.sha256)"
        " - (SELECT count(*) FROM reports WHERE reports.notebook = objects.sha256)"
    )
    op.drop_table("reports")
    op.execute('UPDATE objects SET unreferenced = created WHERE "references" = 0 AND unreferenced IS NULL')
