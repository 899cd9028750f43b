"""How near does `solve` come to the solutions of the zoo, in what time, and how near does DeepXDE?

    python -m benchmarks.pinn.problems                        # what is not measured yet, seeds 0 to 4
    python -m benchmarks.pinn.problems burgers --seeds 0
    python -m benchmarks.pinn.problems --peers                # DeepXDE's scripts (extra `benchmarks`), seed 0
    python -m benchmarks.pinn.problems --reach                # how soon `solve` is as near as these
    python -m benchmarks.pinn.problems kdv --again            # measures rows anew
    python -m benchmarks.pinn.problems --table                # writes the table of what is there

Every training runs in a process of its own with one thread, in double precision and with the settings that
`solve` has by default. Its seconds are those of the processor, so that other work on the machine does not
count. Finished rows are kept in benchmarks/results/pinn.json, so that a stopped command goes on; the table is
benchmarks/results/pinn.md.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ._machine import processor

RESULTS = Path(__file__).parents[1] / "results"
STORE, TABLE = RESULTS / "pinn.json", RESULTS / "pinn.md"
SEEDS = (0, 1, 2, 3, 4)
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Bar:
    """What a row is held to.

    Attributes:
        problem: its name in the zoo.
        seconds: of the processor.
        error: the relative L2 error that has to be reached by then, of the worst component.
    """

    problem: str
    seconds: float
    error: float

    @property
    def key(self) -> str:
        """What tells the row from others."""
        return f"{self.problem} {self.seconds:g}"


BARS = (
    Bar("burgers", 60, 1e-4),
    Bar("burgers", 300, 1e-5),
    Bar("allen_cahn", 60, 1e-3),
    Bar("allen_cahn", 300, 1e-4),
    Bar("kdv", 300, 1e-3),
    Bar("wave", 120, 1e-5),
    Bar("poisson_multiscale", 120, 1e-5),
    Bar("helmholtz", 120, 1e-5),
    Bar("poisson_5d", 120, 1e-5),
    Bar("schroedinger", 300, 1e-3),
    Bar("advection", 300, 1e-3),
    Bar("cavity", 300, 1e-2),
    Bar("burgers_inverse", 60, 1e-2),
)


def measure(bar: Bar, seed: int) -> dict[str, Any]:
    """A row: what `solve` reaches in the seconds of a bar."""
    context = multiprocessing.get_context("spawn")
    for name in _THREADS:
        os.environ[name] = "1"
    with context.Pool(1) as pool:
        return pool.apply(_measured, (bar.problem, bar.seconds, seed))


def _measured(name: str, seconds: float, seed: int) -> dict[str, Any]:
    import torch

    from physforge_kernel.pinn import Settings, zoo
    from physforge_kernel.pinn._course import Course
    from physforge_kernel.pinn._solve import default_network

    torch.set_num_threads(1)
    entry = zoo.get(name)
    problem = entry.problem(seed)
    began, cpu = time.monotonic(), time.process_time()
    course = Course(
        problem, seconds, seed, default_network(problem), None, Settings(), clock=time.process_time
    )
    solution = course.run()
    row: dict[str, Any] = {
        "seed": seed,
        "seconds": time.monotonic() - began,
        "cpu": time.process_time() - cpu,
        "error": {**solution.error(entry.reference()).relative},
        "residual": solution.residual,
        "condition": solution.condition,
        "stretches": len(solution.stretches),
        "looks": int(solution.history.sizes["look"]),
    }
    for constant, truth in entry.truth.items():
        low, high = solution.intervals()[constant]
        off = abs(solution.parameters[constant] / truth - 1)
        row["found"] = {"name": constant, "off": off, "interval": [low, high], "covers": low < truth < high}
    return row


def table(stored: Mapping[str, Any]) -> str:
    """The table as Markdown."""
    machine = stored["machine"]
    lines = [
        "# Problems solved by physics-informed networks",
        "",
        f"{machine['processor']}, one thread, float64, seconds of the processor. Errors are relative in L2, "
        "of the worst component (for the inverse problem that of the constant), the median over seeds with "
        "the worst in brackets; so is `as near in`, "
        "the share of DeepXDE's seconds in which `solve` is as near; `python -m benchmarks.pinn.problems` "
        "measures them.",
        "",
        "| problem | seconds | asked | error | seeds that reach it | stretches | DeepXDE | as near in |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for bar in BARS:
        rows = stored["rows"].get(bar.key, {})
        if not rows:
            continue
        errors = [_judged(row) for row in rows.values()]
        reached = sum(error <= bar.error for error in errors)
        stretches = statistics.median(row["stretches"] for row in rows.values())
        lines.append(
            f"| {bar.problem} | {bar.seconds:g} | {bar.error:.0e} | "
            f"{statistics.median(errors):.1e} ({max(errors):.1e}) | {reached} of {len(rows)} | "
            f"{stretches:g} | {_peer(stored, bar.problem)} | {_reached(stored, bar.problem)} |"
        )
    covered = [
        row["found"]["covers"] for rows in stored["rows"].values() for row in rows.values() if "found" in row
    ]
    if covered:
        lines += [
            "",
            f"Intervals of 95 % hold the constant in {sum(covered)} of {len(covered)} inverse runs.",
        ]
    return "\n".join(lines) + "\n"


def _judged(row: Mapping[str, Any]) -> float:
    return row["found"]["off"] if "found" in row else max(row["error"].values())


def _peer(stored: Mapping[str, Any], problem: str) -> str:
    row = stored["peers"].get(problem)
    if row is None:
        return "-"
    truth = row["found"]
    error = max(row["error"].values())
    told = f"{error:.1e} in {row['cpu_seconds']:.0f}"
    return told if not truth else told + "".join(f", {name} = {value:.4g}" for name, value in truth.items())


def _reached(stored: Mapping[str, Any], problem: str) -> str:
    """The median share of DeepXDE's seconds, with the largest."""
    shares = [1 / row["ratio"] for row in stored.get("reached", {}).get(problem, {}).values()]
    return f"1/{1 / statistics.median(shares):.0f} (1/{1 / max(shares):.0f})" if shares else "-"


