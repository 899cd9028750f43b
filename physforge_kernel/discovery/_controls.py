"""Variables without a law of their own: which terms they can stand in, and what their noise does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from .._wording import percent
from ..derivatives import Feature, Library, Term
from ..equations import split_derivative
from ..errors import DiscoveryError
from ._sample import Control, Sample
from ._side import Side

_WORD = re.compile(r"[A-Za-z_]\w*")

#: Noise of a control that is the same along some axis, as a share of its rms, beyond which it is a doubt.
_VISIBLE = 1e-3


def admitted(library: Library, sample: Sample) -> Library:
    """A library without the derivatives of controls along axes on which these are the same everywhere.

    Raises:
        DiscoveryError: if the library is that of another field.
    """
    if (library.components, library.axes) != (sample.components, sample.axes):
        raise DiscoveryError(
            f"The library is for {', '.join(library.components)} over {', '.join(library.axes)} and the "
            f"field has {', '.join(sample.components)} over {', '.join(sample.axes)}; make a library for it."
        )
    if not any(len(control.axes) < len(sample.axes) for control in sample.controls):
        return library
    kept = [t for t in library.terms if not all(_vanishes(f, sample.controls) for f in t.features)]
    return replace(library, terms=tuple(_written(term, sample) for term in kept))


def _written(term: Term, sample: Sample) -> Term:
    """A term without the derivatives that are zero, as `(f*u)_x = f*u_x` where `f` is the same everywhere."""
    spans = {control.name: control.axes for control in sample.controls}

    def is_zero(product: str) -> bool:
        found = (split_derivative(word, sample.components) for word in _WORD.findall(product))
        return any(not set(each[1]) <= set(spans.get(each[0], sample.axes)) for each in found if each)

    return replace(term, expansion={n: count for n, count in term.expansion.items() if not is_zero(n)})


def _vanishes(feature: Feature, controls: Sequence[Control]) -> bool:
    """Whether a feature differentiates what is the same along that axis."""
    if feature.factor:
        return False
    spans = {control.name: control.axes for control in controls}
    here = [c for c, q in zip(feature.components, feature.exponents, strict=True) if q]
    return any(
        order and here and all(axis not in spans.get(name, feature.axes) for name in here)
        for axis, order in zip(feature.axes, feature.orders, strict=True)
    )


def noisy_controls(samples: Sequence[Sample], side: Side) -> list[str]:
    """Doubts where the law rests on a noisy control that is the same along some axis.

    Its noise is the same there too, and is neither taken out of the regression nor in the intervals.
    """
    law = side.best
    if law is None or not side.path.support:
        return []
    used = {
        name
        for term in law.chosen
        for feature in term.features
        for name, power in zip(feature.components, feature.exponents, strict=True)
        if power or name in feature.factor
    }
    worst: dict[str, float] = {}
    for control in (control for sample in samples for control in sample.controls):
        if control.name in used and control.noise > _VISIBLE:
            worst[control.name] = max(worst.get(control.name, 0.0), control.noise)
    return [
        f"the noise on {name}, {percent(noise)} of its rms, is the same along an axis and is not allowed for"
        for name, noise in worst.items()
    ]
