"""The catalogue's nonlinear waves, diffusions, flows and neurons against closed solutions, and against other
integrators of the equations as they are printed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy
import xarray as xr

from physforge_kernel.equations import Equation, catalogue, split_derivative
from physforge_kernel.equations.catalogue import _fourier, _spectral, exact
from physforge_kernel.errors import SimulationError

Array = np.ndarray[Any, np.dtype[Any]]


def relative(found: Array, expected: Array) -> float:
    return float(np.abs(found - expected).max() / np.abs(expected).max())


# ----------------------------------------------------------------- closed solutions


def test_each_klein_gordon_wave_oscillates_with_its_own_frequency() -> None:
    field = catalogue.get("klein_gordon", c=1.5, mass=2.0).field(
        x=50, t=[0.0, 0.7, 9.0], initial=(lambda x: 1 + np.cos(3 * x), lambda x: np.sin(2 * x))
    )
    x, t = field.x.values, field.t.values[:, None]
    slow, middle, fast = 2.0, np.sqrt(9 + 4), np.sqrt(1.5**2 * 9 + 4)
    expected = (
        np.cos(slow * t) + np.cos(fast * t) * np.cos(3 * x) + np.sin(middle * t) / middle * np.sin(2 * x)
    )
    assert relative(field.u.values, expected) < 1e-13


def test_a_simply_supported_beam_vibrates_in_its_modes() -> None:
    length, stiffness = 2.0, 0.09
    field = catalogue.get("euler_beam", stiffness=stiffness).field(
        x=40,
        t=[0.0, 0.3, 5.0],
        period=(0, 2 * length),
        initial=(lambda x: np.sin(np.pi * x / length), lambda x: np.sin(3 * np.pi * x / length)),
    )
    x, t = field.x.values, field.t.values[:, None]
    first, third = (0.3 * (n * np.pi / length) ** 2 for n in (1, 3))
    expected = np.cos(first * t) * np.sin(np.pi * x / length)
    expected = expected + np.sin(third * t) / third * np.sin(3 * np.pi * x / length)
    assert relative(field.u.values, expected) < 1e-12


@pytest.mark.parametrize(
    ("law", "width"),
    [
        (catalogue.get("chafee_infante", **{"lambda": 8.0}), np.sqrt(2 / 8.0)),
        (catalogue.get("cahn_hilliard", gamma=0.3, mobility=0.7), np.sqrt(2 * 0.3)),
    ],
    ids=lambda value: value.name if isinstance(value, catalogue.Law) else "",
)
def test_a_tanh_interface_stays_at_rest(law: catalogue.Law, width: float) -> None:
    def start(x: Array) -> Array:
        return np.tanh((np.abs(x) - 20) / width)

    field = law.field(x=np.linspace(17, 23, 41), t=[0.0, 0.5], period=(-40, 40), initial=start)
    assert relative(field.u.values[1], start(field.x.values)) < 1e-8


def test_the_schroedinger_equation_has_its_breather() -> None:
    field = catalogue.get("schroedinger").field(
        x=128, t=[0.0, 0.4, np.pi / 4], period=(-20, 20), initial=lambda x: 2 / np.cosh(x)
    )
    assert field.u.dtype == complex
    for index, t in enumerate(field.t.values):
        expected = exact.schroedinger_breather(field.x.values, t)
        assert relative(field.u.values[index], expected) < 1e-8


def test_a_schroedinger_soliton_moves_with_any_coefficients() -> None:
    p, q, speed = 0.8, 2.5, 1.3

    def soliton(x: Array, t: float) -> Array:
        phase = speed / (2 * p) * x + (p - speed**2 / (4 * p)) * t
        return np.sqrt(2 * p / q) / np.cosh(x - speed * t) * np.exp(1j * phase)

    grid = np.linspace(-40, 40, 1024, endpoint=False)
    field = catalogue.get("schroedinger", dispersion=p, focusing=q).field(
        x=np.linspace(-5, 5, 60), t=[0.0, 1.1], period=(-40, 40), initial=soliton(grid, 0.0)
    )
    assert relative(field.u.values[1], soliton(field.x.values, 1.1)) < 1e-8


def test_the_sine_gordon_equation_has_its_breather() -> None:
    w = 0.6
    field = catalogue.get("sine_gordon").field(
        x=100,
        t=[0.0, 1.0, 2.6],
        period=(-45, 45),
        initial=(np.zeros_like, lambda x: 4 * np.sqrt(1 - w**2) / np.cosh(np.sqrt(1 - w**2) * x)),
    )
    for index, t in enumerate(field.t.values):
        expected = exact.sine_gordon_breather(field.x.values, t, frequency=w)
        assert np.abs(field.u.values[index] - expected).max() < 1e-8


def test_sine_gordon_kinks_pass_through_each_other() -> None:
    steep = 1 / np.sqrt(1 - 0.4**2)
    field = catalogue.get("sine_gordon").field(
        x=100,
        t=[0.0, 2.0, 6.0],
        period=(-45, 45),
        initial=(np.zeros_like, lambda x: 4 * steep / np.cosh(steep * x)),
    )
    for index, t in enumerate(field.t.values):
        expected = exact.sine_gordon_kinks(field.x.values, t, speed=0.4)
        assert np.abs(field.u.values[index] - expected).max() < 1e-8 * 2 * np.pi


def test_a_taylor_green_vortex_decays_by_viscosity_alone() -> None:
    nu = 0.3
    field = catalogue.get("navier_stokes", nu=nu).field(
        x=24, y=20, t=[0.0, 0.5, 2.0], initial=lambda x, y: 2 * np.cos(x) * np.cos(y)
    )
    x, y, t = field.x.values[:, None], field.y.values, field.t.values[:, None, None]
    decay = np.exp(-2 * nu * t)
    assert relative(field.w.values, 2 * decay * np.cos(x) * np.cos(y)) < 1e-12
    assert relative(field.u.values, -decay * np.cos(x) * np.sin(y)) < 1e-12
    assert relative(field.v.values, decay * np.sin(x) * np.cos(y)) < 1e-12


def test_the_velocity_has_no_divergence_and_its_curl_is_the_vorticity() -> None:
    field = catalogue.get("navier_stokes").field(x=64, y=64, t=[0.0, 0.1])
    along = {axis: spectral_derivative(field, name, axis) for name, axis in (("u", "x"), ("v", "y"))}
    assert np.abs(along["x"] + along["y"]).max() < 1e-7
    curl = spectral_derivative(field, "v", "x") - spectral_derivative(field, "u", "y")
    assert relative(curl, field.w.values) < 1e-7


def test_a_lambda_omega_wave_has_the_amplitude_and_frequency_of_its_length() -> None:
    diffusivity, beta, k, m = 0.2, 0.7, 2 * np.pi / 8, 2 * np.pi / 6

    def phase(x: Array, y: Array, t: float) -> Array:
        return k * x + m * y - beta * (1 - diffusivity * (k**2 + m**2)) * t

    size = np.sqrt(1 - diffusivity * (k**2 + m**2))
    field = catalogue.get("lambda_omega", diffusivity=diffusivity, beta=beta).field(
        x=16,
        y=20,
        t=[0.0, 1.5],
        period={"x": (0, 8), "y": (-3, 3)},
        initial=(
            lambda x, y: size * np.cos(phase(x, y, 0.0)),
            lambda x, y: size * np.sin(phase(x, y, 0.0)),
        ),
    )
    angle = phase(field.x.values[:, None], field.y.values, 1.5)
    assert relative(field.u.values[1], size * np.cos(angle)) < 1e-9
    assert relative(field.v.values[1], size * np.sin(angle)) < 1e-9


def test_barenblatt_obeys_the_porous_medium_equation_within_its_edges() -> None:
    x, h = np.linspace(-0.8, 0.8, 9), 1e-3
    args = {"diffusivity": 0.3, "mass": 1.7}

    def u(x: Array, t: float) -> Array:
        return exact.barenblatt(x, t, **args)

    rate = (u(x, 1 + h) - u(x, 1 - h)) / (2 * h)
    bent = (u(x + h, 1.0) ** 2 - 2 * u(x, 1.0) ** 2 + u(x - h, 1.0) ** 2) / h**2
    assert u(x, 1.0).min() > 0
    assert np.abs(rate - 0.3 * bent).max() < 1e-5
    assert u(np.array([5.0]), 1.0)[0] == 0


# --------------------------------------------------------------- other integrators


def spectral_derivative(field: xr.Dataset, name: str, axes: str) -> Array:
    values = field[name].values
    for axis in axes:
        values = _slope(values, field[name].dims.index(axis), field[axis].values)
    return values


def _slope(values: Array, position: int, points: Array) -> Array:
    n, step = len(points), points[1] - points[0]
    k = 2j * np.pi * np.fft.fftfreq(n, step)
    k[n // 2] = 0
    shape = [-1 if axis == position else 1 for axis in range(values.ndim)]
    slope = np.fft.ifft(np.fft.fft(values, axis=position) * k.reshape(shape), axis=position)
    return slope if np.iscomplexobj(values) else slope.real


def collocated(
    equation: Equation, start: dict[str, Array], points: dict[str, Array], end: float
) -> dict[str, Array]:
    """The states at t = `end` by Fourier collocation of the equation's right sides and DOP853."""
    from scipy.integrate import solve_ivp

    names = list(start)
    shape, kind = np.broadcast_shapes(*(v.shape for v in start.values())), np.result_type(*start.values())
    sides = []
    for left, side in equation.right_sides.items():
        symbols = sorted(side.free_symbols, key=str)
        sides.append((left, [str(s) for s in symbols], sympy.lambdify(symbols, side, "numpy")))

    def read(name: str, states: dict[str, Array]) -> Array:
        if name in states:
            return states[name]
        component, orders = split_derivative(name) or (name, {})
        values = states[component]
        for position, axis in enumerate(points):
            for _ in range(orders.get(axis, 0)):
                values = _slope(values, position, points[axis])
        return values

    def rates(_: float, flat: Array) -> Array:
        states = dict(zip(names, flat.reshape(len(names), *shape), strict=True))
        if "w" in states and points.keys() == {"x", "y"}:
            states |= velocity(states["w"], points)
        found = {f"{name}_t": states[f"{name}_t"] for name in names if f"{name}_t" in states}
        for left, symbols, function in sides:
            found[left] = function(*[read(symbol, states) for symbol in symbols])
        return np.array(
            [np.broadcast_to(found[f"{name}_t" if "_" not in name else f"{name}t"], shape) for name in names]
        ).ravel()

    flat = np.array([start[name] for name in names], dtype=kind).ravel()
    with np.errstate(all="ignore"):  # steps that are tried, and rejected, may overflow
        run = solve_ivp(rates, (0.0, end), flat, method="DOP853", rtol=1e-11, atol=1e-12)
    assert run.success
    return dict(zip(names, run.y[:, -1].reshape(len(names), *shape), strict=True))


