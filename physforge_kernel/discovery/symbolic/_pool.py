"""The formulas that were found, each fitted, snapped and measured on the same rows, whoever proposed it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from . import _constants, _length, _surrogate
from ._constants import ROUNDING
from ._kinds import elaborate
from ._length import Described
from ._neighbours import hanging_together
from ._sample import Sample

if TYPE_CHECKING:
    import sympy

    from ._windows import Windows

#: Misfit, as a share of the output's RMS, at which a formula is exact up to rounding.
EXACT = 1e-8

#: Standard deviations, as those of a normal, from which a residual has structure: once in ten thousand tests
#: of noise, of which a formula takes about ten.
STRUCTURE = 3.7

#: A formula that is not sought to be bettered has at most so many free constants, and nodes.
_FREE, _NODES = 5, 45

_QUICK_ROWS, _KEPT = 300, 80

#: Standard deviations by which chance may enlarge what a complete formula leaves in windows.
_CHANCE = 3.0

#: Noise that is not quite the same everywhere may leave so many times more of the rows held out.
_WORSE = 1.3

#: A formula that is not exact may have at most so many constants.
_SNAPPED = 10


#: Functions, by SymPy's names, that an `Equation` has: formulas for derivatives become one.
SAYABLE = frozenset(("sin", "cos", "tan", "atan", "exp", "log", "tanh", "sinh", "cosh", "Abs"))


#: Bits by which an elaborate formula for a derivative has to be shorter than a plain one.
_ELABORATE = 15.0


@dataclass
class Pool:
    """Formulas for `train`, checked on `test`. `noise`: the noise's share of the output's RMS, if known."""

    train: Sample
    test: Sample
    noise: float | None = None
    found: dict[str, Described] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)
    offered: int = 0
    derived: bool = False
    """Whether the output is a derivative that was estimated from samples."""
    _complete: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        whole = self.train.windows is not None
        self._quick = self.train if whole else self.train.thinned(_QUICK_ROWS, seed=1)

    @property
    def best(self) -> Described | None:
        """The formula with the shortest description; for a derivative an elaborate one needs to earn it."""

        def bits(described: Described) -> float:
            return described.length + (
                _ELABORATE if self.derived and elaborate(described.expression) else 0.0
            )

        return min(self.found.values(), key=bits, default=None)

    def offer(self, expression: sympy.Expr) -> Described | None:
        """Measure a formula; None where it has no value, is known already, or is of no interest."""
        import sympy

        self.offered += 1
        if not isinstance(expression, sympy.Expr) or expression.has(*_meaningless()):
            return None
        if self.derived and not _sayable(expression):
            return None
        expression = tidied(expression)
        pattern = _pattern(expression)
        if pattern in self._seen or not expression.free_symbols <= set(self.train.symbols):
            return None
        self._seen.add(pattern)
        if _length.nodes(expression) > 150:
            return None
        rough = _length.describe(expression, self._quick, snap=False)
        if rough is None or not self._interesting(rough):
            return None
        # Without noise few rows tell all; with noise every one counts.
        few = rough.misfit < EXACT
        if rough.free > _SNAPPED and not few:
            return None
        described = _length.describe(rough.expression, self._quick if few else self.train)
        if described is not None and few:
            described = _length.described_on(described, self.train)
        if described is None:
            return None
        described = self._retidied(described)
        key = _pattern(described.expression)
        if key not in self.found or described.length < self.found[key].length:
            self.found[key] = described
        self._trim()
        return described

    def _retidied(self, described: Described) -> Described:
        """A snapped formula may fall together: measure what it has become."""
        again = tidied(described.expression)
        if again == described.expression:
            return described
        better = _length.describe(again, self.train, snap=False)
        return better if better is not None and better.length <= described.length + 1.0 else described

    def _interesting(self, rough: Described) -> bool:
        """Whether no known formula is both plainer and, by more than chance, closer."""
        misfit = max(rough.misfit, 1e-9)
        return (
            not any(
                known.nodes < rough.nodes and max(known.misfit, 1e-9) < misfit / 1.3
                for known in self.found.values()
            )
            and misfit < 3.0
        )

    def _trim(self) -> None:
        if len(self.found) > _KEPT:
            shortest = sorted(self.found.items(), key=lambda item: item[1].length)[: _KEPT // 2]
            front = [(k, self.found[k]) for k in self.found if self.found[k] in self.front()]
            self.found = dict([*shortest, *front])

    def front(self) -> list[Described]:
        """The formulas that no plainer one fits better than, the plainest first."""
        made: list[Described] = []
        for described in sorted(self.found.values(), key=lambda d: (d.nodes, d.length)):
            if not made or max(described.misfit, ROUNDING) < 0.999 * max(made[-1].misfit, ROUNDING):
                if made and made[-1].nodes == described.nodes:
                    made.pop()
                made.append(described)
        return made

    def residual(self, described: Described, sample: Sample | None = None) -> np.ndarray:
        """(n,) What a formula leaves of the held-out outputs, or a sample's, as a share of the RMS."""
        sample = self.test if sample is None else sample
        form, values = _constants.form_of(described.expression, sample.symbols)
        return sample.residual(form.compiled()(sample.points, values))

    def complete(self, described: Described) -> bool:
        """Whether a formula leaves nothing but noise (or rounding) of the rows that were held out."""
        key = str(described.expression)
        if key not in self._complete and self.train.windows is not None:
            self._complete[key] = self._complete_in(self.train.windows, described)
        if key not in self._complete:
            residual = self.residual(described)
            left = float(np.sqrt(np.mean(residual**2))) if np.isfinite(residual).all() else np.inf
            self._complete[key] = left < EXACT or (
                np.isfinite(left)
                and (self.noise is None or left < 1.1 * self.noise + EXACT)
                and left < self._most_held_out(described) * described.misfit
                and _surrogate.structure_left(self.test.X, residual) < STRUCTURE
                and _surrogate.structure_left(self.train.X, self.residual(described, self.train)) < STRUCTURE
                and self._structure_between_blocks(described) < STRUCTURE
                and self.hanging_together(described) < STRUCTURE
            )
        return self._complete[key]

    def _most_held_out(self, described: Described) -> float:
        """How many times more than the rows that it was fitted to a true formula may leave of the others."""
        from scipy.special import fdtri, ndtr

        fitted = max(self.train.count - described.free, 1)
        return max(_WORSE, float(np.sqrt(fdtri(self.test.count, fitted, ndtr(STRUCTURE)))))

    def hanging_together(self, described: Described) -> float:
        """Whether the residuals of neighbouring rows hang together, in standard deviations.

        Errors of estimated derivatives do so by themselves.
        """
        if self.derived:
            return 0.0
        residuals = [self.residual(described, sample) for sample in (self.train, self.test)]
        return hanging_together(np.concatenate([self.train.X, self.test.X]), np.concatenate(residuals))

    def _complete_in(self, windows: Windows, described: Described) -> bool:
        """Whether no more is left in the windows than the samples' own noise leaves."""
        residual = self.residual(described, self.train)
        if not np.isfinite(residual).all():
            return False
        left = float(np.sqrt(np.mean(residual**2)))
        most = windows.noise * (1.1 + _CHANCE / np.sqrt(2.0 * windows.count))
        return left < EXACT or (left < most and windows.structure_left(residual) < STRUCTURE)

    def _structure_between_blocks(self, described: Described) -> float:
        """What is left of the means of blocks of a field: in them errors that hang together are gone."""
        if self.train.blocks is None or self.test.blocks is None:
            return 0.0
        both = [(s, self.residual(described, s)) for s in (self.train, self.test)]
        blocks = np.concatenate([self.train.blocks, self.test.blocks])
        rows = np.concatenate([np.column_stack([s.X, r]) for s, r in both])
        _, place, sizes = np.unique(blocks, return_inverse=True, return_counts=True)
        means = np.stack([np.bincount(place, column) / sizes for column in rows.T], axis=1)
        return _surrogate.structure_left(means[:, :-1], means[:, -1])

    @property
    def exact(self) -> bool:
        """Whether the best formula is plain, and right up to rounding."""
        best = self.best
        return (
            best is not None
            and best.misfit < EXACT
            and best.free <= _FREE
            and best.nodes <= _NODES
            and self.complete(best)
        )

    def settled(self, nodes: int, free: int) -> bool:
        """Whether the best formula leaves noise only and is as plain as this: more search is idle."""
        best = self.best
        return self.exact or (
            best is not None
            and best.nodes <= nodes
            and best.free <= free
            and bool(best.expression.free_symbols)
            and best.misfit < 0.5 * self.train.spread
            and self.complete(best)
        )


def tidied(expression: sympy.Expr) -> sympy.Expr:
    """Constants inside exponentials come out, products of powers come together; cheap."""
    import sympy

    def out_of_exponential(node: sympy.exp) -> sympy.Expr:
        inside = node.args[0]
        if not isinstance(inside, sympy.Add):
            return node
        constant, rest = inside.as_coeff_Add()
        return sympy.Float(float(sympy.exp(constant))) * sympy.exp(rest) if constant.is_Float else node

    made = expression.replace(lambda e: isinstance(e, sympy.exp), out_of_exponential)
    return made if isinstance(made, sympy.Expr) else expression


def _meaningless() -> tuple[sympy.Basic, ...]:
    import sympy

    return (sympy.zoo, sympy.nan, sympy.oo, -sympy.oo, sympy.I)


def _sayable(expression: sympy.Expr) -> bool:
    """Whether an `Equation` has all the functions of a formula."""
    import sympy

    return all(type(f).__name__ in SAYABLE for f in expression.atoms(sympy.Function))


def _pattern(expression: sympy.Expr) -> str:
    """A formula's shape: its text with the floats left out."""
    import sympy

    return str(expression.xreplace({f: sympy.Symbol("C") for f in expression.atoms(sympy.Float)}))
