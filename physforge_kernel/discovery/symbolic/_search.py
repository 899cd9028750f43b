"""The search: use symmetries to make the problem small, then look for formulas from the plainest kind up.

Everything that is found on a reduced, transformed or split problem is written in the inputs of the original
one, and judged there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from .._map import Map
from . import _budget, _curves, _enumerate, _implicit, _lookalikes, _split, _symmetry, _terms, _transforms
from ._engines import Engine, Front
from ._pool import EXACT, Pool
from ._sample import Sample

if TYPE_CHECKING:
    import sympy

Lift = Callable[["sympy.Expr"], "sympy.Expr"]
Progress = Callable[[float, str], None]

_ROWS = 700

#: Smallest formulas that are tried as terms of sums.
_SMALLEST = 600

#: Rows that an engine sees.
_EVOLVED = 1000
_FUNCTIONS = ("sin", "exp", "log")
_RATIONAL = ("y", "y^2", "sqrt(y)", "log(y)", "exp(y)", "sin(y)")

#: A reduction is believed when the smaller problem's surrogate is at most this much worse.
_WORSE = 1.15

#: How often a best formula that was bettered by one that is nearly alike is challenged again.
_CHALLENGES = 3

#: Doubt beyond which a symmetry or a split is not tried, besides what the noise explains.
_DOUBT = 0.05


@dataclass(frozen=True)
class Level:
    """A problem on the way down, and how its formulas become those of the original one."""

    sample: Sample
    lift: Lift
    depth: int
    how: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Evolving:
    """A function of a sample and a seed: what an engine finds in so many seconds."""

    front: Front
    operators: frozenset[str]
    seconds: float

    def __call__(self, task: tuple[Sample, int]) -> list[sympy.Expr]:
        sample, seed = task
        return self.front(sample, self.operators, seconds=self.seconds, seed=seed)


@dataclass
class Search:
    """Looks for formulas until the pool is solved or time is up."""

    pool: Pool
    operators: frozenset[str]
    deadline: float
    progress: Progress
    began: float = field(default_factory=_budget.now)
    first: _symmetry.Reduction | None = None
    """What units make of the problem before anything else."""
    levels: list[Level] = field(default_factory=list)
    map: Map = map
    """What works the engine's runs out."""
    workers: int = 1
    """How many of them at a time."""
    done: bool = False
    """Whether the stages without an engine have left nothing to look for."""

    @property
    def over(self) -> bool:
        """Whether there is nothing left to do, or no time left to do it."""
        return _budget.now() > self.deadline or self.pool.exact

    @property
    def left(self) -> float:
        """Seconds left."""
        return self.deadline - _budget.now()

    def _settled(self, nodes: float, free: int) -> bool:
        """Whether the best formula has so few nodes per input, and leaves nothing but noise."""
        return self.pool.settled(int(3 + nodes * len(self.pool.train.symbols)), free)

    def say(self, message: str) -> None:
        """Report progress: the share of the time that is gone."""
        total = max(self.deadline - self.began, 1e-9)
        self.progress(min((_budget.now() - self.began) / total, 1.0), message)

    def run(self) -> None:
        """All stages that need no engine."""
        top = Level(self.pool.train, lambda e: e, 0)
        self.say("Trying power laws and sums of few terms")
        self._constant(top)
        self._power_law(top)
        if self.over or (not self.pool.derived and self._settled(2.5, 1)):
            self.done = True
            return
        self.levels = self._downwards(top)
        upwards = list(reversed(self.levels))
        # Stages, the plainest formulas first; how many levels each is tried on; and how many nodes per input
        # the best formula may have for the search to end there, though noise hides whether it is exact.
        stages: tuple[tuple[Callable[[Level], None], int, float], ...] = (
            (self._curves, 1, 0.0),
            (self._small, 2, 2.0),
            (self._polynomials, 9, 0.0),
            (self._exact_rational, 9, 0.0),
            (self._splits, 1, 3.0),
            (self._enumerated, 2, 3.0),
            (self._sums, 2, 3.0),
            (self._stretched, 1, 4.0),
            (self._noisy_rational, 2, 5.0),
        )
        if self.pool.derived:
            # Rates are sums of products or saturate, and formulas of other kinds come near to them: none is
            # settled on before its likely rivals were tried.
            stages = (
                (self._polynomials, 9, 0.0),
                (self._fractions, 9, 0.0),
                (self._curves, 1, 0.0),
                (self._small, 2, 0.0),
                (self._sums, 2, 0.0),
                (self._stretched, 1, 5.0),
                *(
                    stage
                    for stage in stages
                    if stage[0]
                    not in (self._polynomials, self._curves, self._small, self._sums, self._stretched)
                ),
            )
        for stage, most, nodes in stages:
            for level in upwards[:most]:
                stage(level)
                if self.over:
                    return
            if self._settled(nodes, 2):
                self.done = True
                return

    def challenge(self, until: float) -> bool:
        """Try what the best formula may be taken for; whether there was time to."""
        self.say("Trying formulas that are nearly alike")
        for _ in range(_CHALLENGES):
            best = self.pool.best
            if best is None or best.misfit < EXACT:
                return True
            for expression in _lookalikes.lookalikes(best.expression, self.pool.train, self.operators):
                if _budget.now() > until:
                    return False
                self.pool.offer(expression)
            if self.pool.best is best:
                return True
        return True

    def evolve(self, engine: Engine, seeds: Sequence[int]) -> None:
        """Let an engine search the smallest and the original problem in turn, seed after seed."""
        levels = [self.levels[-1], self.levels[0]] if len(self.levels) > 1 else self.levels
        runs = [(seed, level) for seed in seeds for level in levels]
        rounds = [runs[k : k + self.workers] for k in range(0, len(runs), self.workers)]
        for k, together in enumerate(rounds):
            if self.over or self.left < 1.0:
                return
            numbers = ", ".join(dict.fromkeys(str(seed) for seed, _ in together))
            self.say(f"Evolving formulas with {engine.name}, seed {numbers}")
            share = max(0.8 * self.left / (len(rounds) - k), min(self.left, 1.0))
            evolving = _Evolving(engine.front, self.operators, share)
            tasks = [(level.sample.thinned(_EVOLVED), seed) for seed, level in together]
            for (_, level), found in zip(together, self.map(evolving, tasks), strict=True):
                self.offer(level, found)
            if self._settled(5.0, 2):
                return

    def offer(self, level: Level, expressions: Iterable[sympy.Expr]) -> None:
        """Offer formulas of a level to the pool."""
        for expression in expressions:
            if _budget.now() > self.deadline or self.pool.exact:
                return
            self.pool.offer(level.lift(expression))

    def _constant(self, level: Level) -> None:
        import sympy

        weights = level.sample.weights**2
        mean = float(np.sum(level.sample.y * weights) / np.sum(weights))
        self.offer(level, [sympy.Float(mean)])

    def _power_law(self, level: Level) -> None:
        """y = c x1^p1 x2^p2 ..., by least squares of the logarithms."""
        import sympy

        sample = level.sample.thinned(4000)
        if not sample.positive.all() or not (np.mean(sample.y > 0) > 0.99 or np.mean(sample.y < 0) > 0.99):
            return
        sign = 1.0 if np.mean(sample.y) > 0 else -1.0
        kept = sign * sample.y > 0
        sample = sample.rows(kept)
        logs = np.column_stack([np.ones(len(sample.y)), np.log(sample.X)])
        weights = sample.weights * np.abs(sample.y)
        solution = np.linalg.lstsq(logs * weights[:, None], np.log(sign * sample.y) * weights, rcond=None)[0]
        expression = sympy.Float(sign * float(np.exp(solution[0])))
        for symbol, power in zip(sample.symbols, solution[1:], strict=True):
            near = round(2 * float(power)) / 2
            exact = (
                sympy.Rational(int(2 * near), 2) if abs(power - near) < 0.02 else sympy.Float(float(power))
            )
            expression = expression * symbol**exact
        self.offer(level, [expression])

    def _downwards(self, top: Level) -> list[Level]:
        """Levels from the original problem to the smallest that symmetries lead to."""
        seen = _symmetry.picture(top.sample if self.first is None else self.first.sample)
        bound = min(seen.misfit, self.pool.noise or np.inf, 0.3) * top.sample.unit
        top = replace(top, sample=replace(top.sample, noise=bound))
        levels = [top]
        if self.first is not None:
            sample = replace(self.first.sample, noise=bound)
            levels.append(Level(sample, self.first.lift, 1, (self.first.what,)))
        while levels[-1].sample.X.shape[1] > 1 and not self.over:
            level = levels[-1]
            self.say("Looking for symmetries")
            limit = _DOUBT + 5.0 * min(seen.misfit, 0.05)
            for reduction in islice(_symmetry.reductions(level.sample, seen), 6):
                if reduction.doubt > limit or self.left < 0:
                    break
                if len(reduction.sample.y) < 0.9 * len(level.sample.y):
                    continue
                smaller = _symmetry.picture(reduction.sample)
                if smaller.misfit <= _WORSE * seen.misfit + 1e-9:
                    lift = _composed(level.lift, reduction.lift)
                    levels.append(
                        Level(reduction.sample, lift, level.depth + 1, (*level.how, reduction.what))
                    )
                    seen = smaller
                    break
            else:
                break
            if levels[-1] is level:
                break
        if levels[-1].sample.X.shape[1] == 1:
            self._constant(levels[-1])
            self._power_law(levels[-1])
        return levels

    def _functions(self) -> tuple[str, ...]:
        return tuple(name for name in _FUNCTIONS if name in self.operators)

    def _polynomials(self, level: Level) -> None:
        """h(y) = a sum of few products of powers."""
        self.say("Trying sums of few terms")
        sample = level.sample.thinned(_ROWS)
        d = sample.X.shape[1]
        degree = {1: 6, 2: 5, 3: 4, 4: 4}.get(d, 3 if d < 8 else 2)
        # Logarithms, since under the transform log(y) they are powers in front of the rest.
        logarithms = _terms.elementary(sample, ("log",))
        self._sums_of(level, sample, _terms.joined(_terms.monomials(sample, degree), logarithms))
        if not self.over and d < 6 and sample.positive.any():
            inverse = _terms.monomials(sample, 2 if d > 3 else 3, inverse=True)
            self._sums_of(level, sample, _terms.joined(inverse, logarithms))

    def _sums(self, level: Level) -> None:
        """h(y) = a sum of few terms, for every transform h."""
        self.say("Trying sums of few terms")
        sample = level.sample.thinned(_ROWS)
        library = _terms.library(sample, self._functions())
        self._sums_of(level, sample, library)

    def _sums_of(self, level: Level, sample: Sample, library: _terms.Terms) -> None:
        import sympy

        found: list[tuple[float, sympy.Expr]] = []
        for transform, made in _transforms.transformed(sample):
            if self.over:
                break
            values = library.values if len(made.y) == len(sample.y) else _rows_of(library, sample, made)
            weights = made.weights
            for each in islice(_terms.sums(values * weights[:, None], made.y * weights), 3):
                total = sympy.Add(
                    *(
                        sympy.Float(float(k)) * library.expressions[c]
                        for c, k in zip(each.columns, each.coefficients, strict=True)
                    )
                )
                if total != 0 and (len(each.columns) <= 5 or each.misfit < 1e-7):
                    found.append((each.length, transform.inverse(total)))
        found.sort(key=lambda row: row[0])
        self.offer(level, (expression for _, expression in found[:5]))

    def _exact_rational(self, level: Level) -> None:
        """h(y) = P(x)/Q(x) where a relation holds to rounding."""
        self.say("Trying rational laws")
        for degree in (1, 2, 3, 4):
            for transform, made in _transforms.transformed(level.sample, _RATIONAL):
                if self.over:
                    return
                self.offer(level, map(transform.inverse, _implicit.exact_relations(made, degree)[:3]))

    def _noisy_rational(self, level: Level) -> None:
        """h(y) = P(x)/Q(x), as the relations between noisy terms that fit best."""
        self.say("Trying rational laws")
        for degree in (1, 2, 3):
            for transform, made in _transforms.transformed(level.sample, _RATIONAL[:3]):
                if self.over:
                    return
                found = _implicit.relations(made, degree)
                self.offer(level, (transform.inverse(e) for _, e in found[:2]))

    def _fractions(self, level: Level) -> None:
        """y = a fraction of few terms over few."""
        self.say("Trying rational laws")
        for degree in (1, 2):
            if not self.over:
                self.offer(level, _implicit.fractions(level.sample, degree))

    def _curves(self, level: Level) -> None:
        """Curves with numbers inside of a function, where there is one input."""
        if level.sample.X.shape[1] == 1:
            self.say("Trying waves, exponentials and other curves")
            self.offer(level, _curves.nearest(level.sample, self.operators))

    def _stretched(self, level: Level) -> None:
        """Small formulas with an unknown number before the input, where there is one input."""
        if level.sample.X.shape[1] == 1:
            self.say("Trying small formulas with unknown constants")
            until = _budget.now() + min(0.25 * self.left, 8.0)
            self.offer(level, _enumerate.stretched(level.sample, self.operators, deadline=until))

    def _enumerated(self, level: Level) -> None:
        """Every small formula."""
        self.say("Trying every small formula")
        self._matched(level, 30000)

    def _small(self, level: Level) -> None:
        """The smallest formulas only, alone and as terms of sums."""
        self.say("Trying every small formula")
        formulas = self._matched(level, 3000)
        if not self.over:
            self._sums_of(level, formulas.sample, formulas.terms(_SMALLEST))

    def _matched(self, level: Level, most: int) -> _enumerate.Enumeration:
        until = _budget.now() + min(0.25 * self.left, 8.0)
        formulas = _enumerate.Enumeration(level.sample, self.operators, most=most, deadline=until)
        self.offer(level, (expression for _, expression in formulas.matches(8)))
        return formulas

    def _splits(self, smallest: Level) -> None:
        """Splits of the original problem, whose symmetries may be false ones, and of the smallest."""
        self._split(self.levels[0])
        if smallest is not self.levels[0] and not self.over:
            self._split(smallest)

    def _split(self, level: Level) -> None:
        """y = f + g or y = c + f g, in different inputs."""
        self.say("Looking for sums and products of fewer inputs")
        until = _budget.now() + 0.4 * self.left
        for split in _split.splits(level.sample, self.operators, seconds=0.1 * self.left):
            if self.over or _budget.now() > until:
                return
            self.offer(level, map(split.joined, self._parts(split.rest, until)))

    def _parts(self, sample: Sample, until: float) -> list[sympy.Expr]:
        """The best formulas of a part, by a search of its own."""
        order = np.random.default_rng(0).permutation(len(sample.y))
        cut = max(int(0.8 * len(order)), 1)
        pool = Pool(sample.rows(np.sort(order[:cut])), sample.rows(np.sort(order[cut:])))
        until = _budget.now() + 0.6 * max(until - _budget.now(), 0.0)
        part = Search(pool, self.operators, until, lambda fraction, message: None)
        top = Level(pool.train, lambda e: e, 0)
        part._constant(top)
        for stage in (part._power_law, part._split, part._small, part._polynomials, part._sums):
            if not part.over:
                stage(top)
        shortest = sorted(pool.found.values(), key=lambda d: d.length)[:3]
        return [d.expression for d in shortest]


def _composed(outer: Lift, inner: Lift) -> Lift:
    return lambda e: outer(inner(e))


def _rows_of(library: _terms.Terms, sample: Sample, made: Sample) -> np.ndarray:
    """The values of terms on the rows that a transform has left."""
    known = {row.tobytes(): i for i, row in enumerate(np.ascontiguousarray(sample.X))}
    return library.values[[known[row.tobytes()] for row in np.ascontiguousarray(made.X)]]