def velocity(w: Array, points: dict[str, Array]) -> dict[str, Array]:
    k = [2 * np.pi * np.fft.fftfreq(len(p), p[1] - p[0]) for p in points.values()]
    square = k[0][:, None] ** 2 + k[1] ** 2
    square[0, 0] = np.inf
    stream = np.fft.ifft2(np.fft.fft2(w) / square).real
    x, y = points.values()
    return {"u": _slope(stream, 1, y), "v": -_slope(stream, 0, x)}


def bump(x: Array) -> Array:
    return 0.9 * np.sin(x) + 0.4 * np.cos(2 * x + 1)


LINES: dict[str, tuple[float, Any]] = {
    "chafee_infante": (0.3, {"u": bump}),
    "porous_medium": (0.5, {"u": lambda x: np.exp(0.7 * bump(x))}),
    "cahn_hilliard": (0.02, {"u": bump}),
    "klein_gordon": (1.0, {"u": bump, "u_t": np.cos}),
    "euler_beam": (0.2, {"u": bump, "u_t": np.cos}),
    "sine_gordon": (3.0, {"u": lambda x: 2 * bump(x), "u_t": lambda x: 2 * np.cos(x)}),
    "schroedinger": (0.5, {"u": lambda x: bump(x) + 0.5j * np.cos(x)}),
}


