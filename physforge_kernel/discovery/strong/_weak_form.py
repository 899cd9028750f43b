"""Terms and left sides as PySINDy's weak form has them: integrals over random pieces of the field."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...derivatives import Feature
from ...errors import DiscoveryError
from ._optimisers import PIECES, fixed_randomness


class WeakValues:
    """Features of one field, their means under test functions on `K` pieces of it.

    PySINDy's `WeakPDELibrary` integrates derivatives of a variable by parts, down to none on the data, and
    products of a function and a derivative halfway. All candidates here are derivatives of functions, so that
    each function is handed to it as a variable of its own. Its integrals are divided by those of the test
    functions: else the ridge in an optimiser would weigh with the units of the axes.

    Args:
        points: of each axis, time first.
        features: those that will be asked for.
        evaluate: a function of the variables on all samples.
        options: of the pieces.
        seed: of their places, which PySINDy draws from NumPy's global state; that is put back.

    Raises:
        DiscoveryError: on making one, if PySINDy refuses an option.
    """

    def __init__(
        self,
        points: Sequence[np.ndarray],
        features: Sequence[Feature],
        evaluate: Callable[[Feature], np.ndarray],
        options: Mapping[str, Any],
        seed: int,
    ) -> None:
        order = max(feature.order for feature in features)
        self._evaluate = evaluate
        self._library = _library(points, order, {k: options[k] for k in PIECES if k in options}, seed)
        self._space = len(points) - 1
        self._known: dict[Any, dict[str, np.ndarray]] = {}

    def total(self, combination: Sequence[tuple[Feature, float]]) -> np.ndarray:
        """A sum of features with weights, `(K,)`."""
        return np.sum([weight * self.feature(feature) for feature, weight in combination], axis=0)

    def feature(self, feature: Feature) -> np.ndarray:
        """A feature on all pieces, `(K,)`."""
        if feature.function not in self._known:
            self._known[feature.function] = self._integrals(feature)
        time, *space = feature.orders
        letters = "".join(str(axis + 1) * order for axis, order in enumerate(space)) + "t" * time
        return self._known[feature.function][f"f_{letters}" if letters else "f"]

    def _integrals(self, feature: Feature) -> dict[str, np.ndarray]:
        """All derivatives of the function in a feature, by PySINDy's names for them."""
        from pysindy.utils import AxesArray

        plain = self._evaluate(replace(feature, orders=(0,) * len(feature.orders)))
        # PySINDy has time after space, and then the variables; ones give the test functions' integrals.
        values = np.moveaxis(np.stack([plain, np.ones_like(plain)], axis=-1), 0, -2)
        kinds = {"ax_spatial": list(range(self._space))} if self._space else {}
        axes = {**kinds, "ax_time": self._space, "ax_coord": self._space + 1}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = self._library.fit_transform(AxesArray(values, axes))
        names = self._library.get_feature_names(["f", "one"])
        columns = dict(zip(names, np.asarray(found).T, strict=True))
        return {name: column / columns["one"] for name, column in columns.items()}


def _library(points: Sequence[np.ndarray], order: int, options: Mapping[str, Any], seed: int) -> Any:
    import pysindy

    grid = np.stack(np.meshgrid(*points[1:], points[0], indexing="ij"), axis=-1)
    try:
        with warnings.catch_warnings(), fixed_randomness(seed):
            warnings.simplefilter("ignore")
            return pysindy.WeakPDELibrary(
                function_library=pysindy.IdentityLibrary(),
                derivative_order=order,
                spatiotemporal_grid=grid if len(points) > 1 else points[0],
                include_interaction=False,
                implicit_terms=True,
                **options,
            )
    except (ValueError, TypeError, IndexError) as error:
        raise DiscoveryError(f"PySINDy's weak form cannot do this: {error}") from error
