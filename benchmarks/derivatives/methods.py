"""How wrong are the derivatives of each method, how honest is its stated error, and does `auto` choose well?

    python benchmarks/derivatives/methods.py            # go on where it was stopped
    python benchmarks/derivatives/methods.py --anew     # start over
    python benchmarks/derivatives/methods.py --table    # write the table of the stored results

Six functions whose derivatives are known, at four levels of Gaussian noise (as a fraction of the rms) and in
three samplings; the first derivative, over three seeds. No setting changes between rows. Peers run beside
where they are installed (`pip install pysindy pynumdiff`): PySINDy's smoothed finite differences; SciPy's
`savgol_filter` with the window and degree that these use; `numpy.gradient`; and pynumdiff's Savitzky-Golay
with its own search of settings, at 5 % noise and on one seed, told below which frequency the signal is.
"""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

import physforge_kernel as pf
from physforge_kernel.derivatives import methods

RESULTS = Path(__file__).parent.parent / "results" / "derivatives.json"
NOISE = (0.0, 0.01, 0.05, 0.2)
SEEDS = 3
_SEARCHED = 0.05


@dataclass(frozen=True)
class Function:
    """A function on the interval from 0 to 2 pi, and its derivative."""

    name: str
    value: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]
    periodic: bool
    waves: float
    """About how many waves its finest features have."""


def _front(x: np.ndarray) -> np.ndarray:
    return 5 * np.cos(x) / np.cosh(5 * np.sin(x)) ** 2


FUNCTIONS = (
    Function(
        "two waves",
        lambda x: np.sin(x) + 0.5 * np.cos(3 * x),
        lambda x: np.cos(x) - 1.5 * np.sin(3 * x),
        True,
        3,
    ),
    Function("fronts", lambda x: np.tanh(5 * np.sin(x)), _front, True, 10),
    Function(
        "pulse", lambda x: np.exp(2 * np.sin(x)), lambda x: 2 * np.cos(x) * np.exp(2 * np.sin(x)), True, 5
    ),
    Function("chirp", lambda x: np.sin(x**2 / 2), lambda x: x * np.cos(x**2 / 2), False, 6),
    Function(
        "decay",
        lambda x: np.exp(-x) * np.cos(4 * x),
        lambda x: -np.exp(-x) * (np.cos(4 * x) + 4 * np.sin(4 * x)),
        False,
        4,
    ),
    Function(
        "kinks",
        lambda x: np.abs(x - 2) - 2 * np.abs(x - 4.5),
        lambda x: np.sign(x - 2) - 2 * np.sign(x - 4.5),
        False,
        10,
    ),
)

SAMPLINGS: dict[str, Callable[[np.random.Generator], Any]] = {
    "400 even": lambda rng: np.arange(400) * 2 * np.pi / 400,
    "60 even": lambda rng: np.arange(60) * 2 * np.pi / 60,
    "150 uneven": lambda rng: 2 * np.pi * (np.arange(150) + rng.uniform(-0.45, 0.45, 150)) / 150 + 0.02,
}


def peers() -> dict[str, Callable[[np.ndarray, np.ndarray, Function], np.ndarray]]:
    """What else is installed, by name."""
    found: dict[str, Callable[[np.ndarray, np.ndarray, Function], np.ndarray]] = {
        "numpy.gradient": lambda x, u, f: np.gradient(u, x, edge_order=2),
        "scipy savgol 11,3": _scipy,
    }
    try:
        smoothed = importlib.import_module("pysindy").SmoothedFiniteDifference()
        found["pysindy smoothed"] = lambda x, u, f: smoothed._differentiate(u[:, None], x)[:, 0]
    except ImportError:
        print("PySINDy is not installed: its columns stay empty.")
    try:
        search = importlib.import_module("pynumdiff.optimize").optimize
        savgol = importlib.import_module("pynumdiff.polynomial_fit").savgoldiff

        def searched(x: np.ndarray, u: np.ndarray, f: Function) -> np.ndarray:
            step = float(x[1] - x[0])
            if np.ptp(np.diff(x)) > 1e-6 * step:
                raise ValueError("needs even steps")
            chosen, _ = search(savgol, u, step, bandlimit=2 * f.waves / (2 * np.pi), parallel=False)
            return savgol(u, step, **chosen)[1]

        found["pynumdiff savgol"] = searched
    except ImportError:
        print("pynumdiff is not installed: its columns stay empty.")
    return found


def _scipy(x: np.ndarray, u: np.ndarray, function: Function) -> Any:
    from scipy.signal import savgol_filter

    if np.ptp(np.diff(x)) > 1e-6 * float(x[1] - x[0]):
        raise ValueError("needs even steps")
    return savgol_filter(u, 11, 3, deriv=1, delta=float(x[1] - x[0]))


def cases() -> Iterator[tuple[Function, str, float]]:
    """Every row of the results."""
    for function in FUNCTIONS:
        for sampling in SAMPLINGS:
            for noise in NOISE:
                yield function, sampling, noise


