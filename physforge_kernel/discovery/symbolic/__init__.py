"""Which formula? Symbolic regression with a verdict.

What comes in: a table of inputs and an output, or a field whose derivatives are named. What goes out: a
`SymbolicRegression`: formulas of growing complexity, the one with the shortest description, and a verdict on
it ("identified", "ambiguous", "not identifiable").

`_table` and `_field` take what people have; `_units` and `_symmetry` make the problem smaller; `_search`
runs the stages (`_terms`, `_implicit`, `_enumerate`, `_split`, and the `_engines`); `_pool` fits, snaps
(`_constants`) and measures (`_length`) every formula in the same way, whoever proposed it; `_verdict` says
how sure that is.
"""

from __future__ import annotations

from ._result import Formula, SymbolicRegression
from ._symbolic import OPERATORS, symbolic

__all__ = ["OPERATORS", "Formula", "SymbolicRegression", "symbolic"]
