"""The Dask cluster behind a runner: here a LocalCluster inside the runner's own process.

Everything that runs a user's work is a killable process of its own, so the worker only supervises: its
slots are threads, and its line to the scheduler is `inproc://`. A scheduler on a TCP port of 127.0.0.1 would
let any other account of the machine run code as this one; this one listens on nothing that executes
anything. (Dask insists on an HTTP server per node: it is bound to 127.0.0.1 and tells nothing.) Tasks are
plain functions of picklable arguments all the same, so that remote workers can take the place of this one.

The worker advertises `job=m, task=n, waiting=m` and has as many threads, so a job that waits for its inner
tasks never holds up what it waits for, nor does a notebook that waits for jobs. There is one worker, not `m`
with `job=1`, because Dask picks a worker that has the resource, not one that has it free: of two, one could
queue what the other has room for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ._settings import Settings

if TYPE_CHECKING:
    from distributed import Client

JOB_SLOT = {"job": 1}
TASK_SLOT = {"task": 1}
WAITING_SLOT = {"waiting": 1}
"""For a job that may itself wait for jobs."""

CONFIG = {
    # A lost attempt must come back to the runner, which claims the job anew with a higher fence.
    "distributed.scheduler.allowed-failures": 0,
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.limit": "1m",
}


@contextmanager
def local_cluster(settings: Settings, folder: Path) -> Iterator[Client]:
    """Open a LocalCluster and yield a client of it.

    Args:
        settings: how many slots there are.
        folder: where Dask keeps its files.
    """
    import dask.config
    from distributed import Client, LocalCluster

    logging.getLogger("distributed").setLevel(logging.WARNING)  # importing it set the level that it prefers
    jobs, tasks = settings.slots()
    with (
        dask.config.set(CONFIG),
        LocalCluster(
            n_workers=1,
            threads_per_worker=2 * jobs + tasks,
            processes=False,
            protocol="inproc://",
            resources={"job": jobs, "task": tasks, "waiting": jobs},
            scheduler_kwargs={"dashboard": False},
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
            memory_limit=0,
            local_directory=str(folder),
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def watch_for_abandonment() -> Callable[[], bool]:
    """Inside a task, return a function that says whether anyone still wants its result.

    Dask cannot interrupt a running task; but the worker's own books say that it was cancelled, or that its
    client went.
    """
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()

    def abandoned() -> bool:
        task = worker.state.tasks.get(key)
        return task is None or task.state == "cancelled" or worker.status.name not in ("running", "paused")

    return abandoned
