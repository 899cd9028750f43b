"""Holding a law against data that it was not found in."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._wording import percent
from ..errors import DiscoveryError
from ._forecast import Forecast, forecast
from ._given import gridded
from ._held import WeakCheck, weak_check
from ._misfit import Misfit, misfit, over_time
from ._observed import ACCURACY, Observed, field_of, observe_like
from ._sample import Sample
from ._searching import FAILED
from ._side import SideLaw
from ._validation import Outcome, Trial, Validation

if TYPE_CHECKING:
    import xarray as xr

    from ..equations import Equation

#: Forecasts with drawn start and coefficients; few of them where the field shows no noise.
_DRAWS, _DRAWS_CLEAN = 8, 2

#: A law must hold for so many times as long as its start itself would do, before that says something.
_LONGER = 2.0


def validate(
    laws: Mapping[str, SideLaw],
    equation: Equation,
    fields: xr.Dataset | Sequence[xr.Dataset],
    *,
    seconds: float,
    seed: int,
    periodic: bool | Mapping[str, bool] | None,
    progress: Callable[[float, str], None] | None,
) -> Validation:
    """Run a law from the start of fields it has not seen, and hold it against their weak form; see
    `Candidate.validate`."""
    from threadpoolctl import threadpool_limits

    started = time.perf_counter()
    every: list[Any] = list(fields) if isinstance(fields, (list, tuple)) else [fields]
    if not every:
        raise DiscoveryError(
            "The law was given no field to be held against; pass a Dataset or a list of them."
        )
    if not seconds > 0:
        raise DiscoveryError(f"The wall time is {seconds!r} seconds; give a number above zero.")
    law = next(iter(laws.values()))
    sample = law.estimate.scale.regression.projection.blocks[0].sample
    tell = progress or (lambda fraction, message: None)
    trials = []
    with threadpool_limits(1):
        observed = [observe_like(sample, field, periodic) for field in gridded(every, len(sample.axes), seed)]
        for i, one in enumerate(observed):
            share = 1 / len(observed)
            message = f"running the law on field {i + 1}" if len(observed) > 1 else "running the law"
            made = forecast(
                laws,
                one,
                draws=_DRAWS if one.noisy else _DRAWS_CLEAN,
                seconds=seconds * share,
                seed=seed,
                progress=lambda f, i=i, share=share, m=message: tell((i + 0.9 * f) * share, m),
            )
            weak, reason = weak_check(laws, one)
            trials.append(_trial(one, made, weak, reason))
            tell((i + 1) * share, "done" if i + 1 == len(observed) else message)
    return Validation(equation, tuple(trials), time.perf_counter() - started)


def forecast_error(
    laws: Mapping[str, SideLaw], fields: xr.Dataset | Sequence[xr.Dataset] | None, *, seconds: float
) -> float:
    """The error of one forward simulation of a law on fields, or on those it was found in; see
    `Candidate.forecast_error`."""
    from threadpoolctl import threadpool_limits

    blocks = next(iter(laws.values())).estimate.scale.regression.projection.blocks
    if fields is None:
        every: list[Any] = [field_of(_at_once(block.sample)) for block in blocks]
    else:
        every = list(fields) if isinstance(fields, (list, tuple)) else [fields]
    errors = []
    with threadpool_limits(1):
        for field in gridded(every, len(blocks[0].sample.axes), 0) if fields is not None else every:
            one = observe_like(blocks[0].sample, field)
            made = forecast(
                laws, one, draws=0, seconds=seconds, seed=0, twins=False, progress=lambda fraction: None
            )
            own = [misfit(one, made, str(name)).own for name in made.values.data_vars]
            errors.append(float(np.minimum(np.nan_to_num(own, nan=1.0), 1.0).mean()))
    return float(np.mean(errors))


def _at_once(sample: Sample) -> Sample:
    """The samples of an experiment in memory, or as many of them as fit."""
    whole = sample.smoothable
    if whole is None:
        raise DiscoveryError(
            "The field does not fit in memory, and fewer samples of it do not resolve it; give the field "
            "that the law is to be run on, such as a part of it."
        )
    return whole


def _trial(observed: Observed, made: Forecast, weak: WeakCheck | None, no_weak: str) -> Trial:
    misfits = tuple(misfit(observed, made, str(name)) for name in made.values.data_vars)
    kind, text = _outcome(observed, made, misfits, weak)
    notes = list(made.notes)
    if no_weak:
        notes.append(f"No check in the weak form: {no_weak}")
    if observed.noisy and not made.draws and made.reached > 1:
        notes.append(
            "No draw of start and coefficients came to its end, so that their uncertainty is unknown."
        )
    spread = {f"{m.name}_sd": (made.values[m.name].dims, np.sqrt(made.variance[m.name]), {}) for m in misfits}
    return Trial(
        kind,
        " ".join([text, *([_in_weak_form(weak)] if weak else [])]),
        made.values.assign(spread),
        observed.known,
        over_time(observed, misfits),
        misfits,
        weak,
        made.draws,
        made.growth,
        tuple(notes),
    )


def _outcome(
    observed: Observed, made: Forecast, misfits: Sequence[Misfit], weak: WeakCheck | None
) -> tuple[Outcome, str]:
    """What the forecast says of the law."""
    times, end = observed.times, len(observed.times)
    if made.reached < 2 and made.late:
        return "undecided", f"There was no time to run it: {made.reason}"
    if made.reached < 2:
        return "does not predict", f"It cannot be run from the start of the new field: {made.reason}"
    holds = min(m.unrefuted for m in misfits)
    useful = min(m.useful for m in misfits)
    idle = min(m.idle for m in misfits)
    noise = "its noise" if observed.noisy else f"{percent(ACCURACY)} of its variation"
    if idle == end:
        return "undecided", (
            f"In the new field nothing happens beyond {noise}: its start alone is as good a forecast."
        )
    span = f"up to t = {times[-1]:.4g}, its end"
    if holds == end and useful == end:
        if all(m.within_noise == end for m in misfits):
            return "predicts", f"It predicts the new field {span}, to within {noise}."
        own = max(float(np.nanmax(m.own)) for m in misfits)
        return "predicts", (
            f"It predicts the new field {span}, to within {noise} and what is uncertain of start and "
            f"coefficients; its own error reaches {percent(own)} of the variation."
        )
    if holds == end:
        if useful < _LONGER * idle:
            return "undecided", (
                "Start and coefficients are so uncertain that the forecast is lost as soon as anything "
                "happens: the new field cannot tell."
            )
        return "predicts for a time", (
            f"It predicts the new field up to t = {times[useful - 1]:.4g}{_lyapunov(made, times, useful)}; "
            "then the forecast drifts away, no faster than what is uncertain of start and coefficients "
            "makes it."
        )
    failed = weak is not None and max(weak.unexplained.values()) > FAILED
    return _refuted(
        observed, made, misfits, holds, noise, sure=failed or made.draws > 0 or not observed.noisy
    )


def _refuted(
    observed: Observed, made: Forecast, misfits: Sequence[Misfit], holds: int, noise: str, *, sure: bool
) -> tuple[Outcome, str]:
    """The words for a forecast that is off; not `sure` if what is uncertain of its start is not known."""
    times = observed.times
    beyond = f" beyond t = {times[holds - 1]:.4g}" if holds > 1 else ""
    if made.late and holds >= made.reached:
        return "undecided", (
            f"It predicts the new field up to t = {times[made.reached - 1]:.4g}, and there was no time to "
            f"run it further: {made.reason}"
        )
    if made.reached < len(times) and holds >= made.reached:
        return "does not predict", (
            f"It does not predict the new field{beyond}, where its simulation ends: {made.reason}"
        )
    if not sure:
        return "undecided", (
            f"From t = {times[holds]:.4g} on the forecast is off by more than {noise}, and there was no time "
            "to find how uncertain its start leaves it: allow more seconds."
        )
    worst = max(misfits, key=lambda m: float(np.nanmax(m.chi2[holds:], initial=0.0)))
    error = float(np.nanmax(worst.own))
    ratio = float(np.sqrt(np.nanmax(worst.chi2[holds:])))
    which = f" of {worst.name}" if len(misfits) > 1 else ""
    ended = f" Its simulation ends at t = {times[made.reached - 1]:.4g}: {made.reason}" if made.reason else ""
    return "does not predict", (
        f"It does not predict the new field{beyond} to within {noise}: the error of the forecast{which} "
        f"grows to {percent(error)} of the variation, {ratio:.2g} times what noise and uncertainty would "
        f"make it.{ended}"
    )


def _lyapunov(made: Forecast, times: np.ndarray, count: int) -> str:
    if made.growth is None:
        return ""
    return f" ({(times[count - 1] - times[0]) * made.growth:.1f} Lyapunov times)"


def _in_weak_form(weak: WeakCheck) -> str:
    """What the check without simulation adds."""
    parts = []
    for left, share in weak.unexplained.items():
        parts.append(f"{percent(share)} of {left}" if share > ACCURACY else "")
    bad = [part for part in parts if part]
    left_over = f"leaves {', '.join(bad)} beyond noise" if bad else "leaves no more than noise"
    far = max(r.distance for r in weak.refit)
    agree = "agree with" if weak.agrees else f"differ by up to {far:.1f} joint standard errors from"
    return f"In the weak form it {left_over}, and coefficients fitted to the new field {agree} those found."
