"""SymPy's simplification, in a process of its own that is stopped when it takes too long."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sympy

_CHILD = """
import json, sys
import sympy
task = json.load(sys.stdin)
symbols = {name: sympy.Symbol(name, **kind) for name, kind in task["symbols"].items()}
def size(e):
    return sympy.count_ops(e), len(str(e))
for text in task["texts"]:
    e = sympy.parse_expr(text, local_dict=symbols)
    best = e
    for attempt in (sympy.factor_terms, sympy.factor, sympy.together, sympy.cancel, sympy.simplify):
        try:
            made = attempt(e)
        except Exception:
            continue
        if size(made) < size(best):
            best = made
    print(json.dumps(str(best)), flush=True)
"""


def simplified(expressions: Sequence[sympy.Expr], seconds: float) -> list[sympy.Expr]:
    """The formulas in shorter form where SymPy finds one in time, as they are where it does not."""
    import sympy

    symbols = {str(s): s for e in expressions for s in e.free_symbols}
    task = {
        "texts": [str(e) for e in expressions],
        "symbols": {n: {"positive": True} if s.is_positive else {"real": True} for n, s in symbols.items()},
    }
    try:
        done = subprocess.run(
            [sys.executable, "-c", _CHILD], input=json.dumps(task), capture_output=True, text=True,
            timeout=seconds, check=False,
        )  # fmt: skip
        lines = done.stdout.splitlines()
    except subprocess.TimeoutExpired as late:
        out = late.stdout or b""
        lines = (out.decode() if isinstance(out, bytes) else out).splitlines()
    whole = [line for line in lines if line.startswith('"') and line.endswith('"') and len(line) > 2]
    made = [sympy.parse_expr(json.loads(line), local_dict=symbols) for line in whole]
    return [*made, *expressions[len(made) :]]
