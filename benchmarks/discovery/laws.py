"""How often is the law right, how wide are its intervals, how long does it take, and how well could one do?

    python benchmarks/discovery/laws.py                             # all that needs no files
    python benchmarks/discovery/laws.py --data FOLDER --jobs 2      # and the files of its pde_find and wsindy
    python benchmarks/discovery/laws.py --only 'catalogue/*' --noise 0.2 --seeds 3 --no-peers
    python benchmarks/discovery/laws.py --table                     # write tables and figure of what is kept

A run is a law at a noise level with a seed; no setting changes between runs. Beside them stand the Cramér-Rao
bound of every coefficient, and PySINDy on the same samples where it is installed (`pip install pysindy`).
Every row is kept at once in benchmarks/results/discovery.json, and what is there is not measured again: a
stopped command goes on. `--stale` measures runs of earlier states of discovery again, `--anew` all that were
asked for. Times are those of the processor on one core.

The files of PDE-FIND (Rudy et al. 2017) and WSINDy_PDE (Messenger and Bortz 2021) are in the public
repositories of their authors.
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path
from typing import Any

import _bound
import _cases
import _measure
import _peers
import _table
from _store import KINDS, Store, about
from threadpoolctl import threadpool_limits

import physforge_kernel as pf

RESULTS = Path(__file__).parent.parent / "results" / "discovery.json"
PICTURE = Path(__file__).parents[2] / "docs" / "images" / "discovery_success.svg"
SEEDS = 10

#: What to do: the kind of row, the case's key, the noise level and the seed.
Task = tuple[str, str, float, int]


def main() -> None:
    """Measure what is missing, and write the tables."""
    asked = _arguments()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # in processes that start from here
        os.environ.setdefault(name, "1")
    store = Store(asked.results)
    if not asked.table:
        if asked.data and _cases.missing(asked.data):
            sys.exit(f"{asked.data} lacks {', '.join(_cases.missing(asked.data))}.")
        if not asked.data:
            print("Without --data FOLDER the files of pde_find and wsindy are left out.")
        if asked.peers and not _peers.installed():
            print("PySINDy is not installed: rows of peers stay empty.")
            asked.peers = False
        tasks = list(_tasks(asked, store))
        print(f"{len(tasks)} rows are missing.", flush=True)
        store.about |= about()
        for task, row in _done(tasks, asked.data, asked.jobs):
            store.add(task[0], row)
            print(_line(task, row), flush=True)
    print(_table.write(store, PICTURE if asked.results == RESULTS else asked.results.with_suffix(".svg")))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add, switch = parser.add_argument, argparse.BooleanOptionalAction
    add("--data", type=Path, help="folder that holds pde_find and wsindy")
    add("--only", nargs="*", default=["*"], help="patterns of source/law, such as 'catalogue/k*'")
    add("--noise", nargs="*", type=float, help="levels, of those that a law has")
    add("--seeds", type=int, default=SEEDS, help=f"how many, {SEEDS} by default")
    add("--runs", action=switch, default=True, help="our own discoveries")
    add("--bounds", action=switch, default=True, help="the Cramér-Rao bounds")
    add("--peers", action=switch, default=True, help="PySINDy on the same samples")
    add("--stale", action="store_true", help="measure runs again that are of earlier code")
    add("--anew", action="store_true", help="measure again what was asked for")
    add("--table", action="store_true", help="measure nothing")
    add("--jobs", type=int, default=1, help="processes at once")
    add("--results", type=Path, default=RESULTS, help="the file of results")
    return parser.parse_args()


def _tasks(asked: argparse.Namespace, store: Store) -> Iterator[Task]:
    """What is missing, each case's bound first, then by noise and seed."""
    cases = [
        case
        for case in _cases.cases(asked.data)
        if any(fnmatch.fnmatch(case.key, pattern) for pattern in asked.only)
    ]
    if not cases:
        sys.exit(f"No law's source/name is like {' or '.join(asked.only)}.")
    if asked.bounds:
        for case in cases:
            if case.measured_against and (asked.anew or (case.source, case.name) not in store.rows["bounds"]):
                yield "bounds", case.key, 0.0, 0
    kinds = [kind for kind in ("runs", "peers") if getattr(asked, kind)]
    for case in cases:
        for level in case.levels:
            if asked.noise and level not in asked.noise:
                continue
            for seed in range(case.seeds(level, asked.seeds)):
                for kind in kinds:
                    kept = store.rows[kind].get((case.source, case.name, level, seed))
                    stale = asked.stale and kind == "runs" and kept and kept.get("code") != _measure.code()
                    if (kind == "runs" or case.measured_against) and (asked.anew or stale or not kept):
                        yield kind, case.key, level, seed


def _done(tasks: Sequence[Task], data: Path | None, jobs: int) -> Iterator[tuple[Task, dict[str, Any]]]:
    """The tasks with their rows, as they are done."""
    if jobs <= 1:
        yield from ((task, _row(task, data)) for task in tasks)
        return
    import multiprocessing

    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting: dict[Future[dict[str, Any]], Task] = {pool.submit(_row, task, data): task for task in tasks}
        try:
            for future in as_completed(waiting):
                yield waiting[future], future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _row(task: Task, data: Path | None) -> dict[str, Any]:
    with threadpool_limits(1):
        return _measured(task, data)


def _measured(task: Task, data: Path | None) -> dict[str, Any]:
    kind, key, level, seed = task
    case = _by_key(data)[key]
    if kind == "runs":
        return _measure.measure(case, level, seed)
    if kind == "peers":
        return _peers.compare(case, level, seed, _cases.PEER_SECONDS)
    assert case.equation is not None
    about = {"source": case.source, "law": case.name}
    try:
        return about | _bound.bound(case.field(0.0, 0), case.equation, case.stand_in)
    except pf.PhysForgeError as error:
        return about | {"failed": str(error)}


@cache
def _by_key(data: Path | None) -> dict[str, _cases.Case]:
    return {case.key: case for case in _cases.cases(data)}


def _line(task: Task, row: dict[str, Any]) -> str:
    kind, key, level, seed = task
    name = f"{kind:6} {key} {100 * level:g} % seed {seed}:"
    if kind == "runs":
        return f"{name} {'right' if row['right'] else 'wrong'}, {row['verdict']}, {row['seconds']:.1f} s"
    shown = {k: v for k, v in row.items() if k not in KINDS[kind]}
    return f"{name} {str(shown)[:200]}"


if __name__ == "__main__":
    main()
