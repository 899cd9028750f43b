"""What is measured: every law with its noise-free field, its noise levels, and what is held against it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import _adversarial
import _corrupted
import xarray as xr
from _dysts import SYSTEMS

import physforge_kernel as pf

FIELD_LEVELS = (0.0, 0.05, 0.2, 0.5, 1.0)
ORDINARY_LEVELS = (0.0, 0.01, 0.05, 0.1, 0.2)

#: Seconds that a peer may take for one run.
PEER_SECONDS = 120.0

FILES: dict[str, dict[str, str | list[str]]] = {
    "pde_find": {
        "burgers": "u_t = -u*u_x + 0.1*u_xx",
        "kdv": "u_t = -6*u*u_x - u_xxx",
        "kuramoto_sivashinsky": "u_t = -u*u_x - u_xx - u_xxxx",
    },
    "wsindy": {
        "inviscid_burgers": "u_t = -u*u_x",
        "kdv": "u_t = -u*u_x - u_xxx",
        "kuramoto_sivashinsky": "u_t = -u*u_x - u_xx - u_xxxx",
        "nls": ["u_t = 0.5*v_xx + u^2*v + v^3", "v_t = -0.5*u_xx - u*v^2 - u^3"],
    },
}

#: A law whose solutions the solvers here cannot follow has another one simulated for its Cramér-Rao bound:
#: the shock as wide as about three steps of the file's grid.
STAND_INS = {("wsindy", "inviscid_burgers"): "u_t = -u*u_x + 20000*u_xx"}

Noise = Callable[[xr.Dataset, float, int], xr.Dataset]


@dataclass(frozen=True)
class Case:
    """A law to be found.

    Attributes:
        source: where it is from; one of `SOURCES`.
        name: of the law, and of what was done to its samples.
        equation: the law; None if no candidates express it, so that any law called identified is false.
        clean: the noise-free field from the start of a given number.
        levels: noise, as fractions of the field's RMS.
        noise: what puts noise on a field.
        starts: whether there is `one` field, another for each seed `without noise`, or for `each seed`.
        stand_in: the law that is simulated for the Cramér-Rao bound, where that is not the law itself.
        measured_against: whether peers and the Cramér-Rao bound are asked for.
    """

    source: str
    name: str
    equation: pf.Equation | None
    clean: Callable[[int], xr.Dataset]
    levels: tuple[float, ...]
    noise: Noise = pf.add_noise
    starts: Literal["one", "without noise", "each seed"] = "one"
    stand_in: str | None = None
    measured_against: bool = False

    @property
    def key(self) -> str:
        return f"{self.source}/{self.name}"

    def seeds(self, level: float, asked: int) -> int:
        """How many seeds differ from one another at a noise level."""
        return asked if level or self.starts != "one" else 1

    def field(self, level: float, seed: int) -> xr.Dataset:
        """The noisy field of a run."""
        fresh = self.starts == "each seed" or (self.starts == "without noise" and not level)
        clean = _clean(self, seed if fresh else 0)
        return self.noise(clean, level, seed) if level else clean


@functools.lru_cache(maxsize=2)
def _clean(case: Case, start: int) -> xr.Dataset:
    return case.clean(start)


def cases(data: Path | None) -> list[Case]:
    """All cases; those from files only where a folder with `pde_find` and `wsindy` is given."""
    files = _of_files(data) if data else []
    return [*_of_catalogue(), *files, *_of_dysts(), *_of_outside(), *_of_corrupted()]


def missing(data: Path) -> list[str]:
    """Which files the folder lacks."""
    names = [f"{source}/{name}.mat" for source, laws in FILES.items() for name in laws]
    return [name for name in names if not (data / name).is_file()]


def _of_catalogue() -> list[Case]:
    found = []
    for name in pf.catalogue.names():
        law = pf.catalogue.get(name)
        axes = len(law.domain) - 1
        levels = {0: ORDINARY_LEVELS, 1: FIELD_LEVELS, 2: (0.0, 0.05, 0.2)}[axes]
        if name == "navier_stokes":
            levels = (0.0, 0.05, 0.2, 0.25)
        found.append(
            Case(
                source="catalogue",
                name=name,
                equation=law.equation,
                clean=lambda start, law=law: law.field(seed=start),
                levels=levels,
                starts="without noise" if axes < 2 else "one",
                measured_against=True,
            )
        )
    return found


def _of_files(data: Path) -> list[Case]:
    return [
        Case(
            source=source,
            name=name,
            equation=pf.Equation(text),
            clean=lambda _, path=data / source / f"{name}.mat": _read(path),
            levels=FIELD_LEVELS,
            stand_in=STAND_INS.get((source, name)),
            measured_against=True,
        )
        for source, laws in FILES.items()
        for name, text in laws.items()
    ]


def _read(path: Path) -> xr.Dataset:
    field = pf.read(path)
    names = [str(name) for name in field.data_vars if field[name].ndim == 2]
    wanted = dict(zip(names, "uv", strict=False))
    return field[list(wanted)].rename({old: new for old, new in wanted.items() if old != new})


def _of_dysts() -> list[Case]:
    return [
        Case(
            source="dysts",
            name=system.name,
            equation=system.equation,
            clean=system.field,
            levels=ORDINARY_LEVELS,
            starts="without noise",
            measured_against=True,
        )
        for system in SYSTEMS
    ]


def _of_outside() -> list[Case]:
    found = []
    for name, make in _adversarial.OUTSIDE.items():
        text = _adversarial.STATED.get(name)
        law = pf.Equation(text) if text else None
        found.append(Case("outside", name, law, make, _adversarial.LEVELS, starts="each seed"))
    return found


def _of_corrupted() -> list[Case]:
    laws = {name: pf.catalogue.get(name) for name in _corrupted.LAWS}
    return [
        Case(
            source="corrupted",
            name=f"{name}, {corruption}",
            equation=law.equation,
            clean=lambda start, law=law: law.field(seed=start),
            levels=_corrupted.LEVELS,
            noise=corrupt,
            starts="each seed",
        )
        for name, law in laws.items()
        for corruption, corrupt in _corrupted.CORRUPTIONS.items()
    ]
