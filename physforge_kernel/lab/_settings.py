"""What a lab is started with, and the words that JupyterLab has for it."""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import PhysForgeError

KERNEL = "physforge"
FIRST_TUTORIAL = "01_first_law.ipynb"
_LAST_PORT = 65535


@dataclass(frozen=True)
class Settings:
    """How one lab runs.

    Args:
        home: the workspace's home, where datasets, jobs and reports last.
        folder: where people work; JupyterLab shows it and nothing above it.
        ip: an address of the loopback interface.
        port: the first port to try; a taken one makes way for the next free one.
        browser: open a browser once the lab runs.
        token: what a browser must show to get in.

    Raises:
        PhysForgeError: `ip` is reachable from other machines, or there is no such port.

    Example:
        >>> Settings(Path("home"), Path("work"), ip="0.0.0.0")
        Traceback (most recent call last):
        ...
        physforge_kernel.errors.PhysForgeError: The lab never listens where other machines can reach it, ...
    """

    home: Path
    folder: Path
    ip: str = "127.0.0.1"
    port: int = 8888
    browser: bool = False
    token: str = field(default_factory=lambda: secrets.token_hex(24), repr=False)

    def __post_init__(self) -> None:
        if not _is_loopback(self.ip):
            raise PhysForgeError(
                f"The lab never listens where other machines can reach it, and {self.ip} is such an address: "
                "leave --ip out, or pass one of this machine alone, such as 127.0.0.1. "
                "From elsewhere, forward the port: ssh -L 8888:127.0.0.1:8888 THIS_MACHINE"
            )
        if not 1 <= self.port <= _LAST_PORT:
            raise PhysForgeError(
                f"There is no port {self.port}: pass a --port between 1 and {_LAST_PORT}, or leave it out."
            )

    @property
    def jupyter(self) -> Path:
        """Where this lab keeps Jupyter's settings and layouts, apart from the user's own `~/.jupyter`."""
        return self.home / "jupyter"

    def arguments(self, *, root: bool) -> list[str]:
        """Return JupyterLab's arguments for these settings, which outrank every configuration file.

        Args:
            root: whether the invoking user is root, which Jupyter has to be told.
        """
        arguments = {
            "ServerApp.ip": self.ip,
            "ServerApp.port": self.port,
            "ServerApp.root_dir": self.folder,
            "ServerApp.open_browser": self.browser,
            "Application.log_level": "WARN",
            "ServerApp.log_level": "WARN",
            "IdentityProvider.token": self.token,
            "NotebookNotary.data_dir": self.jupyter,
            "MultiKernelManager.default_kernel_name": KERNEL,
            "KernelManager.transport_encryption": "auto",
            "LabApp.log_level": "WARN",
            "LabApp.default_url": f"/lab/tree/{FIRST_TUTORIAL}",
            "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        }
        if root:
            arguments["ServerApp.allow_root"] = True
        return [f"--{name}={value}" for name, value in arguments.items()]


def home_and_folder(environment: Mapping[str, str] = os.environ) -> tuple[Path, Path]:
    """Return the workspace's home and the folder to work in, as the environment has them.

    Returns:
        `PHYSFORGE_HOME` and its `notebooks`; without that variable `~/.physforge` and `~/physforge`.

    Example:
        >>> home_and_folder({"PHYSFORGE_HOME": "/data/lab"})
        (PosixPath('/data/lab'), PosixPath('/data/lab/notebooks'))
    """
    home = environment.get("PHYSFORGE_HOME", "").strip()
    if home:
        absolute = Path(home).expanduser().absolute()
        return absolute, absolute / "notebooks"
    return Path.home() / ".physforge", Path.home() / "physforge"


def has_display(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether a browser would have a screen to open on."""
    return any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _is_loopback(ip: str) -> bool:
    if ip == "localhost":
        return True
    try:
        return ipaddress.ip_address(ip).is_loopback
    except ValueError:
        return False
