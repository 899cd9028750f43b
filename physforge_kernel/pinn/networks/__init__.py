"""Networks: each a frozen description, whose weights stand in one vector and which maps jets to jets."""

from __future__ import annotations

from ._base import Network
from ._deeponet import DeepONet
from ._fourier import FourierMLP
from ._mlp import MLP
from ._modified_mlp import ModifiedMLP
from ._module import ModuleNetwork
from ._named import NETWORKS, network_from_dict, network_to_dict
from ._piratenet import PirateNet
from ._separable import SeparableMLP

__all__ = [
    "MLP",
    "NETWORKS",
    "DeepONet",
    "FourierMLP",
    "ModifiedMLP",
    "ModuleNetwork",
    "Network",
    "PirateNet",
    "SeparableMLP",
    "network_from_dict",
    "network_to_dict",
]
