"""Jobs with their inputs, events and artifacts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_jobs"
down_revision = "0001_datasets"
branch_labels = None
depends_on = None

_TIME = sa.String(27)
_SHA256 = sa.String(64)
_JOB = sa.String(64)


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", _JOB, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("name", sa.String(256), nullable=False),
        sa.Column("config", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("progress", sa.Double, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("created", _TIME, nullable=False),
        sa.Column("started", _TIME),
        sa.Column("finished", _TIME),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("forgiven", sa.Integer, nullable=False),
        sa.Column("max_attempts", sa.Integer, nullable=False),
        sa.Column("not_before", _TIME),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("runner", sa.String(256)),
        sa.Column("lease_expires", _TIME),
        sa.Column("cancel_requested", sa.Boolean, nullable=False),
        sa.Column("checkpoint", _SHA256),
        sa.Column("last_event", sa.Integer, nullable=False),
        sa.Column("idempotency_key", sa.String(256)),
        sa.Column("request_digest", _SHA256, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.UniqueConstraint("idempotency_key", name="uq_jobs_idempotency_key"),
        sa.ForeignKeyConstraint(["checkpoint"], ["objects.sha256"], name="fk_jobs_checkpoint_objects"),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')",
            name="state_is_known",
        ),
    )
    op.create_index("ix_jobs_state_priority_created", "jobs", ["state", "priority", "created"])
    op.create_table(
        "job_inputs",
        sa.Column("job_id", _JOB, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("version_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("job_id", "name", name="pk_job_inputs"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_inputs_job_id_jobs"),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name="fk_job_inputs_version_id_versions"),
    )
    op.create_index("ix_job_inputs_version_id", "job_inputs", ["version_id"])
    op.create_table(
        "job_events",
        sa.Column("job_id", _JOB, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("time", _TIME, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("job_id", "seq", name="pk_job_events"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_events_job_id_jobs"),
    )
    op.create_table(
        "job_artifacts",
        sa.Column("job_id", _JOB, nullable=False),
        sa.Column("name", sa.String(512), nullable=False),
        sa.Column("sha256", _SHA256, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("media_type", sa.String(128), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("created", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("job_id", "name", name="pk_job_artifacts"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_artifacts_job_id_jobs"),
        sa.ForeignKeyConstraint(["sha256"], ["objects.sha256"], name="fk_job_artifacts_sha256_objects"),
    )
    op.create_index("ix_job_artifacts_sha256", "job_artifacts", ["sha256"])


def downgrade() -> None:
    """Drop the jobs, and give back the objects that only they held."""
    op.execute(
        'UPDATE objects SET "references" = "references"'
        " - (SELECT count(*) FROM job_artifacts WHERE job_artifacts.sha256 = objects.sha256)"
        " - (SELECT count(*) FROM jobs WHERE jobs.checkpoint = objects.sha256)"
    )
    for table in ("job_artifacts", "job_events", "job_inputs", "jobs"):
        op.drop_table(table)
    op.execute('UPDATE objects SET unreferenced = created WHERE "references" = 0 AND unreferenced IS NULL')
