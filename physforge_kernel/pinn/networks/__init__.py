"""Networks: each a frozen description, whose weights stand in one vector and which maps jets to jets."""

from __future__ import annotations

from ._base import Network
from ._deeponet import DeepONet
from ._fourier import FourierMLP
from ._mlp import MLP
from ._modified_mlp import ModifiedMLP
from ._piratenet import PirateNet
from ._separable import SeparableMLP

#: The kinds of networks by name, as files and settings name them.
NETWORKS: dict[str, type[Network]] = {
    each.__name__: each for each in (MLP, DeepONet, FourierMLP, ModifiedMLP, PirateNet, SeparableMLP)
}

__all__ = ["MLP", "NETWORKS", "DeepONet", "FourierMLP", "ModifiedMLP", "Network", "PirateNet", "SeparableMLP"]
