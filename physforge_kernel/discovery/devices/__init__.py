"""Where large products run: NumPy, or a GPU through PyTorch, which is imported only where there is one.

In comes how large the work is; out goes a device to which arrays are sent and from which they are fetched.
"""

from ._devices import NUMPY as NUMPY
from ._devices import Device as Device
from ._devices import TorchDevice as TorchDevice
from ._devices import device_for as device_for
