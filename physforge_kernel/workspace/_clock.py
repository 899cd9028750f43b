"""The workspace's time: UTC, to the microsecond, written so that text sorts as time."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]

_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u to misread


def utc_now() -> datetime:
    """Return the present moment, aware and in UTC."""
    return datetime.now(UTC)


def to_text(moment: datetime) -> str:
    """Write a moment as fixed-width ISO 8601 in UTC.

    >>> to_text(datetime(2026, 11, 22, 8, 5, tzinfo=UTC))
    '2026-11-22T08:05:00.000000Z'
    """
    return moment.astimezone(UTC).strftime(_FORMAT)


def from_text(text: str) -> datetime:
    """Read what `to_text` wrote."""
    return datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)


def new_id(prefix: str, moment: datetime) -> str:
    """Return an id that sorts by time and can be read aloud, such as `job-20261122-080500-7k2mqx`."""
    suffix = "".join(secrets.choice(_LETTERS) for _ in range(6))
    return f"{prefix}-{moment.astimezone(UTC):%Y%m%d-%H%M%S}-{suffix}"
