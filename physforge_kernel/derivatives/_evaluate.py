"""Terms of a law on every sample of a field: `u*u_x`, `u^2`, `sin(u)`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy

from ..equations import AXES, read_pairs, split_derivative
from ..errors import DerivativeError, EquationError
from ._differentiate import differentiate

if TYPE_CHECKING:
    import xarray as xr


def evaluate(
    field: xr.Dataset,
    terms: Sequence[str],
    *,
    method: str = "auto",
    **options: Any,
) -> xr.Dataset:
    """Evaluate terms on every sample of a field, the derivatives in them by `differentiate`.

    Args:
        field: variables on axes among t, x, y and z.
        terms: products and functions of variables, axes and derivatives, such as `u*u_x`; a derivative alone,
            `u_xx`, is one of them.
        method: of the derivatives, and its `options`, as for `differentiate`.

    Returns:
        A field on the same axes with a variable for every term, called as it is written. A derivative alone
        has its standard error beside it, `u_xx_error`.

    Raises:
        DerivativeError: a term cannot be read, or holds a name that the field does not have.

    Example:
        >>> import numpy as np, xarray as xr
        >>> x = np.linspace(0, 1, 101)
        >>> field = xr.Dataset({"u": ("x", x**2)}, {"x": x})
        >>> found = evaluate(field, ["u*u_x", "u_x"], method="spline")
        >>> np.allclose(found["u*u_x"], 2 * x**3, atol=1e-6), "u_x_error" in found
        (True, True)
    """
    import xarray as xr

    if not terms:
        raise DerivativeError("No term was asked for: name some, such as 'u*u_x'.")
    read = {text: _read(text, field) for text in terms}
    names = {str(symbol) for expression in read.values() for symbol in expression.free_symbols}
    variables = set(map(str, field.data_vars))
    derivatives = sorted(name for name in names if split_derivative(name, variables))
    found = differentiate(field, derivatives, method=method, **options) if derivatives else xr.Dataset()
    known = {name: field[name] for name in names if name in field.variables}
    known |= {name: found[name] for name in derivatives}
    result = xr.Dataset(coords={axis: field[axis] for axis in field.dims}, attrs=field.attrs)
    for text, expression in read.items():
        result[text] = _value(expression, known, field)
        if text in derivatives:
            result[text].attrs = found[text].attrs
            result[f"{text}_error"] = found[f"{text}_error"]
    return result


def _read(text: str, field: xr.Dataset) -> sympy.Expr:
    variables = set(map(str, field.data_vars))
    try:
        pairs = read_pairs(text, components=variables)
    except EquationError as error:
        raise DerivativeError(f"The term {text!r} cannot be read: {error}") from None
    if len(pairs) != 1 or pairs[0][1] != 0:
        raise DerivativeError(f"{text!r} is no term: write one product or function, such as 'u*u_x'.")
    expression = pairs[0][0]
    for name in sorted(map(str, expression.free_symbols)):
        split = split_derivative(name, variables)
        axes = set(split[1]) if split else {name} & set(AXES)
        if not (name in variables or axes) or not axes <= set(map(str, field.dims)):
            listed = ", ".join(sorted(variables))
            raise DerivativeError(
                f"The term {text!r} holds {name}, which the field does not have; its variables are {listed}, "
                f"on the axes {', '.join(map(str, field.dims))}."
            )
    return expression


def _value(expression: sympy.Expr, known: dict[str, xr.DataArray], field: xr.Dataset) -> xr.DataArray:
    import xarray as xr

    names = sorted(map(str, expression.free_symbols))
    whole = next(iter(field.data_vars.values()))
    arrays = [known[name].broadcast_like(whole).transpose(*whole.dims).to_numpy() for name in names]
    call = sympy.lambdify([sympy.Symbol(f"a{i}") for i in range(len(names))], _renamed(expression, names))
    with np.errstate(all="ignore"):
        values = np.broadcast_to(np.asarray(call(*arrays)), whole.shape)
    return xr.DataArray(values.astype(np.result_type(values, float)), dims=whole.dims)


def _renamed(expression: sympy.Expr, names: Sequence[str]) -> sympy.Basic:
    return expression.xreplace({sympy.Symbol(name): sympy.Symbol(f"a{i}") for i, name in enumerate(names)})
