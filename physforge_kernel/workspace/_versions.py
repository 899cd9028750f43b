"""Finding the rows of datasets and versions by what people call them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..errors import NotFoundError
from ._models import DatasetRow, VersionRow
from ._names import Ref, not_found, parse_ref


def resolve(session: Session, owner: str, text: str) -> VersionRow:
    """Return the version of this owner that a reference means.

    A name means what is visible now. An id means its bytes, for as long as a job holds them,
    even after the dataset was deleted. What another owner has is answered like what nobody has.

    Raises:
        NotFoundError: nothing answers to the reference; the closest names are given.
    """
    ref = parse_ref(text)
    if ref.manifest is not None:
        return _by_manifest(session, owner, ref.manifest)
    return _by_name(session, owner, ref)


def visible_names(session: Session, owner: str) -> list[str]:
    """Return the names of all of an owner's datasets with at least one version that was not deleted."""
    return list(
        session.scalars(
            select(DatasetRow.name)
            .where(DatasetRow.owner == owner, DatasetRow.versions.any(VersionRow.deleted.is_(None)))
            .order_by(DatasetRow.name)
        )
    )


def visible_versions(session: Session, owner: str, name: str) -> list[VersionRow]:
    """Return the versions of an owner's dataset, the newest first."""
    return list(
        session.scalars(
            select(VersionRow)
            .join(VersionRow.dataset)
            .where(DatasetRow.owner == owner, DatasetRow.name == name, VersionRow.deleted.is_(None))
            .order_by(VersionRow.number.desc())
        )
    )


def no_dataset(session: Session, owner: str, name: str) -> NotFoundError:
    names = visible_names(session, owner)
    listed = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    otherwise = f"The workspace holds {listed}." if names else "The workspace holds none yet."
    return not_found("dataset", name, names, otherwise)


def _by_name(session: Session, owner: str, ref: Ref) -> VersionRow:
    name = ref.name or ""
    versions = visible_versions(session, owner, name)
    if not versions:
        raise no_dataset(session, owner, name)
    if ref.number is None:
        return versions[0]
    for row in versions:
        if row.number == ref.number:
            return row
    numbers = ", ".join(str(row.number) for row in reversed(versions))
    raise NotFoundError(f"The dataset {name!r} has no version {ref.number}. It has {numbers}.")


def _by_manifest(session: Session, owner: str, manifest: str) -> VersionRow:
    row = session.scalars(
        select(VersionRow)
        .join(VersionRow.dataset)
        .where(DatasetRow.owner == owner, VersionRow.manifest == manifest, VersionRow.released.is_(False))
        .order_by(VersionRow.deleted.is_not(None), VersionRow.id.desc())
        .limit(1)
    ).first()
    if row is None:
        raise NotFoundError(
            f"There is no version with the id {manifest}, or it was deleted. "
            "The list of datasets shows those there are."
        )
    return row
