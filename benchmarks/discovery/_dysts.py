"""Twenty chaotic systems whose rates are polynomials of the state, integrated from their definitions.

Rates, parameters, first states and periods are those under which W. Gilpin collected them, "Chaos as an
interpretable benchmark for forecasting and data-driven modelling", NeurIPS Datasets and Benchmarks (2021),
arXiv:2110.05266, written down anew; each names where it first appeared. Fields hold twenty periods at a
hundred samples each.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr

import physforge_kernel as pf

PERIODS, SAMPLES = 20, 100


@dataclass(frozen=True)
class System:
    """`rates`: by component, in its `parameters`; `start`: a state on the attractor; `period`: in time."""

    name: str
    rates: dict[str, str]
    parameters: dict[str, float]
    start: tuple[float, ...]
    period: float
    source: str

    @cached_property
    def equation(self) -> pf.Equation:
        texts = [f"{component}_t = {rate}" for component, rate in self.rates.items()]
        symbolic = pf.Equation(texts, parameters=tuple(self.parameters))
        return symbolic.substitute(self.parameters) if self.parameters else symbolic

    def field(self, stretch: int = 0) -> xr.Dataset:
        """The noise-free field (t,): the first periods, or a later `stretch` of as many."""
        state = {name: ("t", [value]) for name, value in zip(self.rates, self.start, strict=True)}
        times = np.linspace(0.0, PERIODS * self.period, PERIODS * SAMPLES + 1)
        field = xr.Dataset(state, {"t": [0.0]})
        field = pf.simulate(self.equation, field, t=times, seconds=600.0)
        for _ in range(stretch):
            last = field.isel(t=[-1]).assign_coords(t=[0.0])
            field = pf.simulate(self.equation, last, t=times, seconds=600.0)
        return field


def _system(
    name: str, rates: str, parameters: dict[str, float], start: tuple[float, ...], period: float, source: str
) -> System:
    components = "xyzw"[: len(start)]
    sides = dict(zip(components, (rate.strip() for rate in rates.split(";")), strict=True))
    return System(name, sides, parameters, start, period, source)


SYSTEMS = (
    _system(
        "arneodo",
        "y; z; -a*x - b*y - c*z + d*x^3",
        {"a": -5.5, "b": 4.5, "c": 1.0, "d": -1.0},
        (-2.7515698, 0.19079818, 3.4703629),
        3.1641,
        "A. Arneodo, P. Coullet and C. Tresser, Phys. Lett. A 79 (1980)",
    ),
    _system(
        "bouali",
        "a*r*x - a*x*y - b*z; -g*y + g*x^2*y; -1.5*m*x + m*k*x*z - c*z",
        {"a": 1.0, "b": -0.3, "k": 1.0, "c": 0.05, "g": 1.0, "m": 1.0, "r": 4.0},
        (0.38673159, 3.0544196, -0.0067836194),
        3.0411,
        "S. Bouali, Int. J. Bifurcation and Chaos 9 (1999)",
    ),
    _system(
        "burke_shaw",
        "-n*x - n*y; y - n*x*z; n*x*y + k",
        {"k": 13.0, "n": 10.0},
        (-0.79153188, 0.65244479, 0.22517831),
        0.78333,
        "R. Shaw, Z. Naturforsch. A 36 (1981)",
    ),
    _system(
        "chen",
        "a*y - a*x; (c - a)*x - x*z + c*y; x*y - b*z",
        {"a": 35.0, "b": 3.0, "c": 28.0},
        (3.2689697, 5.2990458, 19.435349),
        0.58689,
        "G. Chen and T. Ueta, Int. J. Bifurcation and Chaos 9 (1999)",
    ),
    _system(
        "chen_lee",
        "a*x - y*z; b*y + x*z; c*z + x*y/3",
        {"a": 5.0, "b": -10.0, "c": -0.38},
        (0.17177112, 0.10360479, 6.2553878),
        2.8043,
        "H.-K. Chen and C.-I. Lee, Chaos, Solitons and Fractals 21 (2004)",
    ),
    _system(
        "guckenheimer_holmes",
        "a*x - b*y + c*x*z + d*x^2*z + d*y^2*z; a*y + b*x + c*y*z; k - z^2 - f*x^2 - f*y^2 - a*z^3",
        {"a": 0.4, "b": 20.25, "c": 3.0, "d": 1.6, "k": 1.7, "f": 0.44},
        (-0.55582369, 0.05181624, 0.37766104),
        0.3076923076923077,
        "J. Guckenheimer and P. Holmes, Nonlinear Oscillations (1983)",
    ),
    _system(
        "hadley",
        "-y^2 - z^2 - a*x + a*f; x*y - b*x*z - y + g; b*x*y + x*z - z",
        {"a": 0.2, "b": 4.0, "f": 9.0, "g": 1.0},
        (1.3664423, 0.9309146, 0.64283417),
        1.4541,
        "E. N. Lorenz, Tellus A 36 (1984), after G. Hadley (1735)",
    ),
    _system(
        "halvorsen",
        "-a*x - b*y - b*z - y^2; -a*y - b*z - b*x - z^2; -a*z - b*x - b*y - x^2",
        {"a": 1.4, "b": 4.0},
        (-8.6807408, -2.4741399, 0.070775762),
        1.4889,
        "J. C. Sprott, Elegant Chaos (2010)",
    ),
    _system(
        "henon_heiles",
        "z; w; -x - 2*x*y; -y - x^2 + y^2",
        {},
        (-0.29707259, -0.0031367513, 0.42548865, 0.071905482),
        6.37,
        "M. Hénon and C. Heiles, Astron. J. 69 (1964)",
    ),
    _system(
        "hyper_cai",
        "a*y - a*x; b*x + c*y - x*z + w; -d*z + y^2; -k*x",
        {"a": 27.5, "b": 3.0, "c": 19.3, "d": 2.9, "k": 3.3},
        (-10.691273602120157, -15.541159376570342, 18.388272900250726, -14.904493939514888),
        0.6113936187028436,
        "G. Cai and J. Huang, Int. J. Nonlinear Sci. 3 (2007)",
    ),
    _system(
        "hyper_lorenz",
        "a*y - a*x + w; -x*z + c*x - y; -b*z + x*y; d*w - x*z",
        {"a": 10.0, "b": 2.667, "c": 28.0, "d": 1.1},
        (-9.186073735061425, -0.6744570634419695, 16.440536886214517, -145.0243848950473),
        1.277546730110058,
        "Q. Jia, Phys. Lett. A 366 (2007)",
    ),
    _system(
        "rayleigh_benard",
        "a*y - a*x; r*y - x*z; x*y - b*z",
        {"a": 30.0, "b": 5.0, "r": 18.0},
        (-15.660582, -13.32018, 26.879362),
        0.91967,
        "T. Yanagita and K. Kaneko, Physica D 82 (1995)",
    ),
    _system(
        "rikitake",
        "-m*x + y*z; -m*y - a*x + x*z; 1 - x*y",
        {"a": 1.0, "m": 1.0},
        (-0.7791562791136255, -0.6302244598741468, 2.671200187214492),
        5.8975,
        "T. Rikitake, Proc. Camb. Phil. Soc. 54 (1958)",
    ),
    _system(
        "rossler",
        "-y - z; x + a*y; b + x*z - c*z",
        {"a": 0.2, "b": 0.2, "c": 5.7},
        (6.5134412, 0.4772013, 0.34164294),
        5.9086,
        "O. E. Rössler, Phys. Lett. A 57 (1976)",
    ),
    _system(
        "rucklidge",
        "-a*x + b*y - y*z; x; -z + y^2",
        {"a": 2.0, "b": 6.7},
        (1.9257158, 3.1923835, 5.7829655),
        6.0721,
        "A. M. Rucklidge, J. Fluid Mech. 237 (1992)",
    ),
    _system(
        "sakarya",
        "-x + y + y*z; -y - x + q*x*z; z - r*x*y",
        {"q": 0.4, "r": 0.3},
        (-2.8976045, 3.8877978, 3.07465),
        4.9844,
        "C. Li et al., IEICE Electron. Express 12 (2015)",
    ),
    _system(
        "shimizu_morioka",
        "y; x - a*y - x*z; -b*z + x^2",
        {"a": 0.85, "b": 0.5},
        (0.016838697, 0.03489384, 0.35346848),
        12.038,
        "T. Shimizu and N. Morioka, Phys. Lett. A 76 (1980)",
    ),
    _system(
        "sprott_b",
        "y*z; x - y; 1 - x*y",
        {},
        (1.6878282, 1.4848132, -0.53706628),
        11.050142857142857,
        "J. C. Sprott, Phys. Rev. E 50 (1994)",
    ),
    _system(
        "sprott_e",
        "y*z; x^2 - y; 1 - 4*x",
        {},
        (0.6173759, 0.66599285, -1.6575023),
        7.6275,
        "J. C. Sprott, Phys. Rev. E 50 (1994)",
    ),
    _system(
        "sprott_jerk",
        "y; z; -x + y^2 - m*z",
        {"m": 2.017},
        (-0.54106056, 0.59383201, 0.45127217),
        11.921,
        "J. C. Sprott, Phys. Lett. A 228 (1997)",
    ),
)
