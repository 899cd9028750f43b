"""One real discovery job, on a real runner, and its report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import physforge_kernel as pf
from physforge_kernel.jobs import stop_runner

SECONDS = 180.0
TITLE = "Wake <script>alert(1)</script> & $x$"
DESCRIPTION = "Hot wire <img src=http://example.org/x.png onerror=alert(1)> run 3"


@dataclass(frozen=True)
class Found:
    """A workspace with a finished discovery."""

    workspace: Any
    home: Path
    job: str
    result: dict[str, Any]
    orphan: str
    """A discovery whose dataset was deleted since."""
    broken: str
    """A discovery whose fit was lost from the store since."""


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    """Burgers' equation with nu = 0.1, in data with 2 % noise and units, discovered by a job."""
    home = tmp_path_factory.mktemp("lab") / "home {0}"  # braces: papermill takes paths for format strings
    field = pf.catalogue.get("burgers").field(x=128, t=61, seed=0)
    field = pf.add_noise(field, 0.02, 0)
    field["u"].attrs["units"] = "m/s"
    field["x"].attrs["units"] = "m"
    field["t"].attrs["units"] = "s"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHYSFORGE_HOME", str(home))
        patch.delenv("PHYSFORGE_URL", raising=False)
        workspace = pf.connect()
        version = workspace.datasets.upload(field, "wake", description=DESCRIPTION)
        job = workspace.jobs.submit("discover", inputs=version)
        orphan, broken = (
            workspace.jobs.submit("discover", inputs=workspace.datasets.upload(field.isel(t=part), name))
            for name, part in (("gone", slice(0, 51)), ("lost", slice(0, 41)))
        )
        result = job.result(timeout=SECONDS)
        orphan.result(timeout=SECONDS)
        broken.result(timeout=SECONDS)
        workspace.datasets.delete("gone")
        (fit,) = (one for one in workspace.jobs.artifacts(broken.id) if one.name == "fit.nc")
        for kept in home.rglob(f"*{fit.sha256[4:]}"):
            kept.unlink()
        yield Found(workspace, home, job.id, result, orphan.id, broken.id)
        stop_runner(home)


@pytest.fixture(scope="session")
def report(found: Found) -> Any:
    """The discovery's report."""
    return found.workspace.reports.render(found.job, title=TITLE)
