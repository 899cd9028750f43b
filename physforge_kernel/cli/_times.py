"""Points in time, as a person in this time zone reads them."""

from __future__ import annotations

from datetime import UTC, datetime


def when(moment: datetime | str | float | None) -> str:
    """Return a time as `2026-11-22 09:14` in the local time zone; empty for None.

    Args:
        moment: A datetime (UTC where it names no zone), its ISO text, or seconds since 1970.
    """
    return "" if moment is None else f"{_local(moment):%Y-%m-%d %H:%M}"


def clock(moment: datetime | str | float) -> str:
    """Return the time of day, to the second."""
    return f"{_local(moment):%H:%M:%S}"


def _local(moment: datetime | str | float) -> datetime:
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    elif isinstance(moment, int | float):
        moment = datetime.fromtimestamp(moment, UTC)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone()
