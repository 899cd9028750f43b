"""A velocity without divergence is noticed, and terms that are one in such a flow are tried once."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import xarray as xr

import physforge_kernel as pf
from physforge_kernel.derivatives import Flow, polynomials
from physforge_kernel.discovery._flows import find_flow
from physforge_kernel.discovery._prepare import prepare

PLANE = Flow(("w", "u", "v"), ("t", "x", "y"), ("u", "v"), "w")


@cache
def vortices() -> xr.Dataset:
    return pf.catalogue.get("navier_stokes").field(x=40, y=40, t=41)


def test_vorticity_is_carried_by_its_flow() -> None:
    found = pf.discover(pf.add_noise(vortices(), 0.05, seed=0))
    assert found.best.equation.left_sides == ("w_t",)
    assert found.best.equation.isclose(pf.catalogue.get("navier_stokes").equation, rtol=0.03), found
    assert found.verdict.kind == "identified", found.verdict.text
    assert any("u_x + v_y = 0 and w = v_x - u_y" in note for note in found.notes), found.notes


def test_vorticity_of_either_sign_is_known() -> None:
    field = vortices()
    flow = find_flow(prepare([field.assign(w=-field.w)]), 0)
    assert flow is not None
    assert flow.flow.relations == ("u_x + v_y = 0", "w = u_y - v_x")


def test_a_flow_with_divergence_is_none() -> None:
    field = vortices()
    # A tenth more of one component: its divergence is a twentieth of its derivatives.
    assert find_flow(prepare([field.assign(u=1.1 * field.u)]), 0) is None


def test_noise_that_hides_a_tenth_of_the_divergence_shows_no_flow() -> None:
    assert find_flow(prepare([pf.add_noise(vortices(), 3.0, seed=0)]), 0) is None


def test_transport_is_one_candidate() -> None:
    term = PLANE.transport("w")
    assert term.name == "u*w_x + v*w_y"
    assert [feature.name for feature in term.features] == ["(w*u)_x", "(w*v)_y"]
    assert PLANE.transport("u").expansion == {"u*u_x": 1.0, "u_y*v": 1.0}


def test_of_terms_that_are_one_in_a_flow_one_is_kept() -> None:
    library = polynomials(PLANE.components, PLANE.axes)
    names = PLANE.reduced(library, ["w"]).names
    assert {"w_x", "w_xx", "w_yy", "(w*u)_x", "u*w_x + v*w_y"} <= set(names)
    assert not {"v_y", "v_x", "(w*v)_y", "(u*v)_xx"} & set(names)


@pytest.mark.parametrize("flow", [PLANE, Flow(("w", "u", "v"), ("t", "x", "y"), ("u", "v"))])
def test_what_is_left_of_a_library_are_terms_of_their_own(flow: Flow) -> None:
    rng = np.random.default_rng(0)
    x = np.arange(48) * 2 * np.pi / 48
    waves = 1j * np.fft.fftfreq(48, 1 / 48)

    def random() -> np.ndarray:
        modes = [(a, b) for a in range(-3, 4) for b in range(1, 4)]
        phases = [a * x[:, None] + b * x[None, :] + rng.uniform(0, 6) for a, b in modes]
        return np.sum([rng.standard_normal() * np.cos(phase) for phase in phases], axis=0)

    def along(values: np.ndarray, orders: tuple[int, ...]) -> np.ndarray:
        spectrum = np.fft.fft2(values) * waves[:, None] ** orders[0] * waves[None, :] ** orders[1]
        return np.fft.ifft2(spectrum).real

    stream, other = random(), random()
    u, v = along(stream, (0, 1)), -along(stream, (1, 0))
    values = {"u": u, "v": v, "w": along(v, (1, 0)) - along(u, (0, 1)) if flow.vorticity else other}
    library = polynomials(flow.components, flow.axes, degree=2)
    reduced = flow.reduced(library)

    def columns(terms: pf.library.Library) -> np.ndarray:
        found = []
        for term in terms:
            total = 0.0
            for feature, weight in term.parts[0]:
                factors = zip(feature.components, feature.exponents, strict=True)
                inside = np.prod([values[c] ** q for c, q in factors if q] or [np.ones((48, 48))], axis=0)
                total = total + weight * along(inside, feature.orders[1:])
            found.append(np.ravel(total) / max(float(np.abs(total).max()), 1e-12))
        return np.stack(found, axis=1)

    kept = columns(reduced)
    assert np.linalg.matrix_rank(kept, tol=1e-7) == len(reduced) < len(library)
    assert np.linalg.matrix_rank(columns(library), tol=1e-7) == len(reduced)
