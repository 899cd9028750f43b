"""Running a report's notebook in this very Python, whatever kernels Jupyter knows of."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

KERNEL = "physforge"
"""The kernel that notebooks name; installed by `make setup`, not needed here."""

Progress = Callable[[float, str], None]


def execute(
    notebook: Any,
    output: Path,
    parameters: Mapping[str, Any],
    *,
    environment: Mapping[str, str],
    folder: Path,
    seconds: float,
    progress: Progress,
) -> Any:
    """Execute a notebook with papermill and return it; `output` holds it after every cell, failed or not.

    Args:
        notebook: The template (`nbformat` node).
        output: Where the executed notebook goes.
        parameters: What the template's cell tagged `parameters` may be given.
        environment: Added to this process's environment for the kernel.
        folder: The kernel's working folder, empty, with a short path.
        seconds: The longest that one cell may take.
        progress: Called with a fraction and a message as cells are done.
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
            return KernelSpec(argv=command, display_name="PhysForge", language="python")

    class Client(PapermillNotebookClient):
        def execute_cell(self, cell: Any, cell_index: int, *args: Any, **kwargs: Any) -> Any:
            progress(cell_index / len(self.nb.cells), _heading(self.nb.cells[: cell_index + 1]))
            return super().execute_cell(cell, cell_index, *args, **kwargs)

    class ReportEngine(Engine):
        @classmethod
        def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **ignored: Any) -> Any:
            # Sockets in a folder of ours rather than TCP: nobody else on this machine can talk to the kernel.
            ours = {"transport": "ipc", "connection_file": str(folder / "kernel.json")}
            client = Client(
                nb_man,
                kernel_manager_class=ThisPython,
                config=Config(ThisPython=ours),
                timeout=round(seconds),
                startup_timeout=60,
                resources={"metadata": {"path": str(folder)}},
            )
            client.kernel_name = ""
            return client.execute(env={**os.environ, **environment})

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


def _heading(cells: Any) -> str:
    """The section that a cell stands in."""
    for cell in reversed(cells):
        if cell.cell_type == "markdown" and cell.source.startswith("#"):
            return cell.source.splitlines()[0].lstrip("# ")
    return ""
