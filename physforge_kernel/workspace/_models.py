"""The tables of a workspace.

Only portable types: the same models serve SQLite here and PostgreSQL behind the service.
A change here needs a migration in `migrations/versions`; the tests compare the two.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Dialect,
    Double,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from ._clock import from_text, to_text


class UtcTime(TypeDecorator[datetime]):
    """An aware datetime, stored as fixed-width ISO 8601 text in UTC so that it sorts and reads."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else to_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_text(value)


class Base(DeclarativeBase):
    """Base of the models; constraint names are fixed so that migrations can drop them by name."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcTime}  # noqa: RUF012 (SQLAlchemy reads it from the class)


class ObjectRow(Base):
    """One content-addressed file and how many records hold it."""

    __tablename__ = "objects"
    __table_args__ = (CheckConstraint('"references" >= 0', name="references_not_negative"),)

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    references: Mapped[int] = mapped_column(default=0)
    created: Mapped[datetime]
    unreferenced: Mapped[datetime | None] = mapped_column(index=True)


class DatasetRow(Base):
    """One owner's name under which versions are counted; numbers are never given twice."""

    __tablename__ = "datasets"
    __table_args__ = (UniqueConstraint("owner", "name", name="uq_datasets_owner_name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(128))
    last_number: Mapped[int] = mapped_column(default=0)
    created: Mapped[datetime]
    owner: Mapped[str] = mapped_column(String(255))

    versions: Mapped[list[VersionRow]] = relationship(back_populates="dataset")


class VersionRow(Base):
    """One immutable version: a manifest of files, what was said of them, and what was read from them."""

    __tablename__ = "versions"
    __table_args__ = (UniqueConstraint("dataset_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("datasets.id"))
    number: Mapped[int]
    manifest: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    created: Mapped[datetime]
    description: Mapped[str] = mapped_column(Text, default="")
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    described: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    deleted: Mapped[datetime | None]
    released: Mapped[bool] = mapped_column(default=False)

    dataset: Mapped[DatasetRow] = relationship(back_populates="versions", lazy="joined", innerjoin=True)
    files: Mapped[list[VersionFileRow]] = relationship(lazy="selectin", order_by="VersionFileRow.path")


class VersionFileRow(Base):
    """One file of a version's manifest; released versions keep the line and give up the object."""

    __tablename__ = "version_files"

    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    path: Mapped[str] = mapped_column(String(1024), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64), index=True)


class JobRow(Base):
    """The durable record of a job; `state` and `fence` change only by compare-and-swap."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint(
            "state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')", name="state_is_known"
        ),
        UniqueConstraint("owner", "idempotency_key", name="uq_jobs_owner_idempotency_key"),
        Index("ix_jobs_state_priority_created", "state", "priority", "created"),
        Index("ix_jobs_owner_created", "owner", "created"),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(256), default="")
    config: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(16))
    priority: Mapped[int] = mapped_column(default=0)
    progress: Mapped[float] = mapped_column(Double, default=0.0)
    message: Mapped[str] = mapped_column(Text, default="")
    error: Mapped[str | None] = mapped_column(Text)
    created: Mapped[datetime]
    started: Mapped[datetime | None]
    finished: Mapped[datetime | None]

    attempts: Mapped[int] = mapped_column(default=0)
    forgiven: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=3)
    not_before: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    runner: Mapped[str | None] = mapped_column(String(256))
    lease_expires: Mapped[datetime | None]
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    checkpoint: Mapped[str | None] = mapped_column(ForeignKey("objects.sha256"))
    last_event: Mapped[int] = mapped_column(default=0)

    idempotency_key: Mapped[str | None] = mapped_column(String(256))
    request_digest: Mapped[str] = mapped_column(String(64))
    owner: Mapped[str] = mapped_column(String(255))

    inputs: Mapped[list[JobInputRow]] = relationship(lazy="selectin", order_by="JobInputRow.name")


class JobInputRow(Base):
    """An input of a job, pinned at submission to one exact version."""

    __tablename__ = "job_inputs"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"), index=True)

    version: Mapped[VersionRow] = relationship(lazy="joined", innerjoin=True)


class JobEventRow(Base):
    """One line of a job's story; `seq` counts from 1 without gaps."""

    __tablename__ = "job_events"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    time: Mapped[datetime]
    attempt: Mapped[int]
    type: Mapped[str] = mapped_column(String(32))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class JobArtifactRow(Base):
    """A file that a job left behind."""

    __tablename__ = "job_artifacts"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(512), primary_key=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("objects.sha256"), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(128))
    attempt: Mapped[int]
    created: Mapped[datetime]


class ReportRow(Base):
    """A rendered report: a page to read and the notebook behind it."""

    __tablename__ = "reports"
    __table_args__ = (Index("ix_reports_owner_created", "owner", "created"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    title: Mapped[str] = mapped_column(String(512))
    template: Mapped[str] = mapped_column(String(128))
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), index=True)
    created: Mapped[datetime]
    html: Mapped[str] = mapped_column(ForeignKey("objects.sha256"))
    notebook: Mapped[str] = mapped_column(ForeignKey("objects.sha256"))
    owner: Mapped[str] = mapped_column(String(255))
