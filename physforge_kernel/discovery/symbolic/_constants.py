"""The constants in a formula: fitted by least squares, and what they are when they are not just any number.

A fitted constant costs as many bits as it takes to write it down to its standard error; `pi/4` costs a few.
So a constant is snapped to an integer, a simple fraction, or one of those times a power of pi or a root where
that makes the description of formula and data together shorter (Rissanen 1978; Udrescu et al. 2020, sec. 2).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ._exchange import exchanged
from ._sample import Sample

if TYPE_CHECKING:
    import sympy

#: Residuals below this share of the output's RMS are rounding, and not worth any bits.
ROUNDING = 1e-10

#: Standard errors within which a constant may be a rounder number.
_REACH = 4.0

#: Constants that trade off so exactly, as a share of what they do one by one, are not determined.
_BLIND = 1e-9

#: Evaluations of a formula, per constant, that a fit may take.
_EVALUATIONS = 25


@dataclass(frozen=True)
class Form:
    """A formula with places for constants: `expression` in `symbols` and `places`."""

    expression: sympy.Expr
    symbols: tuple[sympy.Symbol, ...]
    places: tuple[sympy.Symbol, ...]

    def with_constants(self, values: np.ndarray) -> sympy.Expr:
        import sympy

        chosen = {p: sympy.Float(float(v)) for p, v in zip(self.places, values, strict=True)}
        return exchanged(self.expression, chosen)

    def compiled(self) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
        """A function of X (n, d) and constants (k,) that returns (n,)."""
        function = _lambdified(self.expression, (*self.symbols, *self.places))

        def evaluate(X: np.ndarray, constants: np.ndarray) -> np.ndarray:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                value: Any = np.asarray(function(*X.T, *constants))
            if value.dtype.kind == "c":
                value = np.where(np.abs(value.imag) <= 1e-9 * np.abs(value.real), value.real, np.nan)
            return np.broadcast_to(value.astype(float), (len(X),))

        return evaluate


def _lambdified(expression: sympy.Expr, arguments: tuple[sympy.Symbol, ...]) -> Callable[..., Any]:
    import sympy

    return sympy.lambdify(arguments, expression, modules="numpy")


def floating(expression: sympy.Expr, which: sympy.Expr | None = None) -> sympy.Expr:
    """The formula with all of its numbers, or those that are `which`, as floats.

    Exponents that are whole or simple fractions stay.
    """
    import sympy

    if expression.is_number:
        return sympy.Float(expression.evalf()) if which is None or expression == which else expression
    if isinstance(expression, sympy.Pow) and expression.exp.is_Rational:
        return floating(expression.base, which) ** expression.exp
    arguments: tuple[Any, ...] = expression.args
    return expression.func(*(floating(a, which) for a in arguments)) if arguments else expression


def exact(expression: sympy.Expr) -> set[sympy.Expr]:
    """The numbers in a formula that are no floats; exponents, and ones, are its shape and none of them."""
    import sympy

    if expression.is_number:
        return set() if expression.is_Float or expression in (1, -1) else {expression}
    arguments: tuple[Any, ...] = expression.args
    if isinstance(expression, sympy.Pow) and expression.exp.is_Rational:
        arguments = arguments[:1]
    return {number for argument in arguments for number in exact(argument)}


def form_of(expression: sympy.Expr, symbols: tuple[sympy.Symbol, ...]) -> tuple[Form, np.ndarray]:
    """The form of a formula whose floats are constants to be fitted, and their values."""
    import sympy

    floats = sorted(expression.atoms(sympy.Float), key=float)
    places = tuple(sympy.Symbol(f"c{i}_", real=True) for i in range(len(floats)))
    written = exchanged(expression, dict(zip(floats, places, strict=True)))
    return Form(written, symbols, places), np.array([float(f) for f in floats])


@dataclass(frozen=True)
class Fit:
    """Constants (k,), their covariance (k, k), and the residual's RMS as a share of the output's."""

    constants: np.ndarray
    covariance: np.ndarray
    misfit: float

    @property
    def errors(self) -> np.ndarray:
        """(k,) Standard errors."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0)) if len(self.constants) else np.empty(0)

    @property
    def steps(self) -> np.ndarray:
        """(k,) Standard error of each constant when those before it are known: how finely it has to be told.

        Where two constants trade off, either is uncertain, and yet the second has to be told exactly.
        """
        if not len(self.constants):
            return np.empty(0)
        errors = np.maximum(self.errors, 1e-150)
        correlation = np.nan_to_num(self.covariance / np.outer(errors, errors))
        # R of R'R = the correlation, by its root: it may be singular to rounding.
        values, vectors = np.linalg.eigh(correlation)
        triangle = np.linalg.qr((vectors * np.sqrt(np.maximum(values, 1e-18))).T, mode="r")
        return errors * np.abs(np.diag(triangle))

    def moved(self, i: int, value: float) -> tuple[np.ndarray, float]:
        """Where the constants go when one of them is held at a value, and the squared misfit there.

        Told from the curvature at the optimum alone.
        """
        step = value - self.constants[i]
        variance = max(float(self.covariance[i, i]), 1e-300)
        shifted = self.constants + self.covariance[:, i] / variance * step
        shifted[i] = value
        return shifted, step**2 / variance


