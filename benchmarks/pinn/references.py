"""How accurate are the zoo's references?

    python -m benchmarks.pinn.references                  # all; some minutes, most for Schroedinger
    python -m benchmarks.pinn.references --only kdv cavity
    python -m benchmarks.pinn.references --published DIR  # and Raissi's files, where they are in a folder

Each is computed once more, by another method or with twice as much of everything, and held against itself.
The command ends with 1 where one is further off than the zoo says.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from physforge_kernel.pinn import zoo

from ._references import AGAIN, difference

#: Times of a check, among which are early ones; the last is the domain's end.
TIMES = 11

#: Raissi's files (https://github.com/maziarraissi/PINNs) by the problems that they solve.
PUBLISHED = {
    "burgers": ("burgers_shock.mat", "x", "t", "usol"),
    "allen_cahn": ("allen_cahn.mat", "x", "tt", "uu"),
    "kdv_0025": ("kdv.mat", "x", "tt", "uu"),
    "schroedinger": ("nls.mat", "x", "tt", "uu"),
}


def checked(name: str) -> tuple[str, bool]:
    """A line of the table, and whether the reference is as accurate as it should be."""
    entry = zoo.get(name)
    if name not in AGAIN:
        return f"{name:22}closed form", True
    at = {"t": np.linspace(*entry.domain["t"], TIMES)} if "t" in entry.domain else {}
    began = time.perf_counter()
    reference = entry.reference(**at).transpose(*entry.domain)
    seconds = time.perf_counter() - began
    off = difference(reference, AGAIN[name].solve(reference))
    told = ", ".join(f"{component} {value:.1e}" for component, value in off.items())
    good = max(off.values()) <= entry.accuracy
    verdict = f"within {entry.accuracy:.0e}" if good else f"MORE THAN {entry.accuracy:.0e}"
    return f"{name:22}{told:36}{verdict:20}{seconds:6.1f} s   {AGAIN[name].how}", good


def published(folder: Path, name: str) -> str:
    """How far a published file is from the reference."""
    from scipy.io import loadmat

    file, x, t, u = PUBLISHED[name]
    stored = loadmat(folder / file)
    reference = zoo.get(name).reference(x=stored[x].ravel(), t=stored[t].ravel())
    values = stored[u].T
    off = np.linalg.norm(values - reference.u.values) / np.linalg.norm(reference.u.values)
    return f"{name:22}u {off:.1e} to {file}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pinn.references",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--only", nargs="*", choices=zoo.names(), default=zoo.names())
    parser.add_argument("--published", type=Path, metavar="DIR")
    asked = parser.parse_args()
    good = True
    for name in asked.only:
        line, fine = checked(name)
        good &= fine
        print(line, flush=True)
        if asked.published is not None and name in PUBLISHED:
            print(published(asked.published, name), flush=True)
    sys.exit(not good)


if __name__ == "__main__":
    main()
