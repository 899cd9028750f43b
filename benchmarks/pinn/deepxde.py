"""What does DeepXDE's own script make of a problem of the zoo, and in what time?

    python -m benchmarks.pinn.deepxde burgers --seed 0
    python -m benchmarks.pinn.deepxde allen_cahn --precision float64 --json allen_cahn.json

Needs the extra `benchmarks`, and runs from the repository's root. DeepXDE works in a process of its own with
one thread, with the networks, points and steps of its documented scripts (`benchmarks/pinn/_scripts.py`),
until it stops. Its error is that on the zoo's grid, in double precision.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from physforge_kernel.pinn import zoo

from ._peers import Row, Run, compare, installed


def told(row: Row) -> str:
    """A row as a person reads it: the error on the way, and at the end."""
    lines = [f"{'steps':>8}{'seconds':>10}{'CPU-s':>10}{'error':>12}"]
    for steps, seconds, cpu, error in row["curve"]:
        lines.append(f"{steps:8.0f}{seconds:10.1f}{cpu:10.1f}{error:12.2e}")
    errors = ", ".join(f"{name} {error:.2e}" for name, error in row["error"].items())
    lines.append(
        f"{row['problem']}, seed {row['seed']}, {row['peer']}, {row['precision']}: "
        f"relative L2 error {errors} after {row['steps']} steps, "
        f"{row['seconds']:.1f} s, {row['cpu_seconds']:.1f} CPU-s"
    )
    lines += [f"found {name} = {value:.6g}" for name, value in row["found"].items()]
    return "\n".join(lines)


def main() -> None:
    """Train, and print the row."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pinn.deepxde",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("problem", choices=zoo.names())
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--precision", choices=("float32", "float64"), default="float32")
    parser.add_argument("--adam", type=int, help="steps of Adam, instead of the script's")
    parser.add_argument("--lbfgs", type=int, help="the most steps of L-BFGS, instead of the script's")
    parser.add_argument("--json", type=Path, help="a file to write the row to")
    asked = parser.parse_args()
    if not installed():
        sys.exit("DeepXDE is missing; install it with: pip install -c constraints.txt -e '.[benchmarks]'")
    row = compare(Run(asked.problem, asked.seed, asked.precision, asked.adam, asked.lbfgs))
    print(told(row))
    if asked.json is not None:
        asked.json.write_text(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
