"""How far are learnt operators from the truth, for functions that they never saw, and what do they cost?

    python -m benchmarks.pinn.operators             # go on where it was stopped
    python -m benchmarks.pinn.operators --anew      # start over
    python -m benchmarks.pinn.operators --table     # write the table of the stored results

Two problems of the literature: the antiderivative of Gaussian random functions with the length scale 0.2 (Lu
et al. 2021), and Burgers' equation with the viscosity 0.01 from periodic initial states drawn from
`N(0, 25^2 (-Laplacian + 25)^-4)`, as Wang, Wang and Perdikaris 2021 draw them. Each is learnt from the
equation alone and from pairs of functions and solutions, with five seeds; errors are relative L2 norms over
the whole domain, for 200 functions. Set OMP_NUM_THREADS=1 to measure on one core.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr

from physforge_kernel.pinn.networks import DeepONet
from physforge_kernel.pinn.operators import (
    GaussianField,
    Operator,
    OperatorPairs,
    OperatorProblem,
    learn_operator,
)

from . import _burgers
from ._machine import processor

RESULTS = Path(__file__).parent.parent / "results" / "operators.json"
SEEDS = range(5)
TESTED = 200
#: Seeds of the functions that are tested lie apart from those that are learnt from.
_UNSEEN = 1000

SOURCES = GaussianField(length_scale=0.2)
#: Wang's draws: the wave with the number k has amplitudes of the standard deviation
#: `sqrt(2) 25^2 ((2 pi k)^2 + 25)^-2`.
_AMPLITUDES = np.sqrt(2) * 625 * ((2 * np.pi * np.arange(1, 200)) ** 2 + 25.0) ** -2
STATES = GaussianField(
    length_scale=np.sqrt(7) / 5,
    amplitude=float(np.sqrt((_AMPLITUDES**2).sum())),
    smoothness=3.5,
    periodic=True,
    balanced=True,
)


@dataclass(frozen=True)
class Learnt:
    """An operator with what it cost."""

    operator: Operator
    data: float
    """CPU seconds for the solutions that it learnt from."""
    cpu: float
    seconds: float


Learn = Callable[[int], Learnt]
Pairs = tuple[xr.DataArray, xr.Dataset]


@dataclass(frozen=True)
class Row:
    """One way to learn one operator."""

    problem: str
    way: str
    learn: Learn
    test: Callable[[int], Pairs]


def sources(count: int, seed: int) -> Pairs:
    """Functions and their antiderivatives, by Gauss-Legendre quadrature between the nodes."""
    nodes, inner = 101, 4
    whole = SOURCES.expansion((0.0, 1.0), 1e-7)
    coordinates = torch.randn(
        count, whole.count, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    ).numpy()
    x = np.linspace(0, 1, nodes)
    places, weights = np.polynomial.legendre.leggauss(inner)
    within = (x[:-1, None] + (places + 1) / 2 * (x[1] - x[0])).ravel()
    values = whole.values(within, coordinates).reshape(count, nodes - 1, inner)
    pieces = values @ weights / 2 * (x[1] - x[0])
    u = np.concatenate([np.zeros((count, 1)), pieces.cumsum(1)], axis=1)
    f = xr.DataArray(whole.values(x, coordinates), {"x": x}, ("sample", "x"))
    return f, xr.Dataset({"u": (("sample", "x"), u)}, {"x": x})


def states(count: int, seed: int) -> Pairs:
    """Initial states and what Burgers' equation makes of them."""
    fine = STATES.draw(count, {"x": (0, 1)}, torch.Generator().manual_seed(seed), nodes=256)
    parts = np.array_split(fine.values, max(1, count // 100))
    u = np.concatenate([_burgers.solve(part) for part in parts])
    f = fine.isel(x=slice(None, None, 2))
    fields = xr.Dataset({"u": (("sample", "t", "x"), u)}, {"t": _burgers.TIMES, "x": f.x.values})
    return f, fields


def antiderivative() -> OperatorProblem:
    """The slope is what is put in."""
    return OperatorProblem("u_x = f", {"x": (0, 1)}, ["u(0) = 0"], {"f": SOURCES})


def burgers() -> OperatorProblem:
    """The initial state is what is put in."""
    return OperatorProblem(
        f"u_t + u*u_x = {_burgers.NU}*u_xx",
        {"x": (0, 1), "t": (0, 1)},
        ["periodic in x", "u(x, 0) = f"],
        {"f": STATES},
    )


def from_equation(problem: OperatorProblem, seconds: float, network: DeepONet | None = None) -> Learn:
    """Learn from a problem for some seconds."""

    def learn(seed: int) -> Learnt:
        cpu, began = time.process_time(), time.monotonic()
        operator = learn_operator(problem, seconds, seed, network=network)
        return Learnt(operator, 0.0, time.process_time() - cpu, time.monotonic() - began)

    return learn


def from_pairs(made: Callable[[int, int], Pairs], count: int) -> Learn:
    """Learn from so many pairs."""

    def learn(seed: int) -> Learnt:
        cpu, began = time.process_time(), time.monotonic()
        f, fields = made(count, seed)
        data = time.process_time() - cpu
        pairs = OperatorPairs(xr.Dataset({"f": f}), fields, periodic=["x"] if "t" in fields.dims else [])
        operator = learn_operator(pairs, seed=seed)
        return Learnt(operator, data, time.process_time() - cpu - data, time.monotonic() - began)

    return learn


def rows() -> Iterator[Row]:
    """Every row of the results."""

    def unseen(made: Callable[[int, int], Pairs]) -> Callable[[int], Pairs]:
        return lambda seed: made(TESTED, _UNSEEN + seed)

    linear, nonlinear = antiderivative(), burgers()
    apart = DeepONet(functions=nonlinear.width, rank=32, width=24, depth=2)
    yield Row("antiderivative", "equation, 20 s", from_equation(linear, 20), unseen(sources))
    yield Row("antiderivative", "500 pairs", from_pairs(sources, 500), unseen(sources))
    yield Row("Burgers", "1000 pairs", from_pairs(states, 1000), unseen(states))
    yield Row("Burgers", "4000 pairs", from_pairs(states, 4000), unseen(states))
    yield Row("Burgers", "equation, 110 s", from_equation(nonlinear, 110), unseen(states))
    yield Row("Burgers", "equation, DeepONet, 110 s", from_equation(nonlinear, 110, apart), unseen(states))


def measure(row: Row, seed: int) -> dict[str, Any]:
    """Learn once, and test on functions that were not learnt from."""
    learnt = row.learn(seed)
    functions, fields = row.test(seed)
    errors, told = [], 0
    for sample in range(TESTED):
        solution = learnt.operator(f=functions.isel(sample=sample))
        errors.append(solution.error(fields.isel(sample=sample)).relative["u"])
        told += bool(solution.notes)
    return {
        "problem": row.problem,
        "way": row.way,
        "seed": seed,
        "mean": float(np.mean(errors)),
        "median": float(np.median(errors)),
        "worst": float(np.max(errors)),
        "told": told,
        "left": learnt.operator.residual,
        "seconds": learnt.seconds,
        "cpu": learnt.cpu,
        "data_cpu": learnt.data,
    }


def table(stored: dict[str, Any]) -> str:
    """The rows as Markdown, over seeds."""
    lines = [
        f"Relative L2 errors for {TESTED} functions that were not learnt from, for each of the seeds; on "
        f"{stored['machine']['processor']}, {stored['machine']['threads']} thread(s), float64. *Told* counts "
        "the functions, over all seeds, that the operator called unusual.",
        "",
        "| operator | learnt from | seeds | mean error | worst mean of a seed | worst error | told | CPU s | "
        "of it data | s |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for problem, way in dict.fromkeys((row["problem"], row["way"]) for row in stored["rows"]):
        own = [row for row in stored["rows"] if (row["problem"], row["way"]) == (problem, way)]
        means = [row["mean"] for row in own]
        cpu = float(np.mean([row["cpu"] + row["data_cpu"] for row in own]))
        lines.append(
            f"| {problem} | {way} | {len(own)} | {np.mean(means):.1e} | {max(means):.1e} | "
            f"{max(row['worst'] for row in own):.1e} | {sum(row['told'] for row in own)} | {cpu:.0f} | "
            f"{np.mean([row['data_cpu'] for row in own]):.0f} | "
            f"{np.mean([row['seconds'] for row in own]):.0f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run what is missing, and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--anew", action="store_true", help="forget earlier results")
    parser.add_argument("--table", action="store_true", help="write the table of the stored results and stop")
    asked = parser.parse_args()
    stored: dict[str, Any] = {"rows": []}
    if RESULTS.is_file() and not asked.anew:
        stored = json.loads(RESULTS.read_text())
    done = {(row["problem"], row["way"], row["seed"]) for row in stored["rows"]}
    for row in rows():
        for seed in SEEDS:
            if asked.table or (row.problem, row.way, seed) in done:
                continue
            stored["rows"].append(measure(row, seed))
            stored["measured"] = datetime.now(UTC).date().isoformat()
            stored["machine"] = {
                "processor": processor(),
                "threads": os.environ.get("OMP_NUM_THREADS", "all"),
                "python": platform.python_version(),
                "torch": torch.__version__,
            }
            RESULTS.write_text(json.dumps(stored, indent=1) + "\n")
            print(json.dumps(stored["rows"][-1]), flush=True)
    text = table(stored)
    RESULTS.with_suffix(".md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
