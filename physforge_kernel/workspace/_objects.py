"""How many records hold each object: counted in the transaction that makes or drops the record."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ._models import ObjectRow
from ._object_store import ObjectStore, StagedFile

GRACE = timedelta(days=1)


def hold(session: Session, store: ObjectStore, staged: StagedFile, now: datetime) -> None:
    """Publish a staged file and count one more record that holds it."""
    store.publish(staged)
    row = session.get(ObjectRow, staged.sha256)
    if row is None:
        session.add(ObjectRow(sha256=staged.sha256, size=staged.size, references=1, created=now))
        session.flush()
        return
    session.execute(
        update(ObjectRow)
        .where(ObjectRow.sha256 == staged.sha256)
        .values(references=ObjectRow.references + 1, unreferenced=None)
    )


def release(session: Session, sha256: str, now: datetime) -> None:
    """Count one record fewer; from zero on, the day begins after which the sweep may delete the object."""
    session.execute(
        update(ObjectRow).where(ObjectRow.sha256 == sha256).values(references=ObjectRow.references - 1)
    )
    session.execute(
        update(ObjectRow)
        .where(ObjectRow.sha256 == sha256, ObjectRow.references == 0)
        .values(unreferenced=now)
    )


def sweep(session: Session, store: ObjectStore, now: datetime) -> int:
    """Delete what no record has held for a day; return how many objects went.

    The session must hold the write lock: a publisher waits for it, so that no object is deleted between
    its publication and its record.
    """
    expired = session.scalars(
        select(ObjectRow).where(ObjectRow.references == 0, ObjectRow.unreferenced < now - GRACE)
    ).all()
    for row in expired:
        store.delete(row.sha256)
        session.delete(row)
    session.flush()
    known = set(session.scalars(select(ObjectRow.sha256)))
    orphans = [sha256 for sha256 in store.unchanged_since(now - GRACE) if sha256 not in known]
    for sha256 in orphans:
        store.delete(sha256)
    return len(expired) + len(orphans)
