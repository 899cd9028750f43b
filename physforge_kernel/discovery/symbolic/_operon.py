"""Operon: genetic programming in C++ (Burlacu, Kronberger & Kommenda 2020, doi:10.1145/3377929.3398099).

It runs inside this process, on one thread, through the package pyoperon.
"""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ._sample import Sample

if TYPE_CHECKING:
    import sympy

#: Operators by our names, and what Operon calls them.
_SYMBOLS = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "sqrt": "sqrt", "exp": "exp", "log": "log", "sin": "sin",
    "cos": "cos", "asin": "asin", "acos": "acos", "tanh": "tanh", "tan": "tan", "abs": "abs",
}  # fmt: skip


def missing() -> str | None:
    """Why Operon cannot be used here; None where it can."""
    if find_spec("pyoperon") is None:
        return 'Operon is not installed. Install it: pip install "physforge[symbolic]"'
    return None


def front(sample: Sample, operators: frozenset[str], *, seconds: float, seed: int) -> list[sympy.Expr]:
    """The formulas on Operon's Pareto front after so many seconds."""
    from pyoperon.sklearn import SymbolicRegressor

    symbols = [_SYMBOLS[o] for o in sorted(operators) if o in _SYMBOLS]
    machine: Any = SymbolicRegressor(
        allowed_symbols=",".join([*symbols, "constant", "variable"]),
        objectives=["r2", "length"],
        offspring_generator="basic",
        optimizer_iterations=5,
        max_length=40,
        max_depth=10,
        population_size=500,
        pool_size=500,
        generations=100000,
        max_evaluations=100000000,
        epsilon=1e-5,
        n_threads=1,
        max_time=max(round(seconds), 1),
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        machine.fit(sample.X, sample.y)
    names = {f"X{i + 1}": symbol for i, symbol in enumerate(sample.symbols)}
    made: list[sympy.Expr] = []
    for individual in machine.pareto_front_:
        text = machine.get_model_string(individual["tree"], precision=17)
        made.append(parsed(text, names))
    return made


def parsed(text: str, names: dict[str, sympy.Symbol]) -> sympy.Expr:
    """A formula in Operon's notation; its whole-number powers stay whole."""
    import sympy

    return sympy.parse_expr(text.replace("^", "**"), local_dict=dict(names))
