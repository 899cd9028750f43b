"""Where the files that ship beside the code lie: dashboards, tutorials and report templates."""

from __future__ import annotations

from pathlib import Path

from .errors import NotFoundError

_PACKAGE = Path(__file__).resolve().parent


def shared_folder(name: str) -> Path:
    """Return the folder of shipped files called `name`.

    A wheel carries these folders inside the package; a checkout has them at its root.

    Args:
        name: `"dashboards"`, `"notebooks"` or `"templates"`.

    Raises:
        NotFoundError: this installation lacks the folder.

    Example:
        >>> shared_folder("notebooks").name
        'notebooks'
    """
    for folder in (_PACKAGE / "_share" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise NotFoundError(f"This installation of PhysForge lacks its folder {name!r}: install it again.")
