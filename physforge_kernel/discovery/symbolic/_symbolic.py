"""`symbolic`: which formula gives this output from these inputs?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from ...errors import DiscoveryError
from .._map import Map
from . import _budget, _certainty, _engines, _sample, _simplify, _table, _units, _verdict
from ._exchange import exchanged
from ._length import Described, described_on, nodes
from ._pool import EXACT, Pool
from ._result import Formula, SymbolicRegression
from ._sample import Sample
from ._search import Search

OPERATORS = ("+", "-", "*", "/", "sqrt", "exp", "log", "sin", "cos", "asin", "acos", "tanh")
"""The operators and functions that a formula may have."""

#: Share of rows held out, and most rows that formulas are fitted to and checked on.
_HELD_OUT, _TRAIN, _TEST = 0.2, 8000, 2000

#: Share of the time that is kept for formulas which may be taken for the best.
_CHALLENGED = 0.1

#: Share of the time by which simplification may be late.
_LATE = 0.15

#: Formulas shown, and seconds that their simplification may take.
_SHOWN, _SIMPLIFY = 12, 10.0


def symbolic(
    X: Any,
    y: Any = None,
    *,
    variables: Sequence[str] | None = None,
    target: str | None = None,
    inputs: Sequence[str] | None = None,
    operators: Iterable[str] = OPERATORS,
    units: Mapping[str, str | Sequence[float]] | None = None,
    seconds: float = 60.0,
    seeds: int | Sequence[int] = 3,
    engine: Literal["auto", "operon", "pysr"] = "auto",
    noise: float | None = None,
    progress: Callable[[float, str], None] | None = None,
    seed: int = 0,
    map: Map = map,
    workers: int = 1,
) -> SymbolicRegression:
    """Find the formula that gives an output from inputs, and say how far to believe it.

    Power laws, sums of few terms, rational laws and all small formulas are tried first, on the problem that
    dimensions, symmetries and splits leave; then an engine evolves formulas over several seeds. All are
    fitted, their constants snapped to round numbers, and the shortest description of the data wins.

    Args:
        X: inputs (n, d); or a DataFrame or mapping of columns; or a field, whose derivatives may be named.
        y: outputs (n,); for a table, None with `target` naming its column.
        variables: names of the inputs, (d,); for a table, which of its columns are inputs.
        target: name of the output; for a field a variable or derivative, such as `"u_t"`.
        inputs: for a field, what the target depends on, such as `["u", "u_x", "u_xx"]`.
        operators: which of `+ - * / sqrt exp log sin cos asin acos tanh` a formula may have.
        units: unit of every input and of the target, as text (`"kg*m/s^2"`) or exponents; formulas are
            then sought between dimensionless groups.
        seconds: how long the search may take at most; it ends early when a formula leaves nothing to explain.
        seeds: how many seeds the engine runs, or which.
        engine: `"pysr"` (needs Julia), `"operon"`, or `"auto"`: the first of these that is there.
        noise: standard deviation of the output's errors, in its units; None where it is not known.
        progress: called with the share of time used and what is being done.
        seed: fixes all random choices.
        map: what works the engine's runs out, as the built-in `map` does: `context.map` in a job.
        workers: how many runs `map` works out at a time.

    Returns:
        The formulas, the best first to be believed, and a verdict.

    Raises:
        DiscoveryError: the input is no table of real numbers, or a setting has no meaning.

    Example:
        >>> import numpy as np
        >>> m, v = np.random.default_rng(0).uniform(1, 5, (2, 200))
        >>> found = symbolic({"m": m, "v": v}, m * v**2 / 2, target="E", seconds=10)
        >>> found.best.text
        'E = m*v^2/2'
        >>> found.verdict.kind
        'identified'

    Sources:
        Udrescu & Tegmark 2020 (symmetries and splits), Kaheman, Kutz & Brunton 2020 (rational laws),
        Rissanen 1978 (description length), Burlacu, Kronberger & Kommenda 2020 (Operon).
    """
    from threadpoolctl import threadpool_limits

    began = _budget.now()
    allowed = _operators(operators)
    if not seconds > 0:
        raise DiscoveryError(f"`seconds` has to be positive; it was {seconds}.")
    if noise is not None and not noise >= 0:
        raise DiscoveryError(f"`noise` is a standard deviation, zero or more; it was {noise}.")
    runner, note = _engines.choose(engine)
    data = _table.table(X, y, variables=variables, target=target, inputs=inputs)
    report = progress or (lambda fraction, message: None)
    pool = _pool(data, noise, seed)
    if units is not None:
        called = _table.readable((*data.columns, *(name for name in units if name not in data.columns)))
        units = {called[name]: unit for name, unit in units.items()}
    first = _units.groups(pool.train, data.variables, data.target, units) if units is not None else None
    until = began + (1.0 - _CHALLENGED) * seconds
    search = Search(pool, allowed, until, report, first=first, map=map, workers=max(1, workers))
    # Of the many formulas tried some overflow on the data: these are dropped, and no news to anyone.
    with threadpool_limits(1), np.errstate(all="ignore"):
        search.run()
        if runner is not None and not search.over and not search.done:
            search.evolve(runner, _seeds(seeds, seed))
        search.challenge(began + seconds)
    report(1.0, "Simplifying")
    settings = {
        "operators": sorted(allowed),
        "engine": runner.name if runner else None,
        "seconds": seconds,
        "seed": seed,
        "rows": len(data.y),
        "tried": pool.offered,
    }
    notes = (*data.notes, *((note,) if note and not pool.exact else ()))
    return _result(
        pool, data, notes, settings, began, began + seconds, [level.sample for level in search.levels[1:]]
    )


def _operators(operators: Iterable[str]) -> frozenset[str]:
    allowed = frozenset(operators)
    unknown = sorted(allowed - set(OPERATORS))
    if unknown:
        raise DiscoveryError(f"There is no operator {unknown[0]!r}. Choose from: {' '.join(OPERATORS)}.")
    if not allowed & {"+", "*"}:
        raise DiscoveryError("A formula needs at least + or * among its operators.")
    return allowed


def _seeds(seeds: int | Sequence[int], seed: int) -> list[int]:
    return [seed + k for k in range(seeds)] if isinstance(seeds, int) else [int(s) for s in seeds]


def _pool(data: _table.Table, noise: float | None, seed: int) -> Pool:
    sample = replace(_sample.make(data.X, data.y), blocks=data.blocks if data.derived else None)
    share = None if noise is None else noise / sample.unit
    if data.windows is not None:
        # All of the curve is needed for its windows; few constants and a known noise replace rows held out.
        sample = replace(sample, windows=data.windows)
        return Pool(sample, sample, share, derived=True)
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(data.y))
    held = min(max(int(_HELD_OUT * len(order)), 3), _TEST)
    if sample.blocks is not None:
        # Rows of a field are held out by blocks: errors of neighbours hang together.
        place = generator.permutation(int(sample.blocks.max()) + 1)[sample.blocks[order]]
        order = order[np.argsort(place, kind="stable")]
        rest = generator.permutation(order[held:])
    else:
        rest = order[held:]
    train = sample.rows(np.sort(rest[:_TRAIN]))
    return Pool(train, sample.rows(np.sort(order[:held])), share, derived=data.derived)


def _result(
    pool: Pool,
    data: _table.Table,
    notes: tuple[str, ...],
    settings: dict[str, Any],
    began: float,
    until: float,
    samples: Sequence[Sample],
) -> SymbolicRegression:
    best = pool.best
    if best is None:
        raise DiscoveryError(
            "No formula could be fitted in the time given; give more `seconds`, or check the columns."
        )
    front = [f for f in pool.front() if f.length >= best.length][: _SHOWN - 1]
    shown = [f for f in front if f is not best and f.nodes < best.nodes] + [best]
    wanted = [best, *(f for f in shown if f is not best)]
    left = max(until - _budget.now(), 0.0) + _LATE * settings["seconds"]
    short = _shortened(wanted, pool, min(left, _SIMPLIFY))
    verdict, rivals = _verdict.judge(pool, short[0], samples)
    if short[0].misfit >= EXACT:
        short[0] = _certainty.claimed(short[0], pool.train)
    formulas = sorted((_formula(s, pool, data) for s in short), key=lambda f: (f.complexity, -f.loss))
    return SymbolicRegression(
        best=_formula(short[0], pool, data),
        formulas=tuple(formulas),
        verdict=verdict,
        variables=data.variables,
        columns=data.columns,
        target=data.target,
        rivals=tuple(_formula(r, pool, data).text for r in rivals[:3]),
        notes=notes,
        settings=settings,
        seconds=_budget.now() - began,
    )


def _shortened(found: list[Described], pool: Pool, seconds: float) -> list[Described]:
    """The formulas as SymPy simplifies them, where they say the same then."""
    simplified = _simplify.simplified([f.expression for f in found], seconds)
    made = []
    for described, expression in zip(found, simplified, strict=True):
        again = None
        if expression != described.expression and nodes(expression) <= described.nodes:
            again = described_on(replace(described, expression=expression), pool.train)
        same = again is not None and again.misfit <= max(1.001 * described.misfit, EXACT * 1e-1)
        made.append(again if again is not None and same else described)
    return made


def _formula(described: Described, pool: Pool, data: _table.Table) -> Formula:
    import sympy

    named = dict(zip(pool.train.symbols, map(sympy.Symbol, data.variables), strict=True))
    return Formula(
        data.target,
        exchanged(described.expression, named),
        described.nodes,
        (described.misfit * pool.train.unit) ** 2,
        described.length,
        described.free,
    )
