"""Networks by name, as files and settings name them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from ...errors import SolverError
from ._base import Network
from ._deeponet import DeepONet
from ._fourier import FourierMLP
from ._mlp import MLP
from ._modified_mlp import ModifiedMLP
from ._piratenet import PirateNet
from ._separable import SeparableMLP

NETWORKS: dict[str, type[Network]] = {
    each.__name__: each for each in (MLP, DeepONet, FourierMLP, ModifiedMLP, PirateNet, SeparableMLP)
}


def network_to_dict(network: Network) -> dict[str, Any]:
    """A network's kind and sizes."""
    kind = type(network).__name__
    if NETWORKS.get(kind) is not type(network):
        raise SolverError(
            f"A network of the kind {kind} cannot be written down; those that can: {', '.join(NETWORKS)}."
        )
    return {"kind": kind} | asdict(network)


def network_from_dict(given: Mapping[str, Any]) -> Network:
    """A network from its kind and sizes.

    Raises:
        SolverError: if the kind is unknown, or has no such setting.
    """
    sizes = dict(given)
    kind = sizes.pop("kind", None)
    if kind not in NETWORKS:
        raise SolverError(f"There is no network {kind!r}; choose one of {', '.join(NETWORKS)}.")
    known = [each.name for each in fields(NETWORKS[kind])]
    for name in sizes:
        if name not in known:
            raise SolverError(f"The network {kind} has no {name!r}; what it has: {', '.join(known)}.")
    return NETWORKS[kind](**sizes)
