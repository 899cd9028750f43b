"""PySINDy's optimisers by name, their options checked before they run; `weak` is STLSQ in its weak form."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import DiscoveryError

#: The optimisers' names here and in PySINDy.
_CLASSES = {
    "stlsq": "STLSQ",
    "sr3": "SR3",
    "ssr": "SSR",
    "frols": "FROLS",
    "ensemble": "EnsembleOptimizer",
    "constrained": "ConstrainedSR3",
    "weak": "STLSQ",
}

#: Options of PySINDy's that are no one's to set here: they are arguments of their own, or would print.
_NOT_OURS = {
    "constraint_lhs",
    "constraint_order",
    "constraint_rhs",
    "constraint_separation_index",
    "copy_X",
    "ensemble_aggregator",
    "equality_constraints",
    "inequality_constraints",
    "opt",
    "verbose",
    "verbose_cvxpy",
}

#: What PySINDy's weak form lets one say of the pieces that it integrates over: how many, how wide, and the
#: power of the test function.
PIECES = ("K", "H_xt", "p")

#: Options that are not an optimiser's.
_NOT_THEIRS = {"constraints", "derivatives", *PIECES}

#: A coefficient below this share of the largest contribution is what an optimiser's arithmetic leaves.
_ROUNDING = 1e-10

#: One linear constraint: weights by left side and term, and what they add up to. A left side and a term may
#: also be one text, as JSON needs it: `"x_t: y"`.
Constraint = tuple[Mapping[tuple[str, str] | str, float], float]


@dataclass(frozen=True)
class Coefficients:
    """Coefficients `(targets, terms)`, and of ensembles the share of models that take each term."""

    values: np.ndarray
    inclusion: np.ndarray | None = None


def methods() -> tuple[str, ...]:
    """Names of the methods."""
    return tuple(f"pysindy:{name}" for name in _CLASSES)


def named(method: str) -> str:
    """The optimiser's name in a method.

    Raises:
        DiscoveryError: there is no such method.
    """
    if method not in methods():
        raise DiscoveryError(
            f"The method {method!r} is none of weak, {', '.join(methods())}; name one of these."
        )
    return method.removeprefix("pysindy:")


def checked(method: str, options: Mapping[str, Any]) -> str:
    """The optimiser's name in a method, its options checked.

    Raises:
        DiscoveryError: the method or an option is unknown, an option is of the wrong kind, or PySINDy is not
            installed.
    """
    name = named(method)
    known = _options(name)
    for option, value in options.items():
        if option not in known:
            raise DiscoveryError(
                f"The option {option!r} is none of {method}'s: {', '.join(sorted(known))}; see PySINDy's "
                f"{_CLASSES[name]}."
            )
        kind = _KINDS.get(option) or _kind(known[option])
        if kind is not None and value is not known[option] and not _IS[kind](value):
            raise DiscoveryError(f"The option {option!r} of {method} is {value!r}; give {kind}.")
    return name


def _is_number(value: Any) -> bool:
    """Whether this is a finite number, or an array of them."""
    try:
        array = np.asarray(value)
    except ValueError:
        return False
    return array.size > 0 and array.dtype.kind in "iuf" and bool(np.isfinite(array).all())


def _is_count(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


#: What options may be, in words.
_IS: Mapping[str, Callable[[Any], bool]] = {
    "True or False": lambda value: isinstance(value, (bool, np.bool_)),
    "a whole number": _is_count,
    "a number": _is_number,
    "a text": lambda value: isinstance(value, str),
    "a mapping of names to values": lambda value: isinstance(value, Mapping),
}

#: The same for options whose defaults do not tell.
_KINDS = {
    "K": "a whole number",
    "p": "a whole number",
    "H_xt": "a number",
    "kappa": "a number",
    "n_subset": "a whole number",
    "ridge_kw": "a mapping of names to values",
    "derivatives": "a text",
}


def _kind(default: Any) -> str | None:
    """What an option with this default may be; None where the default does not tell."""
    kinds = {bool: "True or False", int: "a whole number", float: "a number", str: "a text"}
    return kinds.get(type(default))


def _class(name: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pysindy
    except ImportError as error:
        raise DiscoveryError(
            "PySINDy is not installed; install it with the extra: pip install 'physforge[pysindy]'."
        ) from error
    found = getattr(pysindy, _CLASSES[name], None)
    if found is None:
        raise DiscoveryError(
            f"PySINDy has {_CLASSES[name]} only where cvxpy is installed; the extra brings it: "
            "pip install 'physforge[pysindy]'."
        )
    return found


def _options(name: str) -> dict[str, Any]:
    """The options of an optimiser, with their defaults."""
    own = _defaults(name)
    if name == "ensemble":
        own |= _defaults("stlsq")
    ours = PIECES if name == "weak" else ("derivatives", *(["constraints"] if name == "constrained" else []))
    return {key: value for key, value in own.items() if key not in _NOT_OURS} | dict.fromkeys(ours)


def _defaults(name: str) -> dict[str, Any]:
    return {key: each.default for key, each in inspect.signature(_class(name)).parameters.items()}


@contextmanager
def fixed_randomness(seed: int) -> Iterator[None]:
    """Seed NumPy's global state, from which PySINDy draws, and put it back."""
    state = np.random.get_state()
    np.random.seed(seed % 2**32)
    try:
        yield
    finally:
        np.random.set_state(state)


