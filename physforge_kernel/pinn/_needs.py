"""What solving needs beside the library, asked for in a sentence where it is missing."""

from __future__ import annotations

from importlib.util import find_spec

from ..errors import SolverError

for _needed in ("jaxtyping", "safetensors", "torch"):
    if find_spec(_needed) is None:
        raise SolverError(f"Solving needs {_needed}, which is not installed: pip install 'physforge[pinn]'.")
