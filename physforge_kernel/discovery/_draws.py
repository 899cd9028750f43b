"""Selection repeated on resampled blocks, with fewer candidates, and at fewer scales.

The unit of work is one draw, a `Draw`, on sketches of the regressions: it needs no samples, so that it can be
sent to another process, and its seed goes with it, so that it gives the same wherever it runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ._sketch import SideSketch

Kind = Literal["blocks", "terms", "scales"]

#: Share of the candidates that a draw leaves out.
LEFT_OUT = 0.2


@dataclass(frozen=True)
class Draw:
    """One repetition: what is drawn, and the seed."""

    kind: Kind
    seed: np.random.SeedSequence


@dataclass(frozen=True)
class Chosen:
    """What a draw chose for one left side: the law's `support` and `weights`, among the terms `offered`."""

    support: tuple[int, ...]
    weights: tuple[float, ...]
    offered: tuple[int, ...]


@dataclass(frozen=True)
class Drawing:
    """A function of a draw: the law of every left side."""

    sides: tuple[SideSketch, ...]

    def __call__(self, draw: Draw) -> tuple[Chosen, ...]:
        rng = np.random.default_rng(draw.seed)
        return tuple(_chosen(_changed(side, draw.kind, rng), draw.kind, rng) for side in self.sides)


def _changed(side: SideSketch, kind: Kind, rng: np.random.Generator) -> SideSketch:
    if kind == "blocks":
        # Weights that are never zero (Rubin, The Bayesian bootstrap, Ann. Statist. 9, 1981): no scale loses
        # all its test functions where it has few.
        return side.changed(weights=rng.exponential(size=len(side.scales[0].parts.counts)))
    if kind == "terms":
        gone = np.flatnonzero(rng.random(len(side.names)) < LEFT_OUT)
        return side.changed(without=frozenset(map(int, gone)))
    return side


def _chosen(side: SideSketch, kind: Kind, rng: np.random.Generator) -> Chosen:
    scales, sharp = list(side.scales), side.sharp
    if kind == "scales":
        count = len(scales)
        kept = np.sort(rng.permutation(count)[: max(1, (count + 1) // 2)])
        scales = [scales[i] for i in kept]
        sharp = sharp if rng.random() < 0.5 else None
    support = side.choice(scales, sharp)
    missing = side.every[side.judging].without
    offered = tuple(j for j in range(len(side.names)) if j not in missing)
    if not support:
        return Chosen((), (), offered)
    for sketch in (side.every[side.judging], *scales):
        fit = sketch.fit(support)
        if fit is not None:
            return Chosen(fit.support, tuple(map(float, fit.weights)), offered)
    return Chosen(support, (np.nan,) * len(support), offered)
