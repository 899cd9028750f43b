"""A discovery job with everything that its report shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..errors import ReportError

if TYPE_CHECKING:
    import xarray

    from ..workspace import Workspace

RESULT = "result.json"
FIT = "fit.nc"


@dataclass(frozen=True)
class Run:
    """A finished discovery job: `result` is `Discovery.to_dict()`, `fit` the law's two sides in weak form."""

    job: Any
    result: Mapping[str, Any]
    dataset: Any
    field: xarray.Dataset
    fit: xarray.Dataset | None


def load(workspace: Workspace, job_id: str) -> Run:
    """Fetch a discovery job's record, result, data and fit from the workspace.

    Args:
        workspace: What `pf.connect()` returns.
        job_id: A discovery job that succeeded.

    Raises:
        ReportError: the job did not succeed, or is not one that discovers laws.
    """
    job = workspace.jobs.get(job_id)
    if job.state != "succeeded":
        raise ReportError(f"Job {job_id} is {job.state}; only a job that succeeded has a result to report.")
    names = {artifact.name for artifact in workspace.jobs.artifacts(job_id)}
    result = workspace.jobs.result(job_id) if RESULT in names else {}
    if "verdict" not in result or "terms" not in result:
        raise ReportError(
            f"Job {job_id} is of kind {job.kind!r}, whose result is no law; this report needs a discovery."
        )
    given = next(iter(job.inputs.items()), None)
    if given is None:
        raise ReportError(f"Job {job_id} names no dataset, so its report has no data to show.")
    # What a job was given is found by its id, even after the dataset was deleted; the name is the job's word.
    version = workspace.datasets.get(job.record.input_ids[given[0]])
    name, _, number = given[1].rpartition("@")
    return Run(
        job=job,
        result=result,
        dataset=replace(version, name=name, number=int(number)),
        field=workspace.datasets.open(version.id, file=job.config.get("file"), dims=job.config.get("dims")),
        fit=_fit(workspace.jobs.artifact(job_id, FIT)) if FIT in names else None,
    )


def _fit(path: Any) -> xarray.Dataset:
    import xarray

    with xarray.open_dataset(path, engine="h5netcdf") as stored:
        return stored.load()
