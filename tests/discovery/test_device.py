"""The weak form's products on PyTorch, here on its CPU: the same numbers, and NumPy where memory ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

import physforge_kernel as pf
from physforge_kernel.discovery import _columns
from physforge_kernel.discovery._prepare import prepare
from physforge_kernel.discovery._projection import projections
from physforge_kernel.discovery.devices import NUMPY, TorchDevice, _devices, device_for
from physforge_kernel.errors import DiscoveryError

from .conftest import reference

SCALES = [(0.25, 0.25), (0.125, 0.25), (0.125, 0.125)]


class Counting(TorchDevice):
    """PyTorch's CPU; says what was sent to it."""

    def send(self, values: np.ndarray) -> Any:
        sent.append(values.size)
        tensor = super().send(values)
        assert tensor.dtype == torch.float64
        return tensor


class Full(TorchDevice):
    """A device with no memory for what is contracted."""

    def zeros(self, shape: Sequence[int]) -> Any:
        raise torch.OutOfMemoryError("tried to allocate 20 GiB")


sent: list[int] = []


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(_devices.VARIABLE, raising=False)
    sent.clear()


def on(device: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_columns, "device_for", lambda work: device)


def matrices(field: Any, library: Any) -> list[np.ndarray]:
    found = projections(prepare([field]), library.features, SCALES)
    return [projection.matrix for projection in found if projection is not None]


@pytest.mark.parametrize("law", ["burgers", "kdv"])
def test_torch_and_numpy_give_the_same_projections(law: str, monkeypatch: pytest.MonkeyPatch) -> None:
    field = reference(law)
    library = pf.library.polynomial(field, degree=3, order=3)
    expected = matrices(field, library)
    on(Counting("cpu"), monkeypatch)
    for one, other in zip(matrices(field, library), expected, strict=True):
        assert np.all(np.abs(one - other) <= 1e-11 * np.sqrt((other**2).mean(axis=0)))
    assert max(sent) == field["u"].size


def test_two_axes_of_space_and_several_batches_go_through_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    rng, shape = np.random.default_rng(0), (40, 44, 48)
    axes = {axis: np.linspace(0.0, 1.0, n) for axis, n in zip("txy", shape, strict=True)}
    import xarray as xr

    field = xr.Dataset({name: (tuple("txy"), rng.standard_normal(shape)) for name in ("u", "v")}, axes)
    library = pf.library.polynomial(field, degree=2, order=2)
    samples, shares = prepare([field]), [(0.25, 0.25, 0.25), (0.4, 0.25, 0.25)]

    def found() -> list[np.ndarray]:
        return [p.matrix for p in projections(samples, library.features, shares) if p is not None]

    expected = found()
    monkeypatch.setattr(_columns, "_HELD", 2**21)
    on(Counting("cpu"), monkeypatch)
    for one, other in zip(found(), expected, strict=True):
        assert np.all(np.abs(one - other) <= 1e-11 * np.sqrt((other**2).mean(axis=0)))


def test_discovery_on_torch_finds_the_same_law(monkeypatch: pytest.MonkeyPatch) -> None:
    field = reference("burgers")
    plain = pf.discover(field)
    on(Counting("cpu"), monkeypatch)
    found = pf.discover(field)
    assert sent
    assert found.verdict.kind == plain.verdict.kind == "identified"
    assert found.best.equation.text == plain.best.equation.text


def test_where_the_device_has_no_memory_left_numpy_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    field = reference("heat")
    library = pf.library.polynomial(field, degree=1, order=2)
    expected = matrices(field, library)
    on(Full("cpu"), monkeypatch)
    with pytest.warns(RuntimeWarning, match=r"no memory left.*NumPy: tried to allocate"):
        found = matrices(field, library)
    assert all(np.array_equal(one, other) for one, other in zip(found, expected, strict=True))


def test_small_products_and_a_forbidden_gpu_leave_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert device_for(1e6) is NUMPY
    assert device_for(1e12) == TorchDevice("cuda")
    monkeypatch.setenv(_devices.VARIABLE, "cpu")
    assert device_for(1e12) is NUMPY
    monkeypatch.setenv(_devices.VARIABLE, "cuda:0")
    assert device_for(1.0) == TorchDevice("cuda:0")


@pytest.mark.parametrize(
    ("name", "says"),
    [("gpu", "is 'gpu'; set it to auto"), ("cuda:x", "set it to auto"), ("cuda:7", "finds no such GPU")],
)
def test_a_device_that_is_not_there_is_named(name: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(_devices.VARIABLE, name)
    with pytest.raises(DiscoveryError, match=says):
        pf.discover(reference("heat"))


def test_the_environment_may_ask_for_a_gpu_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_devices, "find_spec", lambda name: None)
    assert not isinstance(device_for(1e12), TorchDevice)
    monkeypatch.setenv(_devices.VARIABLE, "cuda")
    with pytest.raises(DiscoveryError, match=r"PyTorch is not installed; install physforge\[gpu\]"):
        device_for(1e12)


def test_neither_torch_nor_distributed_is_imported_before_it_is_needed() -> None:
    """A search that fits in memory, on a machine without a GPU's driver, needs neither."""
    code = (
        "import sys, physforge_kernel as pf\n"
        "pf.discover(pf.catalogue.get('heat').field(x=64, t=41))\n"
        "from physforge_kernel.discovery.devices import _devices\n"
        "_devices._DRIVERS = ()\n"
        "_devices.device_for(1e15)\n"
        "print([name for name in ('torch', 'distributed') if name in sys.modules])\n"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert made.stdout.strip() == "[]"
