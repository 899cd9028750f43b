"""Running a notebook in this very Python, whatever kernels Jupyter knows of, and saying what failed in it."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from .. import errors
from ..errors import PhysForgeError, ReportError

KERNEL = "physforge"
"""The kernel that notebooks name; installed by `make setup`, not needed here."""

Progress = Callable[[float, str], None]

# A job's own process draws to files only, and hands that on.
_FIGURES_IN_CELLS = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
_KERNELSPEC = {"display_name": "PhysForge", "language": "python", "name": KERNEL}

# A socket's path has 108 bytes on Linux and 104 on macOS, the folder's own and the socket's name among them.
_LONGEST_PLACE = 104 - len("/physforge-12345678/kernel-ipc-12") - 1


def execute(
    notebook: Any,
    output: Path,
    parameters: Mapping[str, Any],
    *,
    environment: Mapping[str, str],
    folder: Path,
    seconds: float | None,
    progress: Progress,
) -> Any:
    """Execute a notebook with papermill and return it; `output` holds it after every cell, failed or not.

    Args:
        notebook: The template (`nbformat` node).
        output: Where the executed notebook goes.
        parameters: What the template's cell tagged `parameters` may be given.
        environment: Added to this process's environment for the kernel.
        folder: The kernel's working folder.
        seconds: The longest that one cell may take; None for as long as it takes.
        progress: Called with a fraction and a message as cells are done.

    Raises:
        ReportError: there is no folder with a path short enough for the kernel's sockets.
    """
    import papermill
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from papermill.clientwrap import PapermillNotebookClient
    from papermill.engines import Engine, papermill_engines
    from traitlets.config import Config

    class ThisPython(AsyncKernelManager):
        """Starts this interpreter's ipykernel without asking Jupyter for an installed kernel."""

        @property
        def kernel_spec(self) -> KernelSpec:
            command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            # A kernel is interrupted as it is shut down, and would tell the terminal of that as an error.
            command.append("--IPKernelApp.log_level=CRITICAL")
            return KernelSpec(argv=command, display_name="PhysForge", language="python")

    class Client(PapermillNotebookClient):
        def execute_cell(self, cell: Any, cell_index: int, *args: Any, **kwargs: Any) -> Any:
            done, count = cell_index, len(self.nb.cells)
            progress(done / count, _heading(self.nb.cells[: done + 1]) or f"Cell {done + 1} of {count}")
            return super().execute_cell(cell, cell_index, *args, **kwargs)

    class ReportEngine(Engine):
        @classmethod
        def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **ignored: Any) -> Any:
            # Sockets in a folder of ours rather than TCP: nobody else on this machine can talk to the kernel.
            with _socket_folder() as sockets:
                ours = {"transport": "ipc", "connection_file": f"{sockets}/kernel.json"}
                client = Client(
                    nb_man,
                    kernel_manager_class=ThisPython,
                    config=Config(ThisPython=ours),
                    timeout=None if seconds is None else round(seconds),
                    startup_timeout=60,
                    resources={"metadata": {"path": str(folder)}},
                )
                client.kernel_name = ""
                return client.execute(env={**os.environ, **_FIGURES_IN_CELLS, **environment})

    papermill_engines.register(KERNEL, ReportEngine)
    return papermill.execute_notebook(
        notebook,
        str(output).replace("{", "{{").replace("}", "}}"),  # papermill takes the path for a format string
        dict(parameters),
        engine_name=KERNEL,
        kernel_name=KERNEL,
        language="python",
        progress_bar=False,
    )


def write(executed: Any, path: Path) -> None:
    """Write a notebook without papermill's notes on where it ran: they name paths of this machine."""
    import nbformat

    executed.metadata.pop("papermill", None)
    executed.metadata.setdefault("kernelspec", _KERNELSPEC)
    for cell in executed.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if not cell.metadata.get("tags"):
            cell.metadata.pop("tags", None)
    nbformat.write(executed, path)


def tidy_failed(path: Path) -> str:
    """Write a notebook that failed anew, as `write` does; say where it failed, as in ` in cell [3]`."""
    import nbformat

    if not path.exists():
        return ""
    executed = nbformat.read(path, as_version=4)
    where = ""
    for index, cell in enumerate(executed.cells):
        notes = cell.metadata.get("papermill", {})
        if notes.get("exception") or notes.get("status") in ("running", "failed"):
            heading = _heading(executed.cells[: index + 1])
            number = f" in cell [{cell.execution_count}]" if cell.get("execution_count") else ""
            where = number + (f", under “{heading}”" if heading else "")
            break
    write(executed, path)
    return where


def what_failed(failure: Exception) -> str:
    """Say in a sentence what went wrong; an error of ours that a cell raised is a sentence already."""
    name, value = getattr(failure, "ename", type(failure).__name__), getattr(failure, "evalue", str(failure))
    family = getattr(errors, name, None)
    if isinstance(family, type) and issubclass(family, PhysForgeError):
        return value
    said = next((line.strip() for line in value.splitlines() if line.strip()), "no message")
    return f"{name}: {said.rstrip('.')}."


def _socket_folder() -> tempfile.TemporaryDirectory[str]:
    """Make a private folder for sockets: where temporary files go, or else where paths are short."""
    places = (tempfile.gettempdir(), os.environ.get("XDG_RUNTIME_DIR", ""), "/tmp", "/var/tmp")
    for place in places:
        if os.path.isabs(place) and len(os.fsencode(place)) <= _LONGEST_PLACE:
            with suppress(OSError):
                return tempfile.TemporaryDirectory(prefix="physforge-", dir=place)
    raise ReportError(
        f"The folder for temporary files, {places[0]!r}, has too long a path for the sockets of the report's "
        "kernel, and /tmp cannot be used. Set TMPDIR to a folder with a shorter path."
    )


def _heading(cells: Any) -> str:
    """The section that a cell stands in."""
    for cell in reversed(cells):
        if cell.cell_type == "markdown" and cell.source.startswith("#"):
            return cell.source.splitlines()[0].lstrip("# ")
    return ""
