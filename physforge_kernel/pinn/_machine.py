"""Where a network is evaluated, and with how many digits."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import SolverError
from ._jet import Jet

PRECISIONS = ("auto", "double", "mixed")


@dataclass(frozen=True)
class Machine:
    """Where a network is evaluated, and with how many digits.

    Weights, points, sums of squares and the steps of the optimiser are in double precision everywhere; the
    network, and its derivatives by weights, are in `dtype`.

    Attributes:
        device: the CPU or a GPU.
        dtype: of what the network is given and of what it makes.

    """

    device: torch.device
    dtype: torch.dtype

    @classmethod
    def named(cls, device: str = "auto", precision: str = "auto") -> Machine:
        """The machine that settings name.

        Args:
            device: `cpu`, `cuda`, or `cuda:1`; `auto` for a GPU where there is one.
            precision: `double`, or `mixed` with the network in single precision; `auto` for double precision
                on a CPU and mixed on a GPU.

        Raises:
            SolverError: if there is no such device or precision.

        Example:
            >>> Machine.named("cpu").dtype, Machine.named("cpu", "mixed").dtype
            (torch.float64, torch.float32)
        """
        if precision not in PRECISIONS:
            raise SolverError(f"precision is {precision!r}; choose one of {', '.join(PRECISIONS)}.")
        place = _device(device)
        mixed = precision == "mixed" or (precision == "auto" and place.type != "cpu")
        return cls(place, torch.float32 if mixed else torch.float64)

    def here(self, values: Tensor) -> Tensor:
        """Values moved to the device, as precise as they were."""
        return values.to(self.device)

    def jet(self, jet: Jet) -> Jet:
        """A jet on the device, in its precision."""
        return Jet(jet.orders, jet.values.to(self.device, self.dtype))


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        raise SolverError(f"device is {name!r}; name 'cpu', 'cuda', or 'auto' for a GPU if any.") from None
    if device.type == "cpu":
        return device
    if device.type != "cuda":
        raise SolverError(f"device is {name!r}; what is supported: 'cpu', 'cuda', and 'auto'.")
    seen = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if (device.index or 0) >= seen:
        raise SolverError(
            f"device is {name!r}, and PyTorch sees {seen or 'no'} GPU{'s' * (seen > 1)} here; choose 'cpu', "
            "or install a build of PyTorch for the GPU."
        )
    return device


CPU = Machine(torch.device("cpu"), torch.float64)
"""The CPU, in double precision."""