@pytest.mark.parametrize("name", LINES)
def test_fields_on_a_line_obey_the_equation_as_it_is_printed(name: str) -> None:
    end, profiles = LINES[name]
    law = catalogue.get(name)
    initial = profiles["u"] if len(profiles) == 1 else tuple(profiles.values())
    n = {"euler_beam": 64, "cahn_hilliard": 48}.get(name, 96)
    field = law.field(x=n, t=[0.0, end], period=(0, 2 * np.pi), initial=initial)
    x = field.x.values
    expected = collocated(law.equation, {key: f(x) for key, f in profiles.items()}, {"x": x}, end)
    assert relative(field.u.values[1], expected["u"]) < 1e-8


def test_lambda_omega_fields_obey_the_equation_as_it_is_printed() -> None:
    law = catalogue.get("lambda_omega", beta=0.8)

    def start(x: Array, y: Array) -> Array:
        return np.sin(x) + 0.5 * np.cos(y) + 0.3 * np.sin(x + y)

    def other(x: Array, y: Array) -> Array:
        return np.cos(y) - 0.4 * np.sin(2 * x)

    field = law.field(x=48, y=40, t=[0.0, 0.4], period=(0, 2 * np.pi), initial=(start, other))
    points = {"x": field.x.values, "y": field.y.values}
    x, y = field.x.values[:, None], field.y.values
    expected = collocated(law.equation, {"u": start(x, y), "v": other(x, y)}, points, 0.4)
    assert relative(field.u.values[1], expected["u"]) < 1e-8
    assert relative(field.v.values[1], expected["v"]) < 1e-8