def measure(function: Function, sampling: str, noise: float) -> dict[str, Any]:
    """Every method on one row: the rms error relative to the derivative's, and how often 2 sd held it."""
    others = peers()
    runs: dict[str, list[dict[str, Any]]] = {}
    for seed in range(SEEDS if noise else 1):
        rng = np.random.default_rng(seed)
        x = SAMPLINGS[sampling](rng)
        clean, truth = function.value(x), function.slope(x)
        size = float(np.sqrt(np.mean(truth**2)))
        u = clean + noise * np.sqrt(np.mean(clean**2)) * rng.standard_normal(len(x))
        field = xr.Dataset({"u": ("x", u)}, {"x": x})
        periodic = True if function.periodic and sampling.endswith(" even") else None
        for name in ("auto", *methods()):
            started = time.process_time()
            try:
                found = pf.differentiate(field, "u_x", method=name, periodic=periodic)
            except pf.PhysForgeError:
                continue
            wrong = np.abs(found["u_x"].values - truth)
            run = {
                "error": float(np.sqrt(np.mean(wrong**2))) / size,
                "held": float(np.mean(wrong <= 2 * found["u_x_error"].values)),
                "seconds": time.process_time() - started,
            }
            if name == "auto":
                run["chose"] = found["u_x"].attrs["method"].partition(": ")[2]
            runs.setdefault(name, []).append(run)
        for name, other in others.items():
            if name == "pynumdiff savgol" and (seed or noise != _SEARCHED):
                continue  # its search takes ten seconds: one seed at one level has to do
            started = time.process_time()
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    wrong = np.abs(other(x, u, function) - truth)
            except ValueError:
                continue
            run = {
                "error": float(np.sqrt(np.mean(wrong**2))) / size,
                "seconds": time.process_time() - started,
            }
            runs.setdefault(name, []).append(run)
    return {"function": function.name, "sampling": sampling, "noise": noise, "runs": runs}


def typical(row: dict[str, Any], name: str, what: str = "error") -> float | None:
    """The mean over seeds; None where the method does not apply."""
    runs = row["runs"].get(name)
    return float(np.mean([run[what] for run in runs])) if runs else None


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as Markdown: relative rms errors, the best method's in bold."""
    own = ["auto", *methods()]
    others = ["numpy.gradient", "scipy savgol 11,3", "pysindy smoothed", "pynumdiff savgol"]
    lines = [
        "| function | samples | noise | chosen | " + " | ".join([*own, *others]) + " |",
        "|---|---|--:|---|" + "--:|" * (len(own) + len(others)),
    ]
    for row in rows:
        errors = {name: typical(row, name) for name in [*own, *others]}
        least = min(value for name, value in errors.items() if value is not None and name in own)
        cells = []
        for value in errors.values():
            text = "" if value is None else f"{value:.2g}"
            cells.append(f"**{text}**" if value is not None and value <= least else text)
        chose = ", ".join(sorted({run["chose"] for run in row["runs"]["auto"]}))
        lines.append(
            f"| {row['function']} | {row['sampling']} | {row['noise']:.0%} | {chose} | "
            + " | ".join(cells)
            + " |"
        )
    return "\n".join(lines)


def summary(rows: list[dict[str, Any]]) -> str:
    """How well `auto` chose, run by run, and how often two standard errors held the truth."""
    lines = [
        "| noise | auto within 1.5 of the best | of it, median | auto against pysindy, median |",
        "|---|--:|--:|--:|",
    ]
    for noise in [*NOISE, None]:
        ratios, against = [], []
        for row in rows:
            if noise is not None and row["noise"] != noise:
                continue
            for k, run in enumerate(row["runs"]["auto"]):
                best = min(row["runs"][name][k]["error"] for name in methods() if name in row["runs"])
                ratios.append(run["error"] / max(best, 1e-12))
                if "pysindy smoothed" in row["runs"]:
                    against.append(run["error"] / row["runs"]["pysindy smoothed"][k]["error"])
        if ratios:
            level = "all" if noise is None else f"{noise:.0%}"
            good = sum(ratio <= 1.5 for ratio in ratios)
            peer = f"{np.median(against):.2g}" if against else ""
            lines.append(f"| {level} | {good}/{len(ratios)} | {np.median(ratios):.2f} | {peer} |")
    lines += ["", "| 2 sd held the truth | " + " | ".join(["auto", *methods()]) + " |"]
    lines.append("|---|" + "--:|" * (1 + len(methods())))
    for noise in NOISE:
        cells = []
        for name in ["auto", *methods()]:
            held = [run["held"] for row in rows if row["noise"] == noise for run in row["runs"].get(name, ())]
            cells.append(f"{100 * np.mean(held):.0f} %" if held else "")
        lines.append(f"| noise {noise:.0%} | " + " | ".join(cells) + " |")
    cells = []
    for name in ["auto", *methods()]:
        spent = [run["seconds"] for row in rows for run in row["runs"].get(name, ())]
        cells.append(f"{np.median(spent):.2f}" if spent else "")
    lines.append("| seconds, median | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Run what is missing, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--anew", action="store_true", help="forget earlier results")
    parser.add_argument("--table", action="store_true", help="write the table of the stored results and stop")
    asked = parser.parse_args()
    stored: dict[str, Any] = {"rows": []}
    if RESULTS.is_file() and not asked.anew:
        stored = json.loads(RESULTS.read_text())
    done = {(row["function"], row["sampling"], row["noise"]) for row in stored["rows"]}
    for function, sampling, noise in cases():
        if asked.table or (function.name, sampling, noise) in done:
            continue
        row = measure(function, sampling, noise)
        stored["rows"].append(row)
        stored["measured"] = datetime.now(UTC).date().isoformat()
        stored["machine"] = {"python": platform.python_version(), "numpy": np.__version__}
        RESULTS.write_text(json.dumps(stored, indent=1) + "\n")
        print(table([row]).splitlines()[-1], flush=True)
    text = summary(stored["rows"]) + "\n\n" + table(stored["rows"]) + "\n"
    RESULTS.with_suffix(".md").write_text(text)
    print(summary(stored["rows"]))


if __name__ == "__main__":
    main()
