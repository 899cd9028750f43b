"""How long `physforge ... --help` takes: wall time of a fresh process, median and worst of several.

    python benchmarks/cli/help_time.py [RUNS]

Prints one line for each command and, with the machine's load at the time, writes
benchmarks/results/cli_help.json.
"""

from __future__ import annotations

import json
import os
import platform
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


def seconds_for_help(command: str) -> float:
    """Wall time of one fresh process that prints a command's help."""
    start = time.perf_counter()
    subprocess.run([SCRIPT, *command.split(), "--help"], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def main(runs: int) -> None:
    seconds_for_help("")  # fills the disk's cache
    measured: dict[str, dict[str, float]] = {}
    for command in COMMANDS:
        times = [seconds_for_help(command) for _ in range(runs)]
        measured[f"physforge {command}".strip()] = {"median": statistics.median(times), "worst": max(times)}
        print(f"{statistics.median(times):6.3f} s  {max(times):6.3f} s  physforge {command}")
    RESULTS.parent.mkdir(exist_ok=True)
    about = {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "runs": runs,
        "seconds": measured,
    }
    RESULTS.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
