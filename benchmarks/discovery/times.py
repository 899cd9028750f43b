"""How long does a large field take, and how long PySINDy's weak form on the same samples?

    python benchmarks/discovery/times.py                    # on one core; a minute or so for each row
    python benchmarks/discovery/times.py --laws heat kdv --repeats 5

Fields of the catalogue, and fields that no candidates explain, on 1024 x 512 nodes, and some on
256 x 256 x 200 in the plane, with 10 % of noise. Times are of the processor. The peer takes one fit with
every default: it finds no threshold, no errors and no rivals, so the ratio says what these cost. Rows are
written to benchmarks/results/times.json and .md.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

import _adversarial
import _peers
import numpy as np
import xarray as xr
from _cases import Case
from _store import about
from scipy.interpolate import CubicSpline
from scipy.signal import resample
from threadpoolctl import threadpool_limits

import physforge_kernel as pf

RESULTS = Path(__file__).parent.parent / "results" / "times.json"
LINES = ("heat", "burgers", "kdv", "kuramoto_sivashinsky", "allen_cahn", "cahn_hilliard", "sine_gordon")
UNEXPLAINED = ("potential", "fractional diffusion", "hidden inhibitor")
PLANES = ("lambda_omega", "navier_stokes")
NOISE = 0.1

#: Seconds after which the peer is ended.
PATIENCE = 600.0


def main() -> None:
    """Measure, and write the rows and their table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--laws", nargs="*", default=[*LINES, *UNEXPLAINED, *PLANES])
    parser.add_argument("--repeats", type=int, default=3, help="in one dimension; one in the plane")
    asked = parser.parse_args()
    pf.discover(pf.add_noise(pf.catalogue.get("heat").field(x=64, t=64), NOISE, seed=0))  # imports
    rows = []
    for law in asked.laws:
        with threadpool_limits(1):
            rows.append(measure(law, asked.repeats if law not in PLANES else 1))
        print(table([rows[-1]]).splitlines()[-1], flush=True)
    RESULTS.write_text(json.dumps(about() | {"rows": rows}, indent=1) + "\n")
    RESULTS.with_suffix(".md").write_text(table(rows) + "\n")


def measure(law: str, repeats: int) -> dict[str, Any]:
    """Seconds of a discovery, from the fastest to the slowest, and of the peer's fit."""
    clean, equation = field_of(law)
    case = Case("catalogue", law, equation, lambda start: clean, (NOISE,))
    seconds, right = [], []
    for seed in range(repeats):
        field = case.field(NOISE, seed)
        started = time.process_time()
        found = pf.discover(field)
        seconds.append(round(time.process_time() - started, 2))
        identified = found.verdict.kind == "identified"
        right.append(identified and found.best.equation.same_terms(equation) if equation else not identified)
    peer = _peers.compare(case, NOISE, 0, PATIENCE)["weak"] if _peers.installed() and equation else {}
    shape = [clean.sizes[axis] for axis in clean.sizes]
    return {
        "law": law,
        "shape": shape,
        "components": len(clean.data_vars),
        "seconds": sorted(seconds),
        "right": sum(right),
        "peer": peer,
    }


def field_of(law: str) -> tuple[xr.Dataset, pf.Equation | None]:
    """A large field without noise and its law; None for one that no candidates express."""
    if law in UNEXPLAINED:
        return refined(_adversarial.OUTSIDE[law](0)), None
    known = pf.catalogue.get(law)
    clean = known.field(x=256, y=256, t=200) if law in PLANES else known.field(x=1024, t=512)
    return clean, known.equation


def refined(field: xr.Dataset) -> xr.Dataset:
    """A field u(t, x) on a ring, on 512 x 1024 nodes: by its Fourier series in x, by splines in t."""
    x, t = field.x.values, field.t.values
    times = np.linspace(t[0], t[-1], 512)
    u = CubicSpline(t, resample(field.u.values, 1024, axis=1))(times)
    nodes = x[0] + np.arange(1024) * (x[1] - x[0]) * len(x) / 1024
    return xr.Dataset({"u": (("t", "x"), u)}, {"t": times, "x": nodes})


def table(rows: list[dict[str, Any]]) -> str:
    """Rows as a table in Markdown."""
    lines = [
        "| law | samples | components | right | seconds | PySINDy, one fit | ratio |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        mine, peer = statistics.median(row["seconds"]), row["peer"].get("seconds")
        spread = f"{row['seconds'][0]:.1f} to {row['seconds'][-1]:.1f}"
        silent = "no law | -" if row["law"] in UNEXPLAINED else "does not state it | -"
        compared = f"{peer:.1f} | {mine / peer:.1f}" if peer else silent
        lines.append(
            f"| {row['law']} | {' x '.join(map(str, row['shape']))} | {row['components']} "
            f"| {row['right']} of {len(row['seconds'])} | {spread} | {compared} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
