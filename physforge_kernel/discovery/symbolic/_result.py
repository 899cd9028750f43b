"""What symbolic regression gives back: formulas of growing complexity, the one to believe, and a verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import DiscoveryError
from .._verdict import Verdict
from ._exchange import exchanged

if TYPE_CHECKING:
    import pandas as pd
    import sympy

    from ...equations import Equation


@dataclass(frozen=True)
class Formula:
    """`expression` of the named inputs; `complexity`: its nodes; `loss`: mean squared error, in the output's
    units; `length`: bits to describe the data with it; `free`: its constants that are just numbers."""

    target: str
    expression: sympy.Expr
    complexity: int
    loss: float
    length: float
    free: int

    @property
    def text(self) -> str:
        """One line, as in `F = m*a`, constants to six digits."""
        return f"{self.target} = {self._rounded}".replace("**", "^")

    @property
    def latex(self) -> str:
        """LaTeX of the formula with its left side."""
        import sympy

        return f"{sympy.latex(sympy.Symbol(self.target))} = {sympy.latex(self._rounded)}"

    @cached_property
    def _rounded(self) -> sympy.Expr:
        import sympy

        return exchanged(self.expression, {f: sympy.Float(f, 6) for f in self.expression.atoms(sympy.Float)})

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class SymbolicRegression:
    """Formulas for a table, of which `best` has the shortest description, and a `verdict` on that.

    `formulas` are those of growing complexity that no plainer one fits better than; `rivals` the texts of
    others that the data cannot tell from the best.
    """

    best: Formula
    formulas: tuple[Formula, ...]
    verdict: Verdict
    variables: tuple[str, ...]
    target: str
    rivals: tuple[str, ...]
    notes: tuple[str, ...]
    settings: Mapping[str, Any]
    seconds: float = field(compare=False)
    columns: tuple[str, ...] = ()
    """What the inputs are called in the table, where a formula cannot have their names."""

    @cached_property
    def equations_(self) -> pd.DataFrame:
        """The formulas as PySR tells them: complexity, loss, score, equation, sympy_format.

        `score` is how fast the logarithm of the loss falls with complexity.
        """
        import pandas as pd

        rows, last = [], None
        for f in self.formulas:
            score = 0.0
            if last is not None and f.complexity > last.complexity:
                fall = math.log(max(last.loss, 1e-300) / max(f.loss, 1e-300))
                score = max(fall / (f.complexity - last.complexity), 0.0)
            rows.append(
                {
                    "complexity": f.complexity,
                    "loss": f.loss,
                    "score": score,
                    "equation": f.text,
                    "sympy_format": f.expression,
                }
            )
            last = f
        return pd.DataFrame(rows)

    def predict(self, X: Any) -> np.ndarray:
        """The best formula's output, (n,), for inputs (n, d), or for a table with the inputs' names.

        Raises:
            DiscoveryError: `X` has other columns than the inputs.
        """
        import sympy

        if hasattr(X, "columns") or isinstance(X, Mapping):
            handed = self.columns or self.variables
            names = [c if c in X else v for c, v in zip(handed, self.variables, strict=True)]
            missing = [name for name in names if name not in X]
            if missing:
                raise DiscoveryError(
                    f"The table has no column {missing[0]!r}; it has {', '.join(map(str, X))}."
                )
            columns = [np.asarray(X[name], dtype=float) for name in names]
        else:
            values = np.atleast_2d(np.asarray(X, dtype=float))
            if values.shape[1] != len(self.variables):
                raise DiscoveryError(
                    f"X has {values.shape[1]} columns; the formula has {len(self.variables)} inputs, "
                    f"{', '.join(self.variables)}."
                )
            columns = list(values.T)
        function = sympy.lambdify([sympy.Symbol(n) for n in self.variables], self.best.expression, "numpy")
        with np.errstate(all="ignore"):
            made = np.asarray(function(*columns), dtype=float)
        return np.broadcast_to(made, np.shape(columns[0]) if columns else made.shape).copy()

    def latex(self) -> str:
        """LaTeX of the best formula."""
        return self.best.latex

    @property
    def equation(self) -> Equation:
        """The best formula as an equation, where the target is a derivative such as u_t.

        Raises:
            EquationError: it is not one that an `Equation` can hold.
        """
        from ...equations import Equation

        return Equation(f"{self.target} = {self.best.expression}".replace("Abs(", "abs("))

    def to_dict(self) -> dict[str, Any]:
        """JSON-able summary."""
        return {
            "equation": self.best.text,
            "expression": str(self.best.expression),
            "latex": self.best.latex,
            "verdict": {"kind": self.verdict.kind, "text": self.verdict.text},
            "rivals": list(self.rivals),
            "notes": list(self.notes),
            "variables": list(self.variables),
            "target": self.target,
            "equations": [
                {
                    "complexity": f.complexity,
                    "loss": f.loss,
                    "equation": f.text,
                    "latex": f.latex,
                }
                for f in self.formulas
            ],
            "settings": dict(self.settings),
            "seconds": self.seconds,
        }

    def __str__(self) -> str:
        lines = [self.best.text, "", str(self.verdict)]
        lines += [f"- as well: {rival}" for rival in self.rivals] + [f"- {note}" for note in self.notes]
        lines += ["", f"{'complexity':>10}  {'loss':>9}  formula"]
        lines += [f"{f.complexity:>10}  {f.loss:>9.2e}  {f.text}" for f in self.formulas]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{f.complexity}</td><td>{f.loss:.2e}</td>"
            f"<td style='text-align:left'>${escape(f.latex)}$</td></tr>"
            for f in self.formulas
        )
        notes = "".join(
            f"<li>{escape(n)}</li>" for n in (*(f"as well: {r}" for r in self.rivals), *self.notes)
        )
        return (
            f"<div><p>${escape(self.best.latex)}$</p>"
            f"<p><b>{escape(self.verdict.kind)}</b>: {escape(self.verdict.text)}</p><ul>{notes}</ul>"
            "<table><tr><th>complexity</th><th>loss</th><th style='text-align:left'>formula</th></tr>"
            f"{rows}</table></div>"
        )
