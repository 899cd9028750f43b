"""How long `physforge ... --help` takes in a fresh process: wall and processor time, of several runs.

    python benchmarks/cli/help_time.py [RUNS]

Prints one line for each command and, with the machine's load at the time, writes
benchmarks/results/cli_help.json.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

COMMANDS = (
    "",
    "discover",
    "describe",
    "catalogue",
    "catalogue sample",
    "dataset",
    "dataset upload",
    "job",
    "job submit",
    "report",
    "report render",
)
SCRIPT = Path(sys.executable).with_name("physforge")
RESULTS = Path(__file__).resolve().parents[1] / "results" / "cli_help.json"


def seconds_for_help(command: str) -> tuple[float, float]:
    """Wall time and processor time of one fresh process that prints a command's help."""
    start, before = time.perf_counter(), _children()
    subprocess.run([SCRIPT, *command.split(), "--help"], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start, _children() - before


def _children() -> float:
    """Processor time of all processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(runs: int) -> None:
    seconds_for_help("")  # fills the disk's cache
    measured: dict[str, dict[str, float]] = {}
    print(" median   worst  median of processor time")
    for command in COMMANDS:
        wall, processor = zip(*(seconds_for_help(command) for _ in range(runs)), strict=True)
        found = {
            "median": round(statistics.median(wall), 3),
            "worst": round(max(wall), 3),
            "processor": round(statistics.median(processor), 3),
        }
        measured[f"physforge {command}".strip()] = found
        print("  ".join(f"{value:5.3f} s" for value in found.values()), f" physforge {command}")
    RESULTS.parent.mkdir(exist_ok=True)
    about = {
        "python": platform.python_version(),
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 2),
        "runs": runs,
        "seconds": measured,
    }
    RESULTS.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
