"""How many of fifty formulas of the Feynman Lectures does `pf.symbolic` recover exactly?

    python benchmarks/discovery/feynman.py                       # every row, 60 s of one core each
    python benchmarks/discovery/feynman.py --seconds 15          # a quicker look, kept apart
    python benchmarks/discovery/feynman.py --table               # write the table again

All formulas of volume I (`_feynman.py`), 10,000 rows, one seed, no units given, no noise and Gaussian noise
of 1 % of the output's RMS; no setting changes between rows. Recovered exactly means what SRBench (La Cava et
al. 2021) calls a symbolic solution: the difference from the truth, or the ratio to it, is a constant. Budgets
and times are those of the processor, so that other work on the machine does not count. Finished rows are kept
in benchmarks/results/feynman.json, and a row is measured again only with `--anew`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import sympy
from _feynman import FORMULAS, Formula

import physforge_kernel as pf
from physforge_kernel.discovery.symbolic import _budget
from physforge_kernel.discovery.symbolic._exchange import exchanged

RESULTS = Path(__file__).parent.parent / "results" / "feynman.json"
ROWS, NOISE, SEED = 10_000, (0.0, 0.01), 0
BARS = {0.0: (60, "Operon 16.6, AI Feynman 55.8"), 0.01: (30, "Operon 0.1, AI Feynman 0")}


def sample(formula: Formula, noise: float) -> tuple[dict[str, np.ndarray], np.ndarray, sympy.Expr]:
    """Inputs by name, outputs, and the true formula."""
    generator = np.random.default_rng(SEED)
    symbols = {name: sympy.Symbol(name, real=True) for name in formula.ranges}
    true = sympy.parse_expr(formula.text, local_dict=symbols)
    X = {name: generator.uniform(low, high, ROWS) for name, (low, high) in formula.ranges.items()}
    y = np.asarray(sympy.lambdify(list(symbols.values()), true, "numpy")(*X.values()))
    return X, y + noise * np.sqrt(np.mean(y**2)) * generator.standard_normal(ROWS), true


def recovered(found: sympy.Expr, true: sympy.Expr, formula: Formula) -> bool:
    """Whether difference or ratio is a constant.

    SymPy may take forever to see that two forms are one. So forty digits are computed at two hundred points
    inside and outside of the ranges, where no other formula agrees by chance.
    """
    symbols: dict[str, Any] = {str(s): s for s in true.free_symbols}
    found = exchanged(found, {s: symbols.get(str(s), s) for s in found.free_symbols})
    if not found.free_symbols <= true.free_symbols:
        return False
    generator = np.random.default_rng(1)
    ratios, differences = [], []
    while len(ratios) < 200:
        at: dict[Any, Any] = {
            symbols[n]: sympy.Float(str(generator.uniform(low, 1.1 * high)), 40)
            for n, (low, high) in formula.ranges.items()
        }
        a, b = found.evalf(40, subs=at), true.evalf(40, subs=at)
        if not (a.is_real and b.is_real):
            ratios.append(None)
            differences.append(None)
            continue
        ratios.append(a / b)
        differences.append(a - b)
    return any(
        len(kept) > 50 and max(abs(v - kept[0]) for v in kept) <= 1e-9 * max(abs(kept[0]), least)
        for kept, least in (
            ([v for v in ratios if v is not None], 0.0),
            ([v for v in differences if v is not None], 1e-3),
        )
    )


def measure(formula: Formula, noise: float, seconds: float) -> dict[str, Any]:
    """One search, held against the truth."""
    _budget.clock = time.process_time
    X, y, true = sample(formula, noise)
    started = time.process_time()
    found = pf.symbolic(X, y, seconds=seconds, seed=SEED)
    spent = time.process_time() - started
    return {
        "exact": recovered(found.best.expression, true, formula),
        "found": found.best.text,
        "verdict": found.verdict.kind,
        "relative_rmse": float(np.sqrt(found.best.loss / np.mean(y**2))),
        "seconds": round(spent, 1),
    }


def _measured(queue: multiprocessing.Queue[dict[str, Any]], *task: Any) -> None:
    queue.put(measure(*task))


def table(rows: dict[str, Any]) -> str:
    """The results as the documentation has them."""
    lines = [
        "All fifty formulas of volume I of the Feynman Symbolic Regression Database (Udrescu & Tegmark",
        "2020), 10,000 rows, one seed, one core, no units given. Written by",
        "`benchmarks/discovery/feynman.py`.",
        "Published bars: SRBench (La Cava et al. 2021), on all its Feynman problems.",
        "",
        "| seconds each | noise | rows | exact | share | bar | published | wrong but identified |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for limit in sorted({key.split("|")[2] for key in rows}, key=float):
        for noise in NOISE:
            some = [r for k, r in rows.items() if k.split("|")[1:] == [str(noise), limit]]
            if some:
                exact = sum(r["exact"] for r in some)
                false = sum(r["verdict"] == "identified" and not r["exact"] for r in some)
                bar, published = BARS[noise]
                lines.append(
                    f"| {limit} | {100 * noise:g} % | {len(some)} of {len(FORMULAS)} | {exact} | "
                    f"{100 * exact / len(some):.0f} % | {bar} % | {published} | {false} |"
                )
    for limit in sorted({key.split("|")[2] for key in rows}, key=float):
        lines += ["", f"**{limit} s each**", "", "| formula | noise | exact | verdict | CPU s | found |"]
        lines.append("|---|---|---|---|---|---|")
        for formula in FORMULAS:
            for noise in NOISE:
                row = rows.get(f"{formula.number}|{noise}|{limit}")
                if row:
                    lines.append(
                        f"| {formula.number} | {100 * noise:g} % | {'yes' if row['exact'] else 'no'} | "
                        f"{row['verdict']} | {row['seconds']} | `{row['found'][:150]}` |"
                    )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure what is missing, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--noise", type=float, nargs="*", default=list(NOISE))
    parser.add_argument("--only", nargs="*", help="numbers of formulas, such as I.12.1")
    parser.add_argument("--anew", action="store_true")
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    rows: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    context = multiprocessing.get_context("spawn")
    for noise in () if options.table else options.noise:
        for formula in FORMULAS:
            key = f"{formula.number}|{noise}|{options.seconds:g}"
            if (options.only and formula.number not in options.only) or (key in rows and not options.anew):
                continue
            # A process each, so that no row profits from what another has cached.
            queue = context.Queue()
            task = context.Process(target=_measured, args=(queue, formula, noise, options.seconds))
            task.start()
            rows[key] = queue.get(timeout=40 * options.seconds + 600)
            task.join()
            print(key, json.dumps(rows[key]), flush=True)
            RESULTS.write_text(json.dumps(rows, indent=1) + "\n")
    RESULTS.with_suffix(".md").write_text(table(rows))


if __name__ == "__main__":
    main()
