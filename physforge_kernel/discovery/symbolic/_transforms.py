"""Functions of the output under which a formula may be plain: `y = inverse(sum of terms)`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ._sample import Sample

if TYPE_CHECKING:
    import sympy


@dataclass(frozen=True)
class Transform:
    """`forward(y)` and its `slope(y)` on arrays; `inverse` on formulas; `applies(y)`: whether it may."""

    name: str
    forward: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]
    inverse: Callable[[sympy.Expr], sympy.Expr]
    applies: Callable[[np.ndarray], bool]


def _positive(y: np.ndarray) -> bool:
    """Positive but for what noise may have turned."""
    return bool(np.mean(y > 0) > 0.995)


def _one_sign(y: np.ndarray) -> bool:
    return _positive(y) or _positive(-y)


def _small(y: np.ndarray) -> bool:
    return bool(np.quantile(np.abs(y), 0.99) < 30)


def _inverse(name: str) -> Callable[[sympy.Expr], sympy.Expr]:
    def apply(expression: sympy.Expr) -> sympy.Expr:
        import sympy

        return getattr(sympy, name)(expression)

    return apply


def _within(low: float, high: float) -> Callable[[np.ndarray], bool]:
    return lambda y: bool(np.mean((y >= low) & (y <= high)) > 0.99)


TRANSFORMS = (
    Transform("y", lambda y: y, np.ones_like, lambda e: e, lambda y: True),
    Transform("1/y", lambda y: 1 / y, lambda y: 1 / y**2, lambda e: 1 / e, _one_sign),
    Transform("y^2", lambda y: y**2, lambda y: 2 * y, lambda e: e ** _half(), _positive),
    Transform("1/y^2", lambda y: y**-2.0, lambda y: 2 * y**-3.0, lambda e: e ** -_half(), _positive),
    Transform("sqrt(y)", np.sqrt, lambda y: 0.5 / np.sqrt(y), lambda e: e**2, _positive),
    Transform("1/sqrt(y)", lambda y: y**-0.5, lambda y: 0.5 * y**-1.5, lambda e: e**-2, _positive),
    Transform("log(y)", np.log, lambda y: 1 / y, _inverse("exp"), _positive),
    Transform("exp(y)", np.exp, np.exp, _inverse("log"), _small),
    Transform("sin(y)", np.sin, np.cos, _inverse("asin"), _within(-np.pi / 2, np.pi / 2)),
    Transform("cos(y)", np.cos, np.sin, _inverse("acos"), _within(0.0, np.pi)),
    Transform("tan(y)", np.tan, lambda y: np.cos(y) ** -2.0, _inverse("atan"), _within(-1.57, 1.57)),
    Transform("artanh(y)", np.arctanh, lambda y: 1 / (1 - y**2), _inverse("tanh"), _within(-0.9999, 0.9999)),
)


def _half() -> sympy.Expr:
    import sympy

    return sympy.Rational(1, 2)


def transformed(sample: Sample, names: tuple[str, ...] | None = None) -> Iterator[tuple[Transform, Sample]]:
    """The sample under every transform that applies to its output."""
    for transform in TRANSFORMS:
        if (names is None or transform.name in names) and transform.applies(sample.y):
            made = sample.with_output(*turned(transform, sample))
            if len(made.y) > 0.9 * len(sample.y):
                yield transform, made


def turned(transform: Transform, sample: Sample) -> tuple[np.ndarray, np.ndarray]:
    """The output under a transform, (n,), and how far an error of one unit moves it, (n,).

    Where errors are not small against the output, a derivative says too little of that: near zero an error e
    moves y^2 by e^2.
    """
    with np.errstate(all="ignore"):
        made, slope = transform.forward(sample.y), np.abs(transform.slope(sample.y))
        error = sample.scale * sample.noise
        if sample.noise > 0:
            above, below = (np.abs(transform.forward(sample.y + e) - made) / error for e in (error, -error))
            slope = np.fmax(slope, np.fmax(above, below))
    return made, slope
