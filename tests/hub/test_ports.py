"""A lab finds free ports for its parts, and says which one is taken."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from physforge_hub import Settings
from physforge_hub._lock import LabLock
from physforge_hub._ports import require_free, with_ports

from physforge_kernel.errors import ConflictError, PhysForgeError


def settings(**given: int) -> Settings:
    return Settings(home=Path("/data"), folder=Path("/data/notebooks"), people=("ada",), **given)  # pyright: ignore[reportArgumentType]


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_every_part_gets_a_free_port_of_its_own():
    chosen = with_ports(settings(port=0))

    ports = {chosen.port, chosen.hub_port, chosen.service_port, chosen.proxy_port}
    assert len(ports) == 4
    assert 0 not in ports
    require_free(chosen)


def test_a_port_that_was_asked_for_stays():
    assert with_ports(settings(port=8000, hub_port=8081)).hub_port == 8081


def test_a_port_that_is_taken_is_named_with_what_to_do(taken: int):
    with pytest.raises(
        PhysForgeError, match=rf"Port {taken} of 127.0.0.1 is taken .*--port {taken + 1}.*_IP=127.0.0.2\."
    ):
        require_free(with_ports(settings(port=taken)))


@pytest.mark.parametrize(("ip", "other"), [("127.0.0.1", "127.0.0.2"), ("127.0.0.2", "127.0.0.1")])
def test_another_lab_is_sent_to_an_address_whose_cookies_are_its_own(tmp_path: Path, ip: str, other: str):
    lab = Settings(home=tmp_path, folder=tmp_path / "notebooks", ip=ip, people=("ada",))
    lab.state.mkdir()
    held = LabLock.take(lab)

    try:
        with pytest.raises(ConflictError, match=rf"address of its own: .* PHYSFORGE_HUB_IP={other} make up"):
            LabLock.take(lab)
    finally:
        os.close(held.handle)


def test_the_variable_of_an_inner_port_that_is_taken_is_named(taken: int):
    with pytest.raises(PhysForgeError, match=rf"Choose another one: PHYSFORGE_HUB_HUB_PORT={taken + 1}\."):
        require_free(with_ports(settings(port=0, hub_port=taken)))


def test_two_parts_at_one_port_are_refused():
    with pytest.raises(PhysForgeError, match="PHYSFORGE_HUB_HUB_PORT and PHYSFORGE_HUB_PORT are both 8000"):
        with_ports(settings(port=8000, hub_port=8000))
