"""How often does `pf.symbolic` identify a formula where there is none?

    python benchmarks/discovery/special.py                # every row, 15 s of one core each
    python benchmarks/discovery/special.py --only gamma --seeds 5
    python benchmarks/discovery/special.py --table        # write the table again

Functions that no formula of the search's operators tells: special ones, means, and solutions of equations. So
any formula called identified is false. One thousand rows; no setting changes between rows. Budgets are those
of the processor. Finished rows are kept in benchmarks/results/special.json, and a row is measured again only
with `--anew`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from _store import about
from scipy import special

import physforge_kernel as pf
from physforge_kernel.discovery.symbolic import _budget

RESULTS = Path(__file__).parent.parent / "results" / "special.json"
ROWS, NOISE, SEEDS, SECONDS = 1000, (0.01, 0.03), 2, 15.0


def _mean(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The arithmetic-geometric mean."""
    for _ in range(40):
        a, b = (a + b) / 2, np.sqrt(a * b)
    return a


def _kepler(anomaly: np.ndarray, eccentricity: np.ndarray) -> np.ndarray:
    """The eccentric anomaly."""
    angle = anomaly
    for _ in range(80):
        angle = angle - (angle - eccentricity * np.sin(angle) - anomaly) / (1 - eccentricity * np.cos(angle))
    return angle


#: By name the range of each input, and the function.
FUNCTIONS: dict[str, tuple[tuple[tuple[float, float], ...], Callable[..., np.ndarray]]] = {
    "gamma": (((0.5, 5.0),), special.gamma),
    "digamma": (((0.5, 5.0),), special.digamma),
    "zeta": (((1.5, 8.0),), special.zeta),
    "erf": (((-2.0, 2.0),), special.erf),
    "erfc times amplitude": (((0.0, 2.5), (0.5, 2.0)), lambda x, a: a * special.erfc(x)),
    "Bessel J0": (((0.0, 10.0),), special.j0),
    "Bessel J1": (((0.0, 10.0),), special.j1),
    "Airy": (((-6.0, 2.0),), lambda x: special.airy(x)[0]),
    "elliptic integral": (((0.0, 0.9),), special.ellipk),
    "sine integral": (((0.0, 12.0),), lambda x: special.sici(x)[0]),
    "exponential integral": (((0.2, 3.0),), special.exp1),
    "Lambert W": (((0.0, 5.0),), lambda x: special.lambertw(x).real),
    "Fermi integral": (((-2.0, 4.0),), lambda x: -special.spence(1 + np.exp(x))),
    "Dawson": (((0.0, 4.0),), special.dawsn),
    "arithmetic-geometric mean": (((1.0, 5.0), (1.0, 5.0)), _mean),
    "its product": (((0.5, 2.0), (0.5, 2.0), (0.5, 2.0)), lambda a, b, c: _mean(a, b) * c),
    "Kepler": (((0.0, 6.0), (0.0, 0.8)), _kepler),
    "Struve": (((0.0, 12.0),), lambda x: special.struve(0, x)),
    "Legendre of degree 1/2": (((0.0, 0.95),), lambda x: special.lpmv(0, 0.5, x)),
    "Voigt profile": (((-4.0, 4.0),), lambda x: special.voigt_profile(x, 0.6, 0.5)),
}


def measure(name: str, noise: float, seed: int) -> dict[str, Any]:
    """One search."""
    _budget.clock = time.process_time
    ranges, function = FUNCTIONS[name]
    generator = np.random.default_rng(seed)
    X = {f"x{i}": generator.uniform(low, high, ROWS) for i, (low, high) in enumerate(ranges)}
    y = function(*X.values())
    y = y + noise * np.sqrt(np.mean(y**2)) * generator.standard_normal(ROWS)
    started = time.process_time()
    found = pf.symbolic(X, y, seconds=SECONDS, seed=seed)
    return {
        "verdict": found.verdict.kind,
        "found": found.best.text,
        "seconds": round(time.process_time() - started, 1),
    }


def table(rows: dict[str, Any]) -> str:
    """The results as the documentation has them."""
    lines = ["| noise | runs | identified, hence false | which |", "|---|---|---|---|"]
    for noise in NOISE:
        some = {key: row for key, row in rows.items() if key.split("|")[1] == str(noise)}
        false = [key.split("|")[0] for key, row in some.items() if row["verdict"] == "identified"]
        which = ", ".join(dict.fromkeys(false)) or "none"
        lines.append(f"| {100 * noise:g} % | {len(some)} | {len(false)} | {which} |")
    return "\n".join(lines) + "\n"


def _measured(queue: multiprocessing.Queue[dict[str, Any]], *task: Any) -> None:
    queue.put(measure(*task))


def main() -> None:
    """Measure what is missing, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", nargs="*", help="names of functions")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--anew", action="store_true")
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"rows": {}}
    rows, context = kept["rows"], multiprocessing.get_context("spawn")
    wanted = [(name, noise, seed) for seed in range(asked.seeds) for noise in NOISE for name in FUNCTIONS]
    for name, noise, seed in [] if asked.table else wanted:
        key = f"{name}|{noise}|{seed}"
        if (asked.only and name not in asked.only) or (key in rows and not asked.anew):
            continue
        # A process each, so that no row profits from what another has cached.
        queue = context.Queue()
        task = context.Process(target=_measured, args=(queue, name, noise, seed))
        task.start()
        rows[key] = queue.get(timeout=40 * SECONDS + 600)
        task.join()
        print(key, json.dumps(rows[key]), flush=True)
        RESULTS.write_text(json.dumps(about() | {"rows": rows}, indent=1) + "\n")
    RESULTS.with_suffix(".md").write_text(table(rows))


if __name__ == "__main__":
    main()
