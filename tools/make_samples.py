"""Make the samples in notebooks/data: reference solutions of the catalogue with noise, seed 0.

A lab puts them into a newcomer's workspace, each under its name and with its description; samples.json
lists them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import physforge_kernel as pf

FOLDER = Path(__file__).parents[1] / "notebooks" / "data"


@dataclass(frozen=True)
class Sample:
    """Measurements of one law of the catalogue, with Gaussian noise of `noise` times the field's rms."""

    law: str
    noise: float
    description: str
    parameters: dict[str, float] = field(default_factory=dict)
    grid: dict[str, Any] = field(default_factory=dict)


SAMPLES = (
    Sample(
        "burgers",
        0.05,
        "A wave that steepens and diffuses, with 5 % noise: the first tutorial's data.",
        {"nu": 0.1},
        {"x": 128, "t": 81},
    ),
    Sample(
        "kdv",
        0.02,
        "Waves on shallow water that overtake each other, with 2 % noise.",
        grid={"x": 128, "t": 101},
    ),
    Sample("lorenz", 0.01, "Three variables of a convecting fluid over time, chaotic, with 1 % noise."),
)


def main() -> None:
    """Write each sample, its variables to five significant digits, and the list of them."""
    listed = {}
    for sample in SAMPLES:
        clean = pf.catalogue.get(sample.law, **sample.parameters).field(**sample.grid)
        noisy = pf.add_noise(clean, sample.noise, seed=0)
        columns = [*map(str, noisy.dims), *map(str, noisy.data_vars)]
        rows = noisy.to_dataframe().reset_index()[columns]
        for variable in noisy.data_vars:
            rows[variable] = [f"{value:.5g}" for value in rows[variable]]
        target = FOLDER / f"{sample.law}.csv"
        rows.to_csv(target, index=False, float_format="%.8g")
        listed[sample.law] = {"file": target.name, "description": sample.description}
        print(f"{target.name}: {len(rows)} rows, {target.stat().st_size / 1000:.0f} kB")
    (FOLDER / "samples.json").write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
