"""`discover`: from a field to its law."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..derivatives import Library
from ..errors import DiscoveryError
from ._asked import check_method
from ._attempts import Attempt, Progress, attempts_at, foremost
from ._criteria import Comparison
from ._evidence import Evidence
from ._flows import find_flow
from ._given import as_fields, on_dates
from ._hearing import heard_out
from ._memory import in_memory
from ._numerics import notes
from ._odds import odds
from ._prepare import prepare
from ._projection import Sample
from ._result import Candidate, Discovery
from ._scattered import carried
from ._side import Side, SideLaw
from ._verdict import combine
from .strong import Strong

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    Given = xr.Dataset | xr.DataArray | pd.DataFrame


def discover(
    field: Given | Sequence[Given],
    target: str | Sequence[str] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    *,
    library: Library | None = None,
    controls: str | Sequence[str] = (),
    method: str = "weak",
    options: Mapping[str, Any] | None = None,
) -> Discovery:
    """Find the differential equation behind a measured field, and say how sure that is.

    The law is sought in the weak form, with test functions of many sizes, among derivatives of products of
    powers. Noise is estimated from the samples and its effect on both sides of the regression is corrected; a
    term is taken only where the data need it beyond noise and assumed accuracy, so that there is no threshold
    to tune.

    Args:
        field: a field with dimension `t` and any of `x`, `y`, `z`, and real variables or one complex one, NaN
            where a sample is missing; or scattered samples: a Dataset along one dimension, or a pandas
            DataFrame, with `t` and the places beside the variables; or several of these, experiments that
            share one law. Times may be dates, and count in seconds then. What Dask has is read block by block
            where it does not fit in memory.
        target: the left side, `"u_t"` or `"u_tt"`, or a list of them for a system. None tries the first time
            derivative of every variable, then the second.
        seed: seed of the random probes that estimate the scatter of residuals.
        progress: called with a fraction and a message.
        library: the candidate terms; None takes the powers of the variables up to degree three and their
            derivatives, and where these do not suffice the sines and cosines of the variables too, or
            products of first derivatives; for a complex field the terms that keep their form where its phase
            is turned.
        controls: variables that have no law of their own and may stand in those of the others, such as a
            forcing; they may have fewer axes than the field.
        method: `"weak"`, or an optimiser of PySINDy's to choose the terms from derivatives of the samples:
            `"pysindy:stlsq"`, `"pysindy:sr3"`, `"pysindy:ssr"`, `"pysindy:frols"`, `"pysindy:ensemble"` or
            `"pysindy:constrained"`; or `"pysindy:weak"`, STLSQ on PySINDy's weak form. Coefficients,
            intervals and verdict come from our weak form in any case.
        options: of that optimiser, as PySINDy calls them, such as `{"threshold": 0.05}`; `derivatives` is the
            method of `differentiate`; `K`, `H_xt` and `p` are for `weak`, and `constraints`, for
            `constrained`, a list of weights by left side and term with what they add up to:
            `[({("x_t", "y"): 1.0, ("y_t", "x"): 1.0}, 0.0)]`.

    Returns:
        The laws considered, best first, with intervals, a verdict and notes on numerics.

    Raises:
        DiscoveryError: if the field or the target cannot be used, saying why and what to do.

    Example:
        >>> import physforge_kernel as pf
        >>> found = pf.discover(pf.catalogue.get("heat").field(x=64, t=41))
        >>> found.verdict.kind, list(found.best.equation.terms["u_t"])
        ('identified', ['u_xx'])

    References:
        Messenger and Bortz, Weak SINDy for partial differential equations, J. Comput. Phys. 443 (2021);
        Bortz, Messenger and Dukic, WENDy, Bull. Math. Biol. 85 (2023), for noise on both sides.
    """
    from threadpoolctl import threadpool_limits

    # The matrices are small: threads of the linear algebra library would only wait for each other.
    with threadpool_limits(1):
        return _discover(
            field,
            target,
            seed,
            progress or (lambda fraction, message: None),
            library,
            [controls] if isinstance(controls, str) else list(controls),
            method,
            dict(options or {}),
        )


def _discover(
    field: Given | Sequence[Given],
    target: str | Sequence[str] | None,
    seed: int,
    tell: Progress,
    library: Library | None,
    controls: Sequence[str],
    method: str,
    options: Mapping[str, Any],
) -> Discovery:
    started = time.perf_counter()
    if not isinstance(seed, (int, np.integer)) or seed < 0:
        raise DiscoveryError(f"The seed is {seed!r}; give a whole number that is not negative.")
    if not (target is None or isinstance(target, (str, list, tuple))):
        raise DiscoveryError(f"The target is {target!r}; give a name such as 'u_t', a list of them, or None.")
    if not (library is None or isinstance(library, Library)):
        raise DiscoveryError(
            f"The library is {library!r}; make one, as with pf.library.polynomial(field), or leave it out."
        )
    check_method(method, options)
    tell(0.0, "reading the field")
    fields, clouds = carried(as_fields(field), seed)
    if method != "weak":
        fields = [in_memory(each, "taking derivatives of its samples") for each in fields]
    chooser = None if method == "weak" else Strong(fields, method, options, seed)
    samples = prepare(fields, controls=controls)
    flow = find_flow(samples, seed)
    attempts = attempts_at(samples, target, seed, tell, library, flow, chooser)
    blind = any(side.best is None for attempt in attempts for side in attempt.sides)
    if blind and any(sample.unresolved for sample in samples):
        samples = prepare(fields, mask_fronts=False, controls=controls)
        attempts = attempts_at(samples, target, seed, tell, library, flow, chooser)
    chosen = foremost(attempts)
    found, picked = chosen.sides, chosen.picked
    own = [chooser.note(left, each) for left, each in picked.items()] if chooser else []
    flows = [flow.note] if flow else []
    result = Discovery(
        candidates=_candidates(found),
        verdict=combine(chosen.verdicts),
        notes=(*own, *on_dates(fields), *_on_order(attempts, found), *flows, *notes(chosen.samples, found)),
        noise=_noise(samples),
        settings={
            "target": target if target is None or isinstance(target, str) else list(target),
            "seed": seed,
            **({"controls": list(controls)} if controls else {}),
            **({"method": method, "options": chooser.settings} if chooser else {}),
        },
        seconds=time.perf_counter() - started,
        evidence=Evidence(
            tuple(fields),
            tuple(chosen.samples),
            found,
            library,
            seed,
            {"controls": list(controls), "method": method, "options": dict(options)},
        ),
    )
    if clouds:
        tell(1.0, "solving the law to hold it against the samples")
        result = replace(heard_out(result, clouds, seed), seconds=time.perf_counter() - started)
    tell(1.0, "done")
    return result


def _candidates(found: Sequence[Side]) -> tuple[Candidate, ...]:
    best: dict[str, SideLaw] = {side.left: side.best for side in found if side.best is not None}
    if len(best) < len(found):
        missing = [side.left for side in found if side.best is None]
        raise DiscoveryError(
            f"No test function finds enough valid samples to see {', '.join(missing)}: "
            "there are too few along an axis, or too many are missing; measure more."
        )
    for left, law in best.items():
        if not law.expressible:
            raise DiscoveryError(
                f"In the units of this field the law of {left}, made of {', '.join(law.names)}, has "
                "coefficients beyond what numbers hold; choose units in which its values and axes are "
                "nearer to one."
            )
    shared = Comparison.of(found), odds(found)
    candidates = [Candidate(best, *shared)]
    for side in found:
        for law in (*side.rivals, *side.others):
            if law.expressible:
                candidates.append(Candidate({**best, side.left: law}, *shared))
    return tuple(candidates[:12])


def _on_order(attempts: Sequence[Attempt], found: Sequence[Side]) -> list[str]:
    tried = list(dict.fromkeys(", ".join(attempt.verdicts) for attempt in attempts))
    if len(tried) < 2:
        return []
    chosen = ", ".join(side.left for side in found)
    return [f"Tried {' and then '.join(tried)}; {chosen} gave the better founded law."]


def _noise(samples: Sequence[Sample]) -> dict[str, float]:
    """Estimated noise of each variable as a fraction of its rms, the largest over the experiments."""
    result: dict[str, float] = {}
    for sample in samples:
        for name, rms, sigma in zip(sample.components, sample.rms, sample.sigma, strict=True):
            result[name] = max(result.get(name, 0.0), sigma / rms if rms else 0.0)
    return result