def fit(form: Form, sample: Sample, start: np.ndarray, *, improve: bool = True) -> Fit | None:
    """Least squares from `start`; None where the formula has no value on the data."""
    from scipy.optimize import least_squares

    evaluate = form.compiled()

    def residual(constants: np.ndarray) -> np.ndarray:
        made = sample.residual(evaluate(sample.points, constants))
        return np.clip(np.nan_to_num(made, nan=1e6, posinf=1e6, neginf=-1e6), -1e6, 1e6)

    constants = np.asarray(start, dtype=float)
    first = evaluate(sample.points, constants)
    if not np.isfinite(first).all():
        return None
    count = len(constants)
    n = sample.count
    if not count:
        return Fit(constants, np.empty((0, 0)), float(np.sqrt(np.mean(residual(constants) ** 2))))
    if n <= count:
        return None
    if improve:
        try:
            found = least_squares(
                residual, constants, method="lm", xtol=1e-15, ftol=1e-15, gtol=1e-15,
                max_nfev=_EVALUATIONS * (count + 1),
            )  # fmt: skip
        except (ValueError, np.linalg.LinAlgError):
            return None
        if found.cost <= 0.5 * float(np.sum(residual(constants) ** 2)):
            constants = found.x
    value = residual(constants)
    if not np.isfinite(evaluate(sample.points, constants)).all():
        return None
    misfit = float(np.sqrt(np.mean(value**2)))
    return Fit(constants, _covariance(residual, constants, value, max(misfit, ROUNDING)), misfit)


def _covariance(
    residual: Callable[[np.ndarray], np.ndarray], constants: np.ndarray, value: np.ndarray, misfit: float
) -> np.ndarray:
    steps = 1e-6 * np.maximum(np.abs(constants), 1e-6)
    jacobian = np.stack([(residual(constants + s) - value) for s in np.diag(steps)], axis=1) / steps
    lengths = np.linalg.norm(jacobian, axis=0)
    lengths[lengths == 0] = 1.0
    _, singular, right = np.linalg.svd(jacobian / lengths, full_matrices=False)
    # What the rows do not determine at all is very uncertain, not certain.
    inverse = misfit / np.maximum(singular, _BLIND) * right.T / np.maximum(lengths, 1e-100)[:, None]
    return inverse @ inverse.T


def bits_of_free(value: float, error: float) -> float:
    """Bits to write a number down to its standard error."""
    return 2.0 + math.log2(1.0 + abs(value) / max(error, 1e-300))


#: Irrational factors of round numbers, by name: value and bits.
_FACTORS = {
    "1": (1.0, 0.0), "pi": (math.pi, 3.0), "1/pi": (1 / math.pi, 3.0), "pi**2": (math.pi**2, 4.0),
    "pi**-2": (math.pi**-2, 4.0), "sqrt(2)": (math.sqrt(2), 3.0), "sqrt(3)": (math.sqrt(3), 4.0),
    "sqrt(pi)": (math.sqrt(math.pi), 4.0), "1/sqrt(pi)": (1 / math.sqrt(math.pi), 4.0),
    "sqrt(2*pi)": (math.sqrt(2 * math.pi), 5.0), "1/sqrt(2*pi)": (1 / math.sqrt(2 * math.pi), 5.0),
    "pi**-3": (math.pi**-3, 5.0), "log(2)": (math.log(2), 5.0),
}  # fmt: skip


@lru_cache(maxsize=1)
def _round_numbers() -> tuple[np.ndarray, np.ndarray, tuple[tuple[int, int, str], ...]]:
    """Positive numbers that a constant may be: values, ascending, bits, and (p, q, factor) of each."""
    found: dict[float, tuple[float, tuple[int, int, str]]] = {}

    def add(p: int, q: int, factor: str) -> None:
        value, extra = _FACTORS[factor]
        value *= p / q
        bits = 1.0 + 1.5 * math.log2(p) + 1.5 * math.log2(q) + extra
        if value not in found or bits < found[value][0]:
            found[value] = (bits, (p, q, factor))

    for factor in _FACTORS:
        for q in range(1, 17):
            for p in range(1, 41):
                if math.gcd(p, q) == 1:
                    add(p, q, factor)
    for p in (*range(41, 1001), 10**4, 10**5, 10**6):
        add(p, 1, "1")
    for k in range(2, 7):
        add(1, 10**k, "1")
    values = np.array(sorted(found))
    return values, np.array([found[v][0] for v in values]), tuple(found[v][1] for v in values)


def rounder(value: float, error: float, count: int = 2) -> list[sympy.Expr]:
    """The cheapest exact numbers within reach of a fitted one, cheapest first."""
    import sympy

    values, bits, numbers = _round_numbers()
    reach = max(_REACH * error, 1e-9 * abs(value))
    near: list[sympy.Expr] = [sympy.Integer(0)] if abs(value) <= reach else []
    low, high = np.searchsorted(values, [abs(value) - reach, abs(value) + reach])
    order = low + np.argsort(bits[low:high], kind="stable")[:count]
    sign = 1 if value >= 0 else -1
    exact = [numbers[int(i)] for i in order]
    return near + [sympy.Rational(sign * p, q) * sympy.sympify(factor) for p, q, factor in exact]


def bits_of_number(number: sympy.Basic) -> float:
    """Bits to write an exact number, as it stands in a formula."""
    import sympy

    if isinstance(number, sympy.Rational):
        p, q = abs(int(number.p)), int(number.q)
        return 1.0 + 1.5 * math.log2(max(p, 1)) + 1.5 * math.log2(q)
    return 3.0
