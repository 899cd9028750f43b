"""PySR (Cranmer 2023, arXiv:2305.01582): symbolic regression in Julia.

Importing pysr would fetch Julia and its packages where they are not installed. So it is imported only when a
search asks for it, when Julia and juliacall are there, and with downloads switched off.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ._sample import Sample

if TYPE_CHECKING:
    import sympy

_BINARY = {"+", "-", "*", "/"}


def missing() -> str | None:
    """Why PySR cannot be used here; None where it can. Imports and downloads nothing."""
    absent = [name for name in ("pysr", "juliacall") if find_spec(name) is None]
    if absent:
        return f"PySR needs the package {' and '.join(absent)}. Install it: pip install pysr"
    if shutil.which("julia") is None:
        return "PySR needs Julia, and there is no program `julia` on the PATH. Install it from julialang.org"
    return None


def settings(operators: frozenset[str], *, seconds: float, seed: int) -> dict[str, Any]:
    """What PySRRegressor is made with."""
    return {
        "binary_operators": sorted(operators & _BINARY),
        "unary_operators": sorted(operators - _BINARY),
        "niterations": 1_000_000,
        "maxsize": 30,
        "timeout_in_seconds": seconds,
        "parallelism": "serial",
        "deterministic": True,
        "random_state": seed,
        "precision": 64,
        "progress": False,
        "verbosity": 0,
        "temp_equation_file": True,
    }


def front(sample: Sample, operators: frozenset[str], *, seconds: float, seed: int) -> list[sympy.Expr]:
    """The formulas on PySR's Pareto front after so many seconds."""
    import sympy

    # Set before the import: juliapkg then uses what is installed, or fails, and never downloads.
    os.environ["PYTHON_JULIAPKG_OFFLINE"] = "yes"
    os.environ.setdefault("PYTHON_JULIAPKG_EXE", shutil.which("julia") or "julia")
    from pysr import PySRRegressor

    names = [f"v{i}" for i in range(len(sample.symbols))]
    with tempfile.TemporaryDirectory(prefix="physforge-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        machine: Any = PySRRegressor(
            **settings(operators, seconds=seconds, seed=seed), tempdir=folder, output_directory=folder
        )
        machine.fit(sample.X, sample.y, variable_names=names)
        found = list(machine.equations_["sympy_format"])
    meaning = {sympy.Symbol(n): s for n, s in zip(names, sample.symbols, strict=True)}
    return [e.xreplace({s: meaning[sympy.Symbol(s.name)] for s in e.free_symbols}) for e in found]
