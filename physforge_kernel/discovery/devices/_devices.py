"""Where large products run: on a GPU where PyTorch finds one, otherwise in NumPy; in float64 on both."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DiscoveryError

#: Names the device: `auto`, `cpu` for NumPy, or a device of PyTorch's such as `cuda` or `cuda:1`.
VARIABLE = "PHYSFORGE_DEVICE"

#: Multiplications below which the way to a GPU and back is not worth it: about a second of one core.
_WORTH_IT = 2**33

#: Share of a GPU's free memory that may hold what is contracted.
_SHARE = 0.25

#: What a system with a driver for a GPU has: NVIDIA's, AMD's, that of Windows' Linux.
_DRIVERS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")


class Device:
    """NumPy: arrays stay what they are."""

    @property
    def exhausted(self) -> tuple[type[BaseException], ...]:
        """What is raised where the device has no memory left."""
        return ()

    def send(self, values: np.ndarray) -> Any:
        """An array as the device has it."""
        return values

    def zeros(self, shape: Sequence[int]) -> Any:
        """An array of zeros on the device."""
        return np.zeros(tuple(shape))

    def fetch(self, values: Any) -> np.ndarray:
        """An array back from the device."""
        return values

    def held(self, most: int) -> int:
        """Bytes, up to `most`, that may be held at once."""
        return most


NUMPY = Device()


@dataclass(frozen=True)
class TorchDevice(Device):
    """A device of PyTorch's, by its name there."""

    name: str

    @property
    def exhausted(self) -> tuple[type[BaseException], ...]:
        import torch

        return (torch.OutOfMemoryError,)

    def send(self, values: np.ndarray) -> Any:
        import torch

        return torch.tensor(values, dtype=torch.float64, device=self.name)

    def zeros(self, shape: Sequence[int]) -> Any:
        import torch

        return torch.zeros(tuple(shape), dtype=torch.float64, device=self.name)

    def fetch(self, values: Any) -> np.ndarray:
        return values.cpu().numpy()

    def held(self, most: int) -> int:
        import torch

        if not self.name.startswith("cuda"):
            return most
        free, _ = torch.cuda.mem_get_info(self.name)
        return min(most, int(_SHARE * free))


def device_for(work: float) -> Device:
    """The device for so many multiplications.

    PyTorch is imported only where it is installed, the work is large, and a driver for a GPU is there.

    Raises:
        DiscoveryError: the environment names a device that is not there.
    """
    name = os.environ.get(VARIABLE, "auto")
    if name == "cpu":
        return NUMPY
    if name == "auto":
        driven = "torch" in sys.modules or any(Path(path).exists() for path in _DRIVERS)
        there = work >= _WORTH_IT and driven and find_spec("torch") is not None
        return TorchDevice("cuda") if there and _has_cuda() else NUMPY
    kind, _, number = name.partition(":")
    if kind != "cuda" or (number and not number.isdecimal()):
        raise DiscoveryError(f"{VARIABLE} is {name!r}; set it to auto, cpu, cuda, or a number as in cuda:0.")
    if find_spec("torch") is None:
        raise DiscoveryError(
            f"{VARIABLE} is {name!r}, and PyTorch is not installed; install physforge[gpu], or set it to cpu."
        )
    if not _has_cuda(int(number or 0)):
        raise DiscoveryError(f"{VARIABLE} is {name!r}, and PyTorch finds no such GPU; set it to auto or cpu.")
    return TorchDevice(name)


def _has_cuda(number: int = 0) -> bool:
    import torch

    return torch.cuda.is_available() and number < torch.cuda.device_count()
