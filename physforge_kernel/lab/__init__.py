"""The lab: JupyterLab on this machine, with the kernel "PhysForge" and the tutorials.

In comes a folder to work in; out goes a running JupyterLab on the loopback interface, until Ctrl-C ends it
and everything it started. `make up` runs `python -m physforge_kernel.lab`; `make demo` runs the story without
a browser, `python -m physforge_kernel.lab.demo`.
"""

from __future__ import annotations

from ._folder import Seeding, seed
from ._settings import Settings

__all__ = ["Seeding", "Settings", "seed"]
