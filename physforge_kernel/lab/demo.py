"""The story without a browser: `python -m physforge_kernel.lab.demo`, which `make demo` runs.

A CSV with noise becomes a dataset, a job finds its law, and a report of it is rendered; each step is the
command that a person would type. It succeeds only if every step did.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from .._shared import shared_folder
from ..errors import PhysForgeError
from ._runner import end_runners, mark_runners

_SAMPLE = "data/burgers.csv"


def main() -> int:
    """Tell the story in the workspace that `PHYSFORGE_HOME` names, or in a new temporary one that stays.

    Returns:
        0 if all of it happened, else the exit code of the step that failed.
    """
    home = Path(os.environ.get("PHYSFORGE_HOME") or tempfile.mkdtemp(prefix="physforge-demo-")).absolute()
    os.environ["PHYSFORGE_HOME"] = str(home)
    lab = mark_runners()
    try:
        report = _tell(shared_folder("notebooks") / _SAMPLE)
    except subprocess.CalledProcessError as failure:
        return failure.returncode
    except PhysForgeError as error:
        print(f"PhysForge: {error}", file=sys.stderr)
        return error.exit_code
    finally:
        end_runners(home, lab)
    print(f"The report   {report}\nThe workspace {home}")
    return 0


def _tell(sample: Path) -> Path:
    _show("describe", str(sample))
    _show("dataset", "upload", str(sample), "--name", "burgers")
    job = _ask("job", "submit", "discover", "--input", "burgers")["id"]
    _show("job", "watch", job)
    _show("job", "result", job)
    report = _ask("report", "render", job)
    found = _ask("job", "result", job, told=False)
    page = Path(report["html"])
    if not found["equation"].startswith("u_t = "):
        raise PhysForgeError(f"The sample's law should be one for u_t, and is {found['equation']!r}.")
    if not page.is_file() or not page.stat().st_size:
        raise PhysForgeError(f"The report {page} is missing or empty.")
    return page


def _show(*arguments: str) -> None:
    """Run one `physforge` command and let it print."""
    _announce(arguments)
    subprocess.run(_command(arguments), check=True)


def _ask(*arguments: str, told: bool = True) -> Any:
    """Run one `physforge` command for what it answers in JSON."""
    if told:
        _announce(arguments)
    ended = subprocess.run(_command((*arguments, "--json")), check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(ended.stdout)


def _announce(arguments: tuple[str, ...]) -> None:
    print(f"\n$ physforge {' '.join(arguments)}", flush=True)


def _command(arguments: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-c", "from physforge_kernel.cli import main; main()", *arguments]


if __name__ == "__main__":
    sys.exit(main())
