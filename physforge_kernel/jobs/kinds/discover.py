"""The job kind `discover`: which equation does this field obey?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from .._context import Context
from .._kind import Kind
from ._settings import AxesSetting, FileSetting, SeedSetting

if TYPE_CHECKING:
    from xarray import Dataset


class DiscoverConfig(BaseModel):
    """Settings of a discovery."""

    model_config = ConfigDict(extra="forbid")

    target: str | list[str] | None = Field(
        default=None,
        title="Left side",
        description="A derivative such as u_t, or a list; empty tries every time derivative.",
        json_schema_extra={"x-suggest": "derivatives"},
    )
    file: FileSetting = None
    dims: AxesSetting = None
    seed: SeedSetting = 0


def run(config: DiscoverConfig, context: Context) -> None:
    """Discover the law of the input `field`; leave the discovery in `result.json`, its fit in `fit.nc`."""
    from ...discovery import discover as search

    context.progress(0.0, "Reading the field")
    field = context.inputs["field"].open(config.file, dims=config.dims)
    found = search(
        field,
        target=config.target,
        seed=config.seed,
        progress=lambda fraction, message: context.progress(0.05 + 0.85 * fraction, message),
    )
    context.raise_if_cancelled()
    context.progress(0.95, "Writing the result")
    context.artifacts.add(
        "fit.nc", _write(found.best.fit, context.scratch), media_type="application/x-netcdf"
    )
    context.artifacts.add("result.json", found.to_dict())
    context.log(str(found))


def _write(fit: Dataset, folder: Path) -> Path:
    path = folder / "fit.nc"
    # NetCDF has no complex numbers: a complex fit is written as HDF5 has them, which our readers take.
    complex_valued = any(variable.dtype.kind == "c" for variable in fit.data_vars.values())
    fit.to_netcdf(path, engine="h5netcdf", invalid_netcdf=complex_valued)
    return path


discover = Kind(
    name="discover",
    config=DiscoverConfig,
    run=run,
    title="Discovery",
    summary="Finds the differential equation behind a measured field, with intervals and a verdict.",
)
