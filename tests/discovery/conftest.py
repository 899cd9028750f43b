"""Fields for discovery's tests, made once: the catalogue's reference solutions and a few made by hand."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import xarray as xr

import physforge_kernel as pf

SMALL = {
    "heat": {"x": 128, "t": 81},
    "advection": {"x": 128, "t": 81},
    "burgers": {"x": 256, "t": 101},
    "kdv": {"x": 256, "t": 121},
    "kuramoto_sivashinsky": {"x": 256, "t": 101},
    "allen_cahn": {"x": 256, "t": 101},
    "fisher_kpp": {"x": 256, "t": 101},
    "wave": {"x": 128, "t": 101},
    "lorenz": {},
    "lotka_volterra": {},
}


@cache
def reference(name: str) -> xr.Dataset:
    """The catalogue's reference solution of a law, at a size that is quick to search."""
    return pf.catalogue.get(name).field(**SMALL[name])


def plane(t: np.ndarray, x: np.ndarray, u: np.ndarray) -> xr.Dataset:
    """A field `u(t, x)`."""
    return xr.Dataset({"u": (("t", "x"), u)}, {"t": t, "x": x})


def numbers(equation: pf.Equation) -> dict[str, dict[str, float]]:
    """The terms of an equation whose coefficients are real numbers."""
    return {
        left: {term: complex(value).real for term, value in terms.items()}
        for left, terms in equation.terms.items()
    }


@pytest.fixture
def noise() -> np.random.Generator:
    return np.random.default_rng(0)
