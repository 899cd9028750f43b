"""A discovery's law, taken apart for showing: left sides, terms, coefficients with their intervals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .numbers import MINUS, Measured, interval, measured, plain_number

Coefficient = float | complex


@dataclass(frozen=True)
class Term:
    """One term of a law: its factors (`u*u_x`; `1` for a constant), standard error and 95 % interval."""

    factors: str
    coefficient: Coefficient
    error: Coefficient | None
    interval: tuple[Coefficient, Coefficient] | None

    @property
    def rounded(self) -> Measured:
        """The coefficient, rounded to the digits that its standard error leaves standing."""
        if isinstance(self.coefficient, complex):
            return Measured(complex_number(self.coefficient))
        return measured(self.coefficient, None if self.error is None else abs(self.error))

    @property
    def interval_text(self) -> str:
        """The 95 % interval as `[low, high]`, or empty where there is none."""
        if self.interval is None:
            return ""
        low, high = self.interval
        if isinstance(low, complex) or isinstance(high, complex):
            return f"[{complex_number(low, 5)}, {complex_number(high, 5)}]"
        return interval(low, high)


@dataclass(frozen=True)
class Side:
    """One equation of a law: `left` = the sum of `terms`."""

    left: str
    terms: tuple[Term, ...]


def sides(result: Mapping[str, Any]) -> tuple[Side, ...]:
    """Take the law of a discovery's dictionary apart.

    Args:
        result: `Discovery.to_dict()`, or the parsed `result.json` of a discovery job.
    """
    intervals, errors = (result.get(key) or {} for key in ("intervals", "standard_errors"))
    return tuple(
        Side(
            left,
            tuple(
                Term(
                    factors,
                    number(value),
                    _known(errors.get(left, {}).get(factors)),
                    _interval(intervals.get(left, {}).get(factors)),
                )
                for factors, value in terms.items()
            ),
        )
        for left, terms in result["terms"].items()
    )


def settled(result: Mapping[str, Any]) -> bool:
    """Say whether there is a law to show at all, rather than the best of what was tried."""
    return result["verdict"]["kind"] != "not identifiable"


def number(value: Any) -> Coefficient:
    """Read a coefficient from JSON: a number, `{"re":, "im":}`, or a complex number's text."""
    if isinstance(value, Mapping):
        value = complex(value["re"], value["im"])
    elif isinstance(value, str):
        value = complex(value.replace(" ", ""))
    if isinstance(value, complex):
        return value if value.imag else value.real
    return float(value)


def _known(value: Any) -> Coefficient | None:
    return None if value is None else number(value)


def _interval(value: Any) -> tuple[Coefficient, Coefficient] | None:
    if value is None or any(end is None for end in value):
        return None
    low, high = value
    return number(low), number(high)


def complex_number(value: Coefficient, digits: int = 4) -> str:
    """Return a complex number as `(a + bi)`."""
    value = complex(value)
    sign = MINUS if value.imag < 0 else "+"
    return f"({plain_number(value.real, digits)} {sign} {plain_number(abs(value.imag), digits)}i)"


def line(side: Side) -> str:
    """Return one equation on one line, with standard errors: `u_t = −(1.002 ± 0.012) u*u_x`."""
    return f"{side.left} = {''.join(signed_terms(side))}"


def signed_terms(side: Side) -> Iterator[str]:
    """Yield the right side's terms, each with its sign: `−(1.002 ± 0.012) u*u_x`, ` + 0.1003 u_xx`."""
    if not side.terms:
        yield "0"
    for position, term in enumerate(side.terms):
        rounded = term.rounded
        sign = MINUS if rounded.negative else "+"
        lead = (sign if rounded.negative else "") if position == 0 else f" {sign} "
        yield f"{lead}{rounded.factor}" + ("" if term.factors == "1" else f" {term.factors}")


_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)?|\d+(?:\.\d+)?|[*^()+/,-]|\s+")
_SPELLED_IN_TEX = frozenset({
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu",
    "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
    "sin", "cos", "tan", "exp", "log", "sinh", "cosh", "tanh",
})  # fmt: skip


def tex(factors: str) -> str:
    r"""Return a term or a derivative as TeX that Matplotlib and MathJax both read.

    Example:
        >>> tex("u^2*u_xx")
        'u^{2}\\,u_{xx}'
    """
    if factors == "1":
        return ""
    out: list[str] = []
    power = False
    for token in _TOKEN.findall(factors):
        if token == "*":
            out.append(r"\,")
        elif token == "^":
            power = True
            continue
        else:
            made = _tex_name(token)
            out.append(f"^{{{made}}}" if power else made)
        power = False
    return "".join(out)


def _tex_name(token: str) -> str:
    if not token[0].isalpha():
        return token.replace("(", r"\left(").replace(")", r"\right)")
    name, _, subscript = token.partition("_")
    made = name if len(name) == 1 else rf"\mathrm{{{name}}}"
    if name in _SPELLED_IN_TEX:
        made = rf"\{name}"
    return f"{made}_{{{subscript}}}" if subscript else made