def test_navier_stokes_fields_obey_the_equation_as_it_is_printed() -> None:
    law = catalogue.get("navier_stokes", nu=0.1)

    def start(x: Array, y: Array) -> Array:
        return np.sin(x) + 0.7 * np.cos(2 * y) + np.cos(x + y)

    field = law.field(x=40, y=48, t=[0.0, 0.5], initial=start)
    points = {"x": field.x.values, "y": field.y.values}
    expected = collocated(law.equation, {"w": start(field.x.values[:, None], field.y.values)}, points, 0.5)
    assert relative(field.w.values[1], expected["w"]) < 1e-8


@pytest.mark.parametrize("name", ["fitzhugh_nagumo", "hindmarsh_rose"])
def test_neurons_obey_the_equations_as_they_are_printed(name: str) -> None:
    from scipy.integrate import solve_ivp

    law = catalogue.get(name)
    field = law.field(t=[0.0, 5.0])
    components = law.equation.components
    right = sympy.lambdify(sympy.symbols(components), list(law.equation.right_sides.values()))
    start = [float(field[c][0]) for c in components]
    other = solve_ivp(lambda _, s: right(*s), (0, 5), start, method="Radau", rtol=1e-11, atol=1e-12)
    for index, component in enumerate(components):
        assert abs(float(field[component][1]) - other.y[index, -1]) < 1e-8


# ------------------------------------------------------------ convergence, invariants


