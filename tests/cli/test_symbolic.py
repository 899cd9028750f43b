"""From a table to a formula on the command line."""

from __future__ import annotations

import numpy as np
import pandas as pd


def test_a_target_that_is_no_column_is_named(physforge, tmp_path):
    a, b = np.random.default_rng(0).uniform(1, 5, (2, 60))
    pd.DataFrame({"a": a, "b": b}).to_csv(tmp_path / "p.csv", index=False)
    ran = physforge("symbolic", tmp_path / "p.csv", "--target", "Z")
    assert ran.code == 2
    assert "has no column 'Z'; it has a, b." in ran.err