def fit(
    name: str,
    options: Mapping[str, Any],
    terms: np.ndarray,
    lefts: np.ndarray,
    constraints: tuple[np.ndarray, np.ndarray] | None,
    seed: int,
) -> Coefficients:
    """Run an optimiser on columns `(rows, terms)` and left sides `(rows, targets)`.

    Args:
        name: the optimiser's.
        options: its options.
        terms: the columns.
        lefts: the left sides.
        constraints: equalities among coefficients, `(count, terms * targets)` by term and then by target, and
            what they are to be; only for `constrained`.
        seed: of the bootstrap in an ensemble, which draws from NumPy's global state; that is put back.

    Raises:
        DiscoveryError: PySINDy refuses an option, or its arithmetic fails.
    """
    options = {key: value for key, value in options.items() if key not in _NOT_THEIRS}
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"), fixed_randomness(seed):
            warnings.simplefilter("ignore")
            optimiser = _optimiser(name, options, constraints)
            optimiser.fit(terms, lefts)
    except (ValueError, TypeError, NotImplementedError, np.linalg.LinAlgError) as error:
        raise DiscoveryError(f"PySINDy's {_CLASSES[name]} cannot do this: {error}") from error
    values = np.atleast_2d(np.asarray(optimiser.coef_, dtype=float))
    sizes = np.abs(values) * np.sqrt(np.mean(terms**2, axis=0))
    values = np.where(sizes > _ROUNDING * sizes.max(axis=1, keepdims=True), values, 0.0)
    if name != "ensemble":
        return Coefficients(values)
    models = np.stack([np.atleast_2d(c) for c in optimiser.coef_list])
    return Coefficients(values, np.mean(models != 0.0, axis=0))


def _optimiser(
    name: str, options: Mapping[str, Any], constraints: tuple[np.ndarray, np.ndarray] | None
) -> Any:
    if name == "ensemble":
        inner = set(inspect.signature(_class("stlsq")).parameters)
        single = _class("stlsq")(**{key: value for key, value in options.items() if key in inner})
        outer = {key: value for key, value in options.items() if key not in inner}
        plain = not (outer.get("bagging") or outer.get("library_ensemble"))
        return _class(name)(single, **({"bagging": True} if plain else {}) | outer)
    if constraints is not None and len(constraints[1]):
        left, right = constraints
        return _class(name)(
            **options,
            constraint_lhs=left,
            constraint_rhs=right,
            constraint_order="feature",
            equality_constraints=True,
        )
    return _class(name)(**options)


def tied(weights: Mapping[tuple[str, str] | str, float]) -> dict[tuple[str, str], float]:
    """Weights of a constraint by left side and term.

    Example:
        >>> tied({"x_t: y": 1.0, ("y_t", "x"): 1})
        {('x_t', 'y'): 1.0, ('y_t', 'x'): 1.0}
    """
    found = {}
    for key, weight in weights.items():
        left, term = key.split(":") if isinstance(key, str) else key
        found[left.strip(), term.strip()] = float(weight)
    return found


def equalities(
    constraints: Sequence[Constraint], lefts: Sequence[str], names: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Constraints as a matrix `(count, terms * lefts)`, by term and then by left side, and their values.

    Raises:
        DiscoveryError: a constraint names no left side or term that there is.
    """
    matrix = np.zeros((len(constraints), len(names), len(lefts)))
    values = np.zeros(len(constraints))
    for row, constraint in enumerate(constraints):
        try:
            weights, value = constraint
            entries = tied(weights)
            values[row] = float(value)
        except (TypeError, ValueError, AttributeError):
            raise DiscoveryError(
                f"The constraint {constraint!r} cannot be read; write weights and what they add up to, as in "
                "({('x_t', 'y'): 1.0, ('y_t', 'x'): 1.0}, 0.0)."
            ) from None
        for (left, term), weight in entries.items():
            if left not in lefts or term not in names:
                raise DiscoveryError(
                    f"The constraint names {term!r} in {left!r}; left sides are {', '.join(lefts)} and terms "
                    f"{', '.join(names)}."
                )
            matrix[row, names.index(term), lefts.index(left)] = weight
    return matrix.reshape(len(constraints), len(names) * len(lefts)), values
