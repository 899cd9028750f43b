"""The one family of errors that PhysForge raises at people.

Each message is a sentence that says what was wrong, with which value, and what to do.
"""

from __future__ import annotations

from collections.abc import Sequence


class PhysForgeError(Exception):
    """Base of every error that a user of PhysForge is meant to read."""

    exit_code = 1


class PhysForgeWarning(UserWarning):
    """Something that a user should know, though what was asked for was done."""


class FieldError(PhysForgeError):
    """A file or an xarray object is not a field that PhysForge can use."""

    exit_code = 3


class AxesError(FieldError):
    """A file holds a field, but does not tell which of an array's axes is which: `dims` has to."""

    def __init__(self, message: str, ways: Sequence[tuple[str, ...]] = ()) -> None:
        super().__init__(message)
        self.ways = tuple(ways)
        """The readings between which `dims` decides, where they are few."""


class NoFieldError(FieldError):
    """A file holds something of ours that is no field, such as a library of candidate terms."""

    def __init__(self, notes: Sequence[str]) -> None:
        super().__init__(" ".join(notes))
        self.notes = tuple(notes)
        """Sentences on what it holds."""


class EquationError(PhysForgeError):
    """A text, or a set of terms, is not an equation that PhysForge can use."""

    exit_code = 4


class SimulationError(PhysForgeError):
    """An equation could not be simulated from the given start."""

    exit_code = 5


class DiscoveryError(PhysForgeError):
    """Discovery cannot be tried on this field with these settings."""

    exit_code = 6


class SolverError(PhysForgeError):
    """A problem cannot be posed or solved as it was asked for."""

    exit_code = 15


class WorkspaceError(PhysForgeError):
    """The workspace could not do what was asked."""

    exit_code = 7


class UnreachableError(WorkspaceError):
    """The service was not there, or the line to it broke; it may be back in a moment."""


class NotFoundError(WorkspaceError):
    """No record answers to this name or id."""

    exit_code = 8


class ConflictError(WorkspaceError):
    """The record has changed, or exists already."""

    exit_code = 9


class JobError(PhysForgeError):
    """A job failed, was cancelled, or cannot be submitted."""

    exit_code = 10


class ReportError(PhysForgeError):
    """A report could not be rendered."""

    exit_code = 11


class DerivativeError(PhysForgeError):
    """A field cannot be differentiated like this."""

    exit_code = 12
