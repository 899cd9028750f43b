"""Which terms an optimiser of PySINDy's takes, and what may be said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...derivatives import Library, Term
from .._projection import Sample
from .._side import Side
from .._target import Target
from .._verdict import Verdict
from ._optimisers import Coefficients, checked, equalities, fit, tied
from ._table import Table, label, table

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Picked:
    """The terms that an optimiser takes for one left side, those that contribute most first.

    `support` indexes the terms that the left side may have; `coefficients` are the optimiser's own, as
    equations write them; `inclusion` is the share of an ensemble's models that take each term.
    """

    support: tuple[int, ...]
    coefficients: Mapping[str, complex]
    inclusion: Mapping[str, float]

    @property
    def supports(self) -> tuple[tuple[int, ...], ...]:
        """The support, and what is left of it when the terms that contribute least are left out."""
        return tuple(tuple(sorted(self.support[:k])) for k in range(len(self.support), 0, -1))


@dataclass(frozen=True)
class Strong:
    """A method `pysindy:...` with its options, on fields as they were measured.

    Raises:
        DiscoveryError: on making one, if the method or an option is unknown, or PySINDy is not installed.
    """

    fields: Sequence[xr.Dataset | xr.DataArray]
    method: str
    options: Mapping[str, Any]
    seed: int

    def __post_init__(self) -> None:
        checked(self.method, self.options)

    @property
    def name(self) -> str:
        """The optimiser's name."""
        return self.method.removeprefix("pysindy:")

    @property
    def settings(self) -> dict[str, Any]:
        """The options as JSON has them."""
        plain = {key: np.asarray(v).tolist() for key, v in self.options.items() if key != "constraints"}
        given = self.options.get("constraints", ())
        written = [[{f"{a}: {b}": w for (a, b), w in tied(weights).items()}, v] for weights, v in given]
        return plain | ({"constraints": written} if written else {})

    def pick(
        self, samples: Sequence[Sample], targets: Sequence[Target], library: Library
    ) -> dict[str, Picked]:
        """The terms taken for each target.

        Raises:
            DiscoveryError: the samples do not do, or PySINDy refuses the options.
        """
        rng = np.random.default_rng(self.seed)
        by = str(self.options.get("derivatives", "auto"))
        pieces = (self.options, self.seed) if self.name == "weak" else None
        whole = table(self.fields, samples, targets, library.terms, rng, by, pieces)
        if self.name == "constrained":
            return self._together(whole, targets, library)
        found = {}
        for i, target in enumerate(targets):
            own = [j for j, term in enumerate(library.terms) if term.serves(target.name)]
            fitted = fit(self.name, self.options, whole.terms[:, own], whole.lefts[:, [i]], None, self.seed)
            found[target.name] = _picked(fitted, 0, [library.terms[j] for j in own], whole, own)
        return found

    def _together(self, whole: Table, targets: Sequence[Target], library: Library) -> dict[str, Picked]:
        """All left sides at once, since constraints may tie them."""
        lefts = [target.name for target in targets]
        barred = [
            ({(left, label(term)): 1.0}, 0.0)
            for left in lefts
            for term in library.terms
            if not term.serves(left)
        ]
        given = [*self.options.get("constraints", ()), *barred]
        constraints = equalities(given, lefts, [label(term) for term in library.terms])
        fitted = fit(self.name, self.options, whole.terms, whole.lefts, constraints, self.seed)
        found = {}
        for i, left in enumerate(lefts):
            own = [j for j, term in enumerate(library.terms) if term.serves(left)]
            part = Coefficients(fitted.values[:, own])
            found[left] = _picked(part, i, [library.terms[j] for j in own], whole, own)
        return found

    def verdict(self, side: Side, picked: Picked, judged: Verdict) -> Verdict:
        """What may be said of an optimiser's law: it has no test of its own, the weak form's are applied."""
        if not picked.support:
            return Verdict(
                "not identifiable",
                f"{self.method} keeps no term of {side.left} with these options; the law shown is the best "
                "single term",
            )
        shown = side.best.estimate.fit.support if side.best else ()
        if len(shown) < len(picked.support):
            return Verdict(
                "not identifiable",
                f"{self.method} takes {len(picked.support)} terms for {side.left}, more than test functions "
                f"can tell apart; the law shown is made of the {len(shown)} that contribute most",
            )
        return Verdict(judged.kind, f"{self.method} takes these terms; in the weak form, {judged.text}")

    def note(self, left: str, picked: Picked) -> str:
        """A sentence on the optimiser's own law."""
        if not picked.coefficients:
            return f"{self.method} kept no term of {left}."
        law = " + ".join(f"{value:.4g}*{name}" for name, value in picked.coefficients.items())
        text = f"{self.method} itself has {left} = {law.replace('+ -', '- ')}."
        if picked.inclusion:
            shares = ", ".join(f"{name} {share:.0%}" for name, share in picked.inclusion.items())
            text += f" Of its models, so many took these terms: {shares}."
        return text


def _picked(
    fitted: Coefficients, row: int, terms: Sequence[Term], whole: Table, own: Sequence[int]
) -> Picked:
    values = fitted.values[row]
    sizes = np.abs(values) * np.sqrt(np.mean(whole.terms[:, own] ** 2, axis=0))
    order = [int(j) for j in np.argsort(-sizes) if values[j]]
    inclusion = {}
    if fitted.inclusion is not None:
        shares = fitted.inclusion[row]
        inclusion = {label(terms[j]): float(shares[j]) for j in np.argsort(-shares) if shares[j]}
    written: dict[str, complex] = {}
    for j in order:
        for name, count in terms[j].expansion.items():
            number = complex(values[j] * whole.scales[own[j]] * count) + written.get(name, 0.0)
            written[name] = number if number.imag else number.real
    return Picked(tuple(order), written, inclusion)
