"""Robust losses, as weights on rows: a large row counts less than its square."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

Loss = str | Callable[[Float[Tensor, "N"]], Float[Tensor, "N"]]
"""A name, or a function rho of the squares of scaled rows."""

#: What a normal sample's median absolute value is multiplied by to give its standard deviation.
_CONSISTENT = 1.4826

LOSSES: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda z: z,
    "huber": lambda z: torch.where(z <= 1, z, 2 * torch.sqrt(torch.clamp(z, min=1.0)) - 1),
    "soft_l1": lambda z: 2 * (torch.sqrt(1 + z) - 1),
    "cauchy": torch.log1p,
}


def shares(loss: Loss, rows: Float[Tensor, "N"], scale: float | None) -> Float[Tensor, "N"]:
    """What each squared row counts, so that weighted least squares makes the loss small.

    The weights of iteratively reweighted least squares, `rho'(z)` at `z = (row/scale)^2` (Holland and Welsch
    1977).

    Args:
        loss: a name or a function.
        rows: as they are.
        scale: from where on a row is large; None for what is usual among them.
    """
    if loss == "linear":
        return torch.ones_like(rows)
    usual = scale if scale is not None else _CONSISTENT * float(rows.abs().median())
    z = (rows.detach() / max(usual, 1e-300)).square().requires_grad_()
    with torch.enable_grad():
        total = (loss if callable(loss) else LOSSES[loss])(z).sum()
        (slope,) = torch.autograd.grad(total, z)
    return slope.clamp(min=0.0)
