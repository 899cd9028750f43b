"""What a runner and its jobs may know of the environment of whoever started them.

A notebook's kernel, a service and a hub hold tokens there, which say what their bearer may do elsewhere. What
outlives them and runs other people's work gets none.
"""

from __future__ import annotations

from collections.abc import Mapping

HOME_MARK = "PHYSFORGE_RUNNER_HOME"
ATTEMPT_MARK = "PHYSFORGE_RUNNER_ATTEMPT"

_NAMES = ("MPLBACKEND", "PHYSFORGE_URL", "PHYSFORGE_TOKEN", "PHYSFORGE_OWNER", HOME_MARK, ATTEMPT_MARK)
_BEGINNINGS = ("JUPYTERHUB_", "JPY_")
_ENDINGS = ("_TOKEN",)


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without tokens, without what Jupyter and a hub leave there, and nobody's.

    Example:
        >>> without_secrets({"PATH": "/bin", "JUPYTERHUB_API_TOKEN": "secret", "PHYSFORGE_OWNER": "ann"})
        {'PATH': '/bin'}
    """
    return {name: value for name, value in environment.items() if not _is_secret(name.upper())}


def _is_secret(name: str) -> bool:
    return name in _NAMES or name.startswith(_BEGINNINGS) or name.endswith(_ENDINGS)
