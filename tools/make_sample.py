"""Make the tutorial's measurements, notebooks/data/burgers.csv: Burgers' equation with 5 % noise, seed 0."""

from __future__ import annotations

from pathlib import Path

import physforge_kernel as pf

TARGET = Path(__file__).parent.parent / "notebooks" / "data" / "burgers.csv"


def main() -> None:
    """Write the reference solution with noise, to five significant digits."""
    clean = pf.catalogue.get("burgers", nu=0.1).field(x=128, t=81)
    noisy = pf.add_noise(clean, 0.05, seed=0)
    rows = noisy.to_dataframe().reset_index()[["t", "x", "u"]]
    rows.to_csv(TARGET, index=False, float_format="%.5g")
    print(f"{TARGET.name}: {len(rows)} rows, {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