def _load() -> dict[str, Any]:
    stored = json.loads(STORE.read_text()) if STORE.is_file() else {"rows": {}, "peers": {}}
    stored["machine"] = {"processor": processor(), "python": platform.python_version()}
    return stored


def _keep(stored: dict[str, Any]) -> None:
    stored["measured"] = datetime.now(UTC).date().isoformat()
    partial = STORE.with_suffix(".part")
    partial.write_text(json.dumps(stored, indent=1) + "\n")
    partial.replace(STORE)


def _ours(stored: dict[str, Any], chosen: Sequence[str], seeds: Sequence[int], again: bool) -> None:
    for seed in seeds:
        for bar in BARS:
            rows = stored["rows"].setdefault(bar.key, {})
            if (chosen and bar.problem not in chosen) or (str(seed) in rows and not again):
                continue
            rows[str(seed)] = row = measure(bar, seed)
            print(f"{bar.key}, seed {seed}: {_judged(row):.2e} in {row['cpu']:.0f} CPU-s", flush=True)
            _keep(stored)


def _peers(stored: dict[str, Any], chosen: Sequence[str], again: bool) -> None:
    from ._peers import Run, compare

    for problem in dict.fromkeys(bar.problem for bar in BARS):
        if (chosen and problem not in chosen) or (problem in stored["peers"] and not again):
            continue
        stored["peers"][problem] = row = dict(compare(Run(problem, 0, "float32", None, None)))
        print(
            f"{problem}: DeepXDE {max(row['error'].values()):.2e} in {row['cpu_seconds']:.0f} CPU-s",
            flush=True,
        )
        _keep(stored)


def _reach(stored: dict[str, Any], chosen: Sequence[str], seeds: Sequence[int], again: bool) -> None:
    """The fewest seconds, of 1, 2, 4 and so on, in which `solve` comes as near as DeepXDE did at its end."""
    for problem, peer in stored["peers"].items():
        rows = stored.setdefault("reached", {}).setdefault(problem, {})
        error = max(peer["error"].values())
        for seed in seeds:
            if (chosen and problem not in chosen) or (str(seed) in rows and not again):
                continue
            allowed = 1.0
            while True:
                row = measure(Bar(problem, allowed, error), seed)
                if max(row["error"].values()) <= error or allowed > peer["cpu_seconds"]:
                    break
                allowed *= 2
            rows[str(seed)] = {
                "cpu": row["cpu"],
                "error": row["error"],
                "ratio": peer["cpu_seconds"] / row["cpu"],
            }
            print(f"{problem}, seed {seed}: as near as DeepXDE in {row['cpu']:.1f} CPU-s", flush=True)
            _keep(stored)


def main() -> None:
    """Measure what is missing, and write the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pinn.problems",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("problems", nargs="*", choices=[[], *{bar.problem for bar in BARS}])
    parser.add_argument("--seeds", type=int, nargs="*", default=SEEDS)
    parser.add_argument("--again", action="store_true", help="measure rows anew")
    parser.add_argument("--peers", action="store_true", help="run DeepXDE's scripts instead")
    parser.add_argument("--reach", action="store_true", help="how soon `solve` is as near as DeepXDE")
    parser.add_argument("--table", action="store_true", help="write the table alone")
    asked = parser.parse_args()
    stored = _load()
    if asked.peers:
        _peers(stored, asked.problems, asked.again)
    elif asked.reach:
        _reach(stored, asked.problems, asked.seeds, asked.again)
    elif not asked.table:
        _ours(stored, asked.problems, asked.seeds, asked.again)
    TABLE.write_text(table(stored))


if __name__ == "__main__":
    main()
