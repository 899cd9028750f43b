"""How often is the law right, how wide are its intervals, how long does it take?

    python benchmarks/discovery/laws.py                       # laws of the catalogue
    python benchmarks/discovery/laws.py --pde-find FOLDER     # and files of PDE-FIND (Rudy et al. 2017)

Every row is a law at a noise level over seeds 0 to 9; no setting changes between rows. Finished rows are kept
in benchmarks/results/discovery.json, so that the command goes on where it was stopped; `--anew` starts over.
Times are those of the processor, which discovery uses one core of, so that other work on the machine does not
count. `--table` writes the table of the documentation.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

import physforge_kernel as pf

RESULTS = Path(__file__).parent.parent / "results" / "discovery.json"
NOISE = (0.0, 0.05, 0.2, 0.5)
SEEDS = 10

PDE_FIND = {
    "burgers": "u_t = -u*u_x + 0.1*u_xx",
    "kdv": "u_t = -6*u*u_x - u_xxx",
    "kuramoto_sivashinsky": "u_t = -u*u_x - u_xx - u_xxxx",
}


def cases(pde_find: Path | None) -> Iterator[tuple[str, str, xr.Dataset, pf.Equation]]:
    """Source, name, clean field and true law of every case."""
    for name in pf.catalogue.names():
        law = pf.catalogue.get(name)
        yield "catalogue", name, law.field(), law.equation
    for name, text in PDE_FIND.items() if pde_find else ():
        field = pf.read(Path(str(pde_find)) / f"{name}.mat")
        [variable] = [v for v in field.data_vars if field[v].ndim == 2]
        yield "pde_find", name, field[[variable]].rename({variable: "u"}), pf.Equation(text)


def measure(field: xr.Dataset, true: pf.Equation, fraction: float, seed: int) -> dict[str, Any]:
    """One discovery, held against the truth."""
    noisy = pf.add_noise(field, fraction, seed=seed) if fraction else field
    started = time.process_time()
    found = pf.discover(noisy)
    seconds = time.process_time() - started
    right = found.best.equation.same_terms(true)
    row: dict[str, Any] = {"right": right, "verdict": found.verdict.kind, "seconds": seconds}
    if right:
        errors, inside = [], []
        intervals = found.best.intervals(0.95)
        for left, terms in true.terms.items():
            for term, value in terms.items():
                number = complex(value)
                low, high = (complex(end) for end in intervals[left][term])
                errors.append(abs((low + high) / 2 / number - 1))
                real, imaginary = low.real <= number.real <= high.real, low.imag <= number.imag <= high.imag
                inside.append(bool(real and imaginary))
        row |= {"error": max(errors), "inside": inside}
    else:
        row["law"] = found.best.equation.text
    return row


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """What a row of the table says of its runs."""
    right = [run for run in runs if run["right"]]
    inside = [held for run in right for held in run["inside"]]
    return {
        "runs": len(runs),
        "right": len(right),
        "identified and right": sum(run["verdict"] == "identified" for run in right),
        "identified and wrong": sum(run["verdict"] == "identified" for run in runs if not run["right"]),
        "error": float(np.mean([run["error"] for run in right])) if right else None,
        "held": f"{sum(inside)}/{len(inside)}" if inside else None,
        "seconds": float(np.median([run["seconds"] for run in runs])),
    }


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as Markdown."""
    lines = [
        "| law | data | noise | right | identified | identified, wrong | mean error | 95 % held | seconds |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        s = row["summary"]
        error = "" if s["error"] is None else f"{100 * s['error']:.2g} %"
        name = row["law"].replace("_", " ")
        lines.append(
            f"| {name} | {row['source']} | {row['noise']:.0%} | {s['right']}/{s['runs']} "
            f"| {s['identified and right']} | {s['identified and wrong']} | {error} | {s['held'] or ''} "
            f"| {s['seconds']:.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run what is missing, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pde-find", type=Path, help="folder with the files of PDE-FIND")
    parser.add_argument("--anew", action="store_true", help="forget earlier results")
    parser.add_argument("--table", action="store_true", help="write the table of the stored results and stop")
    asked = parser.parse_args()
    stored: dict[str, Any] = {"rows": []}
    if RESULTS.is_file() and not asked.anew:
        stored = json.loads(RESULTS.read_text())
    if asked.table:
        RESULTS.with_suffix(".md").write_text(table(stored["rows"]) + "\n")
        print(table(stored["rows"]))
        return
    stored["machine"] = {
        "processor": _processor(),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }
    done = {(row["source"], row["law"], row["noise"]) for row in stored["rows"]}
    for source, name, field, true in cases(asked.pde_find):
        for fraction in NOISE:
            if (source, name, fraction) in done:
                continue
            runs = [measure(field, true, fraction, seed) for seed in range(SEEDS if fraction else 1)]
            row = {"law": name, "source": source, "noise": fraction, "summary": summary(runs), "runs": runs}
            stored["rows"].append(row)
            stored["measured"] = datetime.now(UTC).date().isoformat()
            RESULTS.write_text(json.dumps(stored, indent=1) + "\n")
            RESULTS.with_suffix(".md").write_text(table(stored["rows"]) + "\n")
            print(table([row]).splitlines()[-1], flush=True)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


if __name__ == "__main__":
    main()
