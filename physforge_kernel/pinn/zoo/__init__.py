"""The problem zoo: problems that others have solved or failed at, each with a solution to be held against.

In goes a name; out comes an `Entry` with its equation, domain, conditions and citation, `problem()` for
`solve`, and `reference(...)`, the solution on a grid: exact, or spectral and converged.

    entry = zoo.get("burgers")
    solution = solve(entry.problem())
    print(solution.error(entry.reference(x=256, t=101)))
"""

from __future__ import annotations

from ...errors import SolverError
from . import (
    advection,
    allen_cahn,
    burgers,
    cavity,
    dynamics,
    ginzburg_landau,
    helmholtz,
    kdv,
    kuramoto_sivashinsky,
    poisson,
    schroedinger,
    wave,
)
from ._entry import Entry

__all__ = ["Entry", "get", "names"]

_ENTRIES: dict[str, Entry] = {
    entry.name: entry
    for entry in (
        burgers.forward,
        burgers.inverse,
        allen_cahn.allen_cahn,
        kdv.raissi,
        kdv.zabusky,
        wave.wave,
        poisson.multiscale,
        poisson.high_dimensional,
        helmholtz.helmholtz,
        schroedinger.schroedinger,
        advection.advection,
        cavity.cavity,
        ginzburg_landau.ginzburg_landau,
        kuramoto_sivashinsky.kuramoto_sivashinsky,
        dynamics.lorenz,
        dynamics.van_der_pol,
        dynamics.lotka_volterra,
    )
}


def names() -> tuple[str, ...]:
    """The names of the problems in the zoo.

    >>> "burgers" in names()
    True
    """
    return tuple(_ENTRIES)


def get(name: str) -> Entry:
    """A problem by its name.

    Raises:
        SolverError: if the zoo has none of that name.

    >>> print(get("advection"))
    Advection at speed 80
      u_t + 80*u_x = 0
      x from 0 to 6.28319, t from 0 to 1
      u(x, 0) = sin(x)
      periodic in x
      A. Krishnapriyan et al., Adv. Neural Inf. Process. Syst. 34 (2021); S. Wang et al., arXiv 2308.08468
    """
    try:
        return _ENTRIES[name]
    except KeyError:
        raise SolverError(f"The zoo has no problem {name!r}; its problems: {', '.join(_ENTRIES)}.") from None
