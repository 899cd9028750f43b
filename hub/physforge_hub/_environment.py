"""The environment that each part of a lab gets: what a program on this machine needs, and nobody's tokens."""

from __future__ import annotations

import os
from collections.abc import Mapping

LAB_MARK = "PHYSFORGE_LAB"
"""Names the lab's home in the environment of every process of the lab, so that leftovers can be told."""

KEPT = (
    "CONDA_DEFAULT_ENV",
    "CONDA_PREFIX",
    "CUDA_VISIBLE_DEVICES",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "MKL_NUM_THREADS",
    "NO_PROXY",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "PATH",
    "PYTHONPATH",
    "TMPDIR",
    "TZ",
    "VIRTUAL_ENV",
    LAB_MARK,
)
"""What people's servers, the service and the runner are given of the environment of the lab's start."""

_OF_ANOTHER_JUPYTER = ("CONFIGPROXY_", "JPY_", "JUPYTER", "MAKE", "MFLAGS")
_OF_ANOTHER_LAB = ("PHYSFORGE_URL", "PHYSFORGE_TOKEN", "PHYSFORGE_OWNER")


def for_the_hub(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return an environment without what another hub or another Jupyter has put there.

    Example:
        >>> for_the_hub({"PATH": "/bin", "JUPYTERHUB_API_TOKEN": "of the terminal that this was typed in"})
        {'PATH': '/bin'}
    """
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith(_OF_ANOTHER_JUPYTER) and name not in _OF_ANOTHER_LAB
    }


def kept(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of the programs that work for people: the service and the runner of jobs."""
    names = (*KEPT, "HOME", "USER")
    return {
        name: value
        for name, value in environment.items()
        if name in names or name.startswith(("PHYSFORGE_RUNNER_", "PHYSFORGE_SERVICE_"))
    }


def for_the_runner(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of a lab's runner of jobs, which stays while the lab does."""
    return {"PHYSFORGE_RUNNER_IDLE_SECONDS": "1e9"} | kept(environment)
