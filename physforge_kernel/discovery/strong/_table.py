"""Terms and left sides on every sample, from derivatives of the data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...derivatives import Feature, Term, differentiate, right_side
from ...equations import split_derivative
from ...errors import DiscoveryError
from .._projection import Sample
from .._target import Target
from ._weak_form import WeakValues

if TYPE_CHECKING:
    import xarray as xr

#: Most samples that are regressed on; of more, so many are drawn.
_MOST_ROWS = 100_000

_WORD = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Table:
    """Terms `(rows, terms)` and left sides `(rows, targets)`: a row for each sample and each real part.

    `scales` `(terms,)` turns the coefficients of these columns into those of the terms.
    """

    terms: np.ndarray
    lefts: np.ndarray
    scales: np.ndarray


def table(
    fields: Sequence[xr.Dataset | xr.DataArray],
    samples: Sequence[Sample],
    targets: Sequence[Target],
    terms: Sequence[Term],
    rng: np.random.Generator,
    method: str = "auto",
    pieces: tuple[Mapping[str, Any], int] | None = None,
) -> Table:
    """Evaluate terms and left sides on all samples of all experiments at which every one is known.

    With `pieces`, the options and the seed of PySINDy's weak form, they are integrated over pieces of each
    experiment, and a row is a piece.

    A term that is one product with a number, as `(u^2)_x = 2*u*u_x` is, is measured as that product, so that
    its coefficient is the one that equations have. `method` is that of the derivatives.

    Raises:
        DiscoveryError: if fewer samples are known than there are terms.
    """
    numbers = np.array([_number(term) or 1.0 for term in terms])
    rows: list[tuple[np.ndarray, np.ndarray]] = []
    features = [*(f for term in terms for f in term.features), *(f for t in targets for f in t.features)]
    for field, sample in zip(fields, samples, strict=True):
        real = _real(field, sample)
        if pieces is None:
            values = _Values(real, sample, features, method)
        else:
            points = [real[axis].to_numpy().astype(float) for axis in sample.axes]
            plain = [replace(feature, orders=(0,) * len(points)) for feature in features]
            values = WeakValues(points, features, _Values(real, sample, plain, method).feature, *pieces)
        for part in range(len(targets[0].features)):
            columns = [values.total(term.parts[part if len(term.parts) > 1 else 0]) for term in terms]
            sides = [values.feature(target.features[part]) for target in targets]
            whole = np.stack([array.ravel() for array in (*columns, *sides)], axis=1)
            whole = whole[np.isfinite(whole).all(axis=1)]
            rows.append((whole[:, : len(terms)] / numbers, whole[:, len(terms) :]))
    right, left = (np.concatenate([each[i] for each in rows]) for i in (0, 1))
    if len(right) <= len(terms):
        rows_that = "samples have all derivatives" if pieces is None else "pieces have no gap"
        raise DiscoveryError(
            f"Only {len(right)} {rows_that}, fewer than the {len(terms)} candidate terms; "
            "fill the gaps in the field, or choose a smaller library."
        )
    if len(right) > _MOST_ROWS:
        drawn = np.sort(rng.choice(len(right), _MOST_ROWS, replace=False))
        right, left = right[drawn], left[drawn]
    return Table(right, left, 1 / numbers)


def label(term: Term) -> str:
    """The name of what a column holds: the one product that a term is, or the term."""
    return next(iter(term.expansion)) if _number(term) is not None else term.name


def _number(term: Term) -> float | None:
    """The number before the one product that a term is; None where it is several."""
    counts = [complex(count) for count in term.expansion.values()]
    return counts[0].real if len(counts) == 1 and counts[0].imag == 0.0 else None


def _real(field: xr.Dataset | xr.DataArray, sample: Sample) -> xr.Dataset:
    """The field with real variables on all axes, as the sample has them."""
    import xarray as xr

    whole = field if isinstance(field, xr.Dataset) else field.to_dataset()
    whole = whole.sortby(list(sample.axes))
    if sample.complex_name:
        values = whole[sample.complex_name]
        whole = xr.Dataset(dict(zip(sample.components, (values.real, values.imag), strict=True)))
    real = {
        name: whole[name].real.astype(float).broadcast_like(whole).transpose(*sample.axes)
        for name in sample.components
    }
    return xr.Dataset({name: values.where(np.isfinite(values)) for name, values in real.items()})


class _Values:
    """Features of one field on its samples, by the product rule, from derivatives of the components."""

    def __init__(self, field: xr.Dataset, sample: Sample, features: Sequence[Feature], method: str) -> None:
        self._components = sample.components
        self._shape = tuple(field.sizes[axis] for axis in sample.axes)
        names = sorted({name for f in features for product in f.terms for name in self._derivatives(product)})
        found = differentiate(field, names, method=method) if names else field
        self._known = {name: found[name].to_numpy() for name in names}
        for i, axis in enumerate(sample.axes):
            shape = [-1 if k == i else 1 for k in range(len(sample.axes))]
            self._known[axis] = field[axis].to_numpy().astype(float).reshape(shape)
        self._known |= {name: field[name].to_numpy() for name in sample.components}

    def _derivatives(self, product: str) -> Iterator[str]:
        return (w for w in _WORD.findall(product) if split_derivative(w, self._components) is not None)

    def total(self, combination: Sequence[tuple[Feature, float]]) -> np.ndarray:
        """A sum of features with weights."""
        return np.sum([weight * self.feature(feature) for feature, weight in combination], axis=0)

    def feature(self, feature: Feature) -> np.ndarray:
        """A feature on all samples."""
        read = self._function if feature.factor else self._product
        return np.sum([count * read(name) for name, count in feature.terms.items()], axis=0)

    def _product(self, name: str) -> np.ndarray:
        result = np.ones(self._shape)
        for factor in name.split("*") if name != "1" else ():
            base, _, power = factor.partition("^")
            result = result * self._known[base] ** int(power or 1)
        return result

    def _function(self, name: str) -> np.ndarray:
        """A product that holds functions or places, read as equations are."""
        import sympy

        expression = right_side(name, self._components)
        symbols = sorted(expression.free_symbols, key=str)
        with np.errstate(all="ignore"):
            values = sympy.lambdify(symbols, expression, modules="numpy")(
                *[self._known[str(symbol)] for symbol in symbols]
            )
        return np.broadcast_to(np.asarray(values, dtype=float), self._shape)
