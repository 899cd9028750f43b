"""What PySINDy makes of the same samples, in a process of its own that may take a limited time.

`weak`: its weak form with every default (a hundred domains of a twentieth of each axis, threshold 0.1).
`oracle`: the best of a grid of thresholds, judged by the truth, which nobody has who needs it; also of
domains twice as wide, of columns normalised or not, and of ridge weights of 0.05, the default, and 1e-12, as
in its examples. `ensemble`: twenty models on resampled rows of that weak form, with every default.
All get our candidates, as far as PySINDy can state them: products of powers up to degree three, and their
products with derivatives up to order four (two in the plane).
"""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import multiprocessing
import re
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import psutil
import sympy
import xarray as xr
from _cases import Case

import physforge_kernel as pf

PEERS = ("weak", "oracle", "ensemble")
THRESHOLDS = np.logspace(-4, 4, 33)
OPTIONS = [
    {"alpha": alpha, "normalize_columns": columns} for alpha in (0.05, 1e-12) for columns in (False, True)
]

Terms = Mapping[str, Mapping[str, float]]
Result = dict[str, Any]


def installed() -> bool:
    """Whether PySINDy is there."""
    try:
        return importlib.util.find_spec("pysindy") is not None
    except ImportError:
        return False


def compare(case: Case, level: float, seed: int, seconds: float) -> Result:
    """The peers' results on one noisy field, by name; what works longer than `seconds` is ended."""
    row: Result = {"source": case.source, "law": case.name, "noise": level, "seed": seed}
    assert case.equation is not None
    field, truth = _real(case.field(level, seed), case.equation)
    unstated = _unstated(field, truth)
    if unstated:
        return row | {name: {"absent": unstated} for name in PEERS}
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(there, field, truth, seed))
    process.start()
    there.close()
    try:
        for name in PEERS:
            try:
                row[name] = here.recv() if _answers(here, process.pid, seconds) else {"out of time": seconds}
            except EOFError:
                process.join()
                if process.exitcode == 1:  # an exception of ours: what PySINDy raises is a result
                    raise RuntimeError(f"The comparison of {case.key} failed; its error is above.") from None
                row[name] = {"killed": process.exitcode}
            if "out of time" in row[name] or "killed" in row[name]:
                break
    finally:
        process.kill()
        process.join()
    ended = next((row[name] for name in PEERS if name in row and "right" not in row[name]), None)
    return {**dict.fromkeys(PEERS, ended), **row}


def _answers(results: Connection, pid: int | None, seconds: float) -> bool:
    """Whether a result, or the end, comes before the process has worked for so many seconds more."""
    process = psutil.Process(pid)
    until = _worked(process) + seconds
    while not results.poll(0.2):
        try:
            if _worked(process) > until:
                return False
        except psutil.NoSuchProcess:
            continue  # its end is about to be heard
    return True


