"""A workspace with data, a runner, and a page on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import physforge_kernel as pf
from physforge_kernel.client import HttpWorkspace
from physforge_kernel.jobs import stop_runner
from physforge_kernel.service import ensure_service, stop_service
from physforge_kernel.widgets import DiscoveryPage
from physforge_kernel.workspace import Job, Workspace

PATIENCE = 60.0  # seconds
MARKUP = "Hot wire <img src=x onerror=alert(1)> & <b>run</b> 3"


def until(happens: Callable[[], Any], what: str = "") -> Any:
    """Wait until something is true, and return it."""
    deadline = time.monotonic() + PATIENCE
    while not (found := happens()):
        assert time.monotonic() < deadline, f"never happened: {what or happens}"
        time.sleep(0.01)
    return found


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace's folder; what works for it ends with the tests."""
    folder = tmp_path_factory.mktemp("widgets") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHYSFORGE_HOME", str(folder))
        patch.setenv("PHYSFORGE_URL", "")
        yield folder
        stop_runner(folder)


@pytest.fixture(scope="session")
def embedded(home: Path) -> Workspace:
    """Burgers' equation in a small field, and oscillations over time alone."""
    workspace = pf.connect()
    law = pf.catalogue.get("burgers")
    workspace.datasets.upload(pf.catalogue.get("lorenz").field(t=201, seed=0), "zeppelin")
    workspace.datasets.upload(law.field(x=64, t=41, seed=0), "wave", description=MARKUP)
    return workspace


@pytest.fixture(scope="session")
def found(embedded: Workspace) -> Job:
    """A discovery of before."""
    return embedded.jobs.submit("discover", inputs="wave").wait(PATIENCE)


@pytest.fixture(scope="session")
def behind_a_service(embedded: Workspace, home: Path) -> Iterator[Workspace]:
    """The same workspace, from the other side of a socket."""
    address = ensure_service(home)
    client = HttpWorkspace(f"unix:{address.socket}", address.token)
    yield client
    client.close()
    stop_service(home)


@pytest.fixture(params=["embedded", "behind_a_service"])
def workspace(request: pytest.FixtureRequest) -> Workspace:
    """The workspace, by either way in."""
    return request.getfixturevalue(request.param)


def opened(workspace: Workspace) -> DiscoveryPage:
    """Open a page on the wave, as a browser does, and wait until it may be used."""
    page = DiscoveryPage(workspace)
    page.stage.act(lambda: page.data.pick("wave"))
    until(lambda: not page.find.disabled, "the page is ready")
    return page


@pytest.fixture
def page(embedded: Workspace) -> DiscoveryPage:
    """A page that is ready."""
    return opened(embedded)
