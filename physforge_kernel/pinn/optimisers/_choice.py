"""Optimisers by name, and which of them a problem calls for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch

from ...errors import SolverError
from ._adam import Adam
from ._base import Optimiser
from ._lbfgs import LBFGS
from ._levenberg_marquardt import LevenbergMarquardt
from ._self_scaled_broyden import SelfScaledBroyden
from ._sketched_gauss_newton import SketchedGaussNewton
from ._soap import SOAP

OPTIMISERS: Mapping[str, Callable[[], Optimiser]] = MappingProxyType(
    {
        "levenberg-marquardt": LevenbergMarquardt,
        "sketched-gauss-newton": SketchedGaussNewton,
        "self-scaled-broyden": SelfScaledBroyden,
        "l-bfgs": LBFGS,
        "adam": Adam,
        "soap": SOAP,
    }
)

#: Multiplications that a core of a CPU, and a GPU of a data centre, do within a second in double precision.
_PER_SECOND = {"CPU": 2e10, "GPU": 1e13}
#: What it costs to make an entry of the Jacobian and to project it, in the same unit: measured, on a CPU.
_ENTRY = 700
#: Seconds that a step may take, since Gauss-Newton methods need hundreds and a person waits for minutes: an
#: exact one less than a sketched one, beside which there is nothing better.
_EXACT, _SKETCHED = 1.0, 5.0


@dataclass(frozen=True)
class Choice:
    """A method, and a sentence that says why it.

    Attributes:
        name: of the method.
        reason: the sentence.
    """

    name: str
    reason: str


def choice(weights: int, rows: int, device: str | torch.device = "cpu") -> Choice:
    """The method with the best steps of those that are cheap enough to be taken by the hundred.

    An exact Gauss-Newton step costs as many multiplications as rows, weights and the fewer of both make; a
    sketched one little more than the Jacobian; one of SOAP little more than a slope.

    Args:
        weights: the number of weights.
        rows: the number of rows.
        device: where they are computed.

    Example:
        >>> choice(weights=921, rows=2763).name
        'levenberg-marquardt'
        >>> print(choice(weights=20_000, rows=4_000).reason)
        Sketched Gauss-Newton, since an exact step for 20000 weights and 4000 rows takes 16 s on a CPU.
        >>> choice(weights=20_000, rows=4_000, device="cuda").name
        'levenberg-marquardt'
    """
    place = "CPU" if torch.device(device).type == "cpu" else "GPU"
    speed = _PER_SECOND[place]
    exact = rows * weights * min(rows, weights) / speed
    sketched = rows * weights * _ENTRY / speed
    size = f"for {weights} weights and {rows} rows"
    if exact <= _EXACT:
        return Choice(
            "levenberg-marquardt",
            f"Levenberg-Marquardt, since an exact Gauss-Newton step {size} takes {exact:.1g} s on a {place}.",
        )
    if sketched <= _SKETCHED:
        return Choice(
            "sketched-gauss-newton",
            f"Sketched Gauss-Newton, since an exact step {size} takes {exact:.2g} s on a {place}.",
        )
    return Choice("soap", f"SOAP, since even a sketched step {size} takes {sketched:.2g} s on a {place}.")


def optimiser(
    name: str | None = None, *, weights: int, rows: int, device: str | torch.device = "cpu"
) -> Optimiser:
    """An optimiser by name, or the one that a problem calls for.

    Args:
        name: one of `OPTIMISERS`; None for that of `choice`.
        weights: the number of weights.
        rows: the number of rows.
        device: where they are computed.

    Raises:
        SolverError: if there is none of that name.

    Example:
        >>> optimiser("adam", weights=921, rows=2763).description
        "Adam: averaged slopes, each weight's over its usual size"
        >>> isinstance(optimiser(weights=921, rows=2763), LevenbergMarquardt)
        True
    """
    name = choice(weights, rows, device).name if name is None else name
    if name not in OPTIMISERS:
        raise SolverError(f"There is no optimiser {name!r}; choose one of {', '.join(OPTIMISERS)}.")
    return OPTIMISERS[name]()