def _worked(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _work(results: Connection, field: xr.Dataset, truth: Terms, seed: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.random.seed(seed)  # PySINDy draws its domains from the global generator
        for result in _results(field, truth):
            results.send(result)


def _results(field: xr.Dataset, truth: Terms) -> Iterator[Result]:
    """The results in the order of `PEERS`."""
    ps = importlib.import_module("pysindy")

    class Seeing(ps.STLSQ):
        """The default optimiser, which keeps the regression it was given, for others to be tried on it."""

        def fit(self, x: Any, y: Any, **options: Any) -> Any:
            self.regression = (x, y)
            return super().fit(x, y, **options)

    names, values = [str(name) for name in field.data_vars], _stacked(field)

    def seen(wide: bool) -> Any:
        model = ps.SINDy(feature_library=_library(ps, field, wide), optimizer=Seeing())
        return model.fit(values, t=field["t"].values, feature_names=names)

    started = time.process_time()
    try:
        model = seen(wide=False)
    except Exception as error:  # whatever ends a peer is its result
        yield from ({"right": False, "failed": repr(error)[:200]} for _ in PEERS)
        return
    terms = [_term(name, names, field) for name in model.get_feature_names()]
    yield _judged(model.coefficients(), terms, names, truth) | {"seconds": _since(started)}

    started = time.process_time()
    regression = model.optimizer.regression
    best: Result = {"right": False}
    for some in (regression, seen(wide=True).optimizer.regression):
        for options, threshold in itertools.product(OPTIONS, THRESHOLDS):
            optimizer = ps.STLSQ(threshold=float(threshold), **options)
            found = _fitted(optimizer, some, terms, names, truth)
            if found["right"] and (not best["right"] or found["error"] < best["error"]):
                best = found
    yield best | {"seconds": _since(started)}

    started = time.process_time()
    ensemble = ps.EnsembleOptimizer(ps.STLSQ(), bagging=True)
    yield _fitted(ensemble, regression, terms, names, truth) | {"seconds": _since(started)}


def _fitted(
    optimizer: Any,
    regression: tuple[Any, Any],
    terms: Sequence[str],
    names: Sequence[str],
    truth: Terms,
) -> Result:
    try:
        optimizer.fit(*regression)
    except Exception as error:
        return {"right": False, "failed": repr(error)[:200]}
    return _judged(np.asarray(optimizer.coef_), terms, names, truth)


def _judged(coefficients: np.ndarray, terms: Sequence[str], names: Sequence[str], truth: Terms) -> Result:
    """Whether the sides that the law has hold its terms and no others, and the largest relative error."""
    errors = []
    for left, true in truth.items():
        side = coefficients[names.index(left.partition("_")[0])]
        found = {term: float(value) for term, value in zip(terms, side, strict=True) if value}
        if found.keys() != true.keys():
            return {"right": False}
        errors += [abs(found[term] / value - 1) for term, value in true.items()]
    return {"right": True, "error": float(f"{max(errors):.4g}")}


def _library(ps: Any, field: xr.Dataset, wide: bool) -> Any:
    space = [str(name) for name in field.dims if name != "t"]
    axes = [field[name].values for name in (*space, "t")]
    options: dict[str, Any] = {"spatiotemporal_grid": axes[0]}
    if space:
        grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
        order = 4 if len(space) == 1 else 2
        options = {"derivative_order": order, "spatiotemporal_grid": grid, "is_uniform": True}
    if wide:
        options["H_xt"] = [float(np.ptp(axis)) / 10 for axis in axes]
    return ps.WeakPDELibrary(ps.PolynomialLibrary(degree=3, include_bias=not space), **options)


def _stacked(field: xr.Dataset) -> np.ndarray:
    space = [str(name) for name in field.dims if name != "t"]
    return np.stack([field[name].transpose(*space, "t").values for name in field.data_vars], axis=-1)


def _term(feature: str, names: Sequence[str], field: xr.Dataset) -> str:
    """Our name for one of PySINDy's features, such as `u^2 vu_11`: powers, then a derivative."""
    space = [str(name) for name in field.dims if name != "t"]
    derivative = re.search(r"([a-z])_(\d+)$", feature)
    factors = feature[: derivative.start()] if derivative else feature
    parts = factors.split()
    if derivative:
        along = "".join(space[int(digit) - 1] for digit in derivative[2])
        parts.append(f"{derivative[1]}_{along}")
    equation = pf.Equation(f"{names[0]}_t = {'*'.join(parts)}", components=names)
    [term] = equation.terms[f"{names[0]}_t"]
    return term


def _unstated(field: xr.Dataset, truth: Terms) -> list[str]:
    """What of the law PySINDy's weak form cannot state."""
    if any(left.endswith("_tt") for left in truth):
        return ["a second derivative in time"]
    axes = len(field.dims) - 1
    names = "|".join(str(name) for name in field.data_vars)
    power = rf"(?:{names})(?:\^\d)?"
    highest = 4 if axes == 1 else 2
    slope = rf"(?:{names})_[a-z]{{1,{highest}}}"
    pattern = rf"(?:1|{power}(?:\*{power})*(?:\*{slope})?|{slope})"
    return [term for terms in truth.values() for term in terms if not re.fullmatch(pattern, term)]


def _real(field: xr.Dataset, equation: pf.Equation) -> tuple[xr.Dataset, Terms]:
    """Field and law in real components: a complex u becomes u + i v."""
    [*names] = [str(name) for name in field.data_vars]
    if not any(np.iscomplexobj(field[name].values) for name in names):
        terms = equation.terms.items()
        return field, {left: {term: complex(v).real for term, v in side.items()} for left, side in terms}
    [name] = names
    parts = xr.Dataset({"u": field[name].real, "v": field[name].imag})
    side = equation.right_sides[f"{name}_t"]
    swaps: dict[Any, Any] = {}
    for symbol in side.free_symbols:
        tail = str(symbol)[len(name) :]
        swaps[symbol] = sympy.Symbol(f"u{tail}", real=True) + sympy.I * sympy.Symbol(f"v{tail}", real=True)
    real, imaginary = sympy.expand(side.subs(swaps)).as_real_imag()
    texts = [
        f"{left} = {sympy.expand(part)}".replace("**", "^")
        for left, part in (("u_t", real), ("v_t", imaginary))
    ]
    return _real(parts, pf.Equation(texts))


def _since(started: float) -> float:
    return round(time.process_time() - started, 3)
