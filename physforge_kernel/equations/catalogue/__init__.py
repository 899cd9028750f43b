"""The catalogue: named equations, each with a reference solution to test against.

In goes a name and values for its parameters; out comes a `Law` with its `Equation`, its citation, and
`field(...)`, a solution that is exact or converged. `exact` holds closed solutions of single laws.

    law = catalogue.get("burgers", nu=0.05)
    field = law.field(x=256, t=101, seed=3)
"""

from __future__ import annotations

from ...errors import EquationError
from . import diffusion, dispersive, dynamics, exact, linear, plane, reaction, transport
from ._law import Family, Law, make

__all__ = ["Law", "exact", "get", "names"]

_FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        linear.heat,
        linear.advection,
        transport.burgers,
        transport.kdv,
        transport.kuramoto_sivashinsky,
        reaction.allen_cahn,
        reaction.fisher_kpp,
        reaction.chafee_infante,
        diffusion.porous_medium,
        diffusion.cahn_hilliard,
        linear.wave,
        linear.klein_gordon,
        linear.euler_beam,
        dispersive.sine_gordon,
        dispersive.schroedinger,
        plane.lambda_omega,
        plane.navier_stokes,
        dynamics.lorenz,
        dynamics.lotka_volterra,
        dynamics.fitzhugh_nagumo,
        dynamics.hindmarsh_rose,
    )
}


def names() -> tuple[str, ...]:
    """The names of the laws in the catalogue.

    >>> "burgers" in names()
    True
    """
    return tuple(_FAMILIES)


def get(name: str, **parameters: float) -> Law:
    """A law by its name.

    Args:
        name: one of `names()`.
        parameters: values by name, for those that should differ from the law's defaults.

    Returns:
        The law.

    Raises:
        EquationError: for a name or a parameter that is not in the catalogue, or a value outside its range.

    >>> print(get("heat", alpha=0.5).equation)
    u_t = 0.5*u_xx
    """
    family = _FAMILIES.get(name)
    if family is None:
        raise EquationError(f"The catalogue has no law {name!r}; it has: {', '.join(_FAMILIES)}.")
    return make(family, parameters)
