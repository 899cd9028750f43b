"""How to train: points, weights, losses, and when to stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ..errors import SolverError
from ._loss import LOSSES, Loss
from ._machine import PRECISIONS
from ._sampling import SAMPLINGS
from .optimisers import OPTIMISERS

BALANCES = ("none", "gradients", "kernel")


@dataclass(frozen=True)
class Settings:
    """How to train. The defaults need no tuning; what they are is worth knowing where training fails.

    Attributes:
        steps: of the optimiser in each stretch of time, at most; None for as many as time allows.
        optimiser: its name; None for the one that the number of weights and rows calls for.
        points: collocation points of the equation; None for three for each weight.
        edge_points: points of each condition.
        every: steps after which points are drawn anew; None for as many as suit the optimiser.
        sampling: how collocation points are drawn: `residual`, in proportion to the residual (RAD, Wu et al.
            2023, arXiv 2207.10289); `retained`, the worst kept and the rest drawn anew (R3, Daw et al. 2023,
            arXiv 2207.02338); `even`; or `fixed`, even and never drawn anew.
        hard: whether conditions are met by construction where they can be.
        condition_weight: how much more a condition counts than the equation, as a factor on its rows over
            that by which a residual that lasts through the whole time moves the field.
        data_weight: the same of data, which have noise, so that the equation is the surer of the two.
        weights: further factors on the rows of single conditions, by their texts.
        balance: what evens out conditions, data and equation as training goes: `none`, the norms of their
            `gradients` (Wang, Teng and Perdikaris 2021, arXiv 2001.04536), or the traces of their tangent
            `kernel` (Wang, Yu and Perdikaris 2022, arXiv 2007.14527).
        causal: how strictly earlier times are learnt before later ones (Wang, Sankaran and Perdikaris 2024,
            arXiv 2203.07404); zero for not at all.
        attention: how fast points gather weight where their residual stays large (Anagnostopoulos et al.
            2024, arXiv 2307.00379); zero for not at all. Points have to be `fixed` for it.
        loss: what is summed over the rows of equation and conditions: `linear` (squares), `huber`, `soft_l1`,
            `cauchy` as in `scipy.optimize.least_squares`, or a function of the squares of scaled rows.
        data_loss: the same of the data, where outliers are to count less.
        l1, l2: penalties on the absolute values and on the squares of the network's weights.
        device: where the network is evaluated: `cpu`, `cuda`, `cuda:1`; `auto` for a GPU where there is one.
        precision: `double`, or `mixed`: the network in single precision, and sums of squares, weights and
            steps in double; `auto` for double on a CPU, mixed on a GPU.
    """

    steps: int | None = None
    optimiser: str | None = None
    points: int | None = None
    edge_points: int = 200
    every: int | None = None
    sampling: str = "residual"
    hard: bool = True
    condition_weight: float = 4.0
    data_weight: float = 0.15
    weights: Mapping[str, float] = field(default_factory=dict)
    balance: str = "none"
    causal: float = 0.0
    attention: float = 0.0
    loss: Loss = "linear"
    data_loss: Loss = "linear"
    l1: float = 0.0
    l2: float = 0.0
    device: str = "auto"
    precision: str = "auto"

    def __post_init__(self) -> None:
        for name in ("steps", "points", "edge_points", "every"):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, int) and value >= 1):
                raise SolverError(f"{name} is {value!r}; give a whole number, at least one.")
        for name in ("condition_weight", "data_weight", "causal", "attention", "l1", "l2"):
            value = getattr(self, name)
            if not (isinstance(value, int | float) and 0 <= value < float("inf")):
                raise SolverError(f"{name} is {value!r}; give a number that is not negative.")
        if self.optimiser is not None:
            _one_of("optimiser", self.optimiser, tuple(OPTIMISERS))
        _one_of("precision", self.precision, PRECISIONS)
        _one_of("sampling", self.sampling, tuple(SAMPLINGS))
        _one_of("balance", self.balance, BALANCES)
        for name in ("loss", "data_loss"):
            if not callable(getattr(self, name)):
                _one_of(name, getattr(self, name), tuple(LOSSES))
        if self.attention and self.sampling != "fixed":
            raise SolverError(
                f"attention={self.attention:g} gathers weight at points that stay, and sampling="
                f"{self.sampling!r} draws them anew; set sampling='fixed', or leave attention out."
            )

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Settings:
        """Settings from plain values, as a file has them.

        Raises:
            SolverError: if a name is unknown, or a value makes no sense.

        Example:
            >>> Settings.from_dict({"points": 3000, "sampling": "retained"}).points
            3000
        """
        known = [each.name for each in fields(cls)]
        for name in given:
            if name not in known:
                raise SolverError(f"Training has no setting {name!r}; its settings: {', '.join(known)}.")
        return cls(**given)


def _one_of(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise SolverError(f"{name} is {value!r}; choose one of {', '.join(choices)}.")