@pytest.mark.parametrize(
    "name",
    [
        "chafee_infante",
        "porous_medium",
        "cahn_hilliard",
        "sine_gordon",
        "schroedinger",
        "lambda_omega",
        "navier_stokes",
    ],
)
def test_default_fields_are_converged(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    law = catalogue.get(name)
    rank = len(law._family.periods)
    span = 0.05 * law._family.duration
    points: dict[str, Any] = dict.fromkeys(law._family.periods, 41)
    coarse = law.field(**points, t=[0.0, span])
    monkeypatch.setattr(_fourier, "COARSEST_GRID", 1024)
    monkeypatch.setattr(_fourier, "STEP_TOLERANCE", 1e-12)
    monkeypatch.setattr(_spectral, "COARSEST_GRID", {1: 768, 2: 192})
    monkeypatch.setattr(_spectral, "STEP_TOLERANCE", {1: 1e-12, 2: 1e-11})
    fine = law.field(**points, t=[0.0, span])
    assert fine.attrs["grid"] != coarse.attrs["grid"]
    assert fine.attrs["steps"] > coarse.attrs["steps"]
    for component in fine:
        assert relative(coarse[component].values, fine[component].values) < (2e-9 if rank == 1 else 1e-8)


def test_what_is_conserved_stays() -> None:
    waves = catalogue.get("schroedinger").field(x=512, t=5)
    assert np.ptp((np.abs(waves.u.values) ** 2).mean(1)) < 1e-9
    k = 2 * np.pi * np.fft.fftfreq(512, 16 / 512)
    slope = np.fft.ifft(1j * k * np.fft.fft(waves.u.values))
    energy = (0.5 * np.abs(slope) ** 2 - 0.5 * np.abs(waves.u.values) ** 4).mean(1)
    assert np.ptp(energy) < 1e-8 * np.abs(energy).max()
    for name in ("porous_medium", "cahn_hilliard"):
        mass = catalogue.get(name).field(x=256, t=4).u.mean("x").values
        assert np.ptp(mass) < 1e-12


# ---------------------------------------------------------------- what is asked of them


@pytest.mark.parametrize(
    "name",
    [
        "chafee_infante",
        "porous_medium",
        "cahn_hilliard",
        "klein_gordon",
        "sine_gordon",
        "schroedinger",
        "fitzhugh_nagumo",
        "hindmarsh_rose",
        "lambda_omega",
        "navier_stokes",
    ],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_default_fields_tell_the_terms_of_their_law_apart(name: str, seed: int) -> None:
    law = catalogue.get(name)
    counts: dict[str, Any] = dict.fromkeys(law._family.periods, 256 if len(law._family.periods) == 1 else 64)
    times = np.linspace(0, 0.2 * law._family.duration, 11) if counts else None
    field = law.field(**counts, t=times, seed=seed)
    for left, terms in law.equation.terms.items():
        columns = []
        for term, coefficient in terms.items():
            side = Equation.from_terms({left: {term: coefficient}}).right_sides[left]
            symbols = sorted(side.free_symbols, key=str)
            values = [read(field, str(symbol)) for symbol in symbols]
            column = sympy.lambdify(symbols, side, "numpy")(*values)
            columns.append(np.broadcast_to(column, next(iter(field.values())).shape).ravel())
        size = np.sqrt((np.abs(np.array(columns)) ** 2).mean(1))
        assert size.min() > 0.05 * size.max(), (left, dict(zip(terms, size, strict=True)))
        assert np.linalg.cond((np.array(columns) / size[:, None]).T) < 100


def read(field: xr.Dataset, name: str) -> Array:
    component, orders = split_derivative(name, [str(v) for v in field]) or (name, {})
    return spectral_derivative(field, component, "".join(axis * n for axis, n in orders.items()))


def test_periods_may_be_given_by_axis() -> None:
    field = catalogue.get("navier_stokes").field(x=8, y=12, t=[0.0], period={"y": (-np.pi, np.pi)})
    assert dict(field.sizes) == {"t": 1, "x": 8, "y": 12}
    assert field.x.values[0] == 0
    assert field.y.values[0] == -np.pi


def test_samples_and_a_function_start_the_same_flow() -> None:
    law, points = catalogue.get("navier_stokes"), 2 * np.pi * np.arange(32) / 32

    def start(x: Array, y: Array) -> Array:
        return np.sin(x) * np.cos(2 * y) + np.cos(y)

    by_function = law.field(x=16, y=16, t=[0.0, 0.1], initial=start)
    by_samples = law.field(x=16, y=16, t=[0.0, 0.1], initial=start(points[:, None], points))
    assert relative(by_samples.w.values, by_function.w.values) < 1e-9


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: catalogue.get("heat").field(y=5), "no axis y"),
        (lambda: catalogue.get("heat").field(period={"y": (0, 1)}), "no axis 'y'; the axes are: x"),
        (lambda: catalogue.get("navier_stokes").field(period=(1, 0)), "ends before it starts"),
        (lambda: catalogue.get("navier_stokes").field(initial=[1.0, 2.0]), "need 2 dimensions"),
        (lambda: catalogue.get("lambda_omega").field(initial=np.sin), r"initial=\(u, v\)"),
        (lambda: catalogue.get("sine_gordon").field(initial=np.sin), r"initial=\(u, u_t\)"),
        (lambda: catalogue.get("schroedinger").field(initial=["a"]), "complex samples"),
        (lambda: catalogue.get("schroedinger").field(initial=[1.0, np.nan]), "not finite numbers"),
        (lambda: catalogue.get("porous_medium").field(initial=np.sin), "densities above zero"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(SimulationError, match=words):
        call()


def test_a_flow_that_no_grid_resolves_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_spectral, "FINEST_GRID", {1: 128, 2: 64})
    with pytest.raises(SimulationError, match="more than 64 points along an axis"):
        catalogue.get("navier_stokes", nu=1e-6).field(x=8, y=8)
