"""The configuration file alone, as an operator's own supervisor runs it: the hub brings up all of a lab."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from physforge_hub import Settings
from physforge_hub._ports import with_ports
from physforge_hub._visit import Visit
from physforge_hub.up import is_ready

from ..conftest import PATIENCE, ROOT, environment_for, processes_of, until

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A lab on a free port, whose inner ports are the hub's to choose."""
    home = tmp_path / "home"
    chosen = with_ports(Settings(home=home, folder=home / "notebooks", port=0, people=("ada",)))
    return chosen.model_copy(update={"hub_port": 0, "service_port": 0, "proxy_port": 0})


@pytest.fixture
def hub(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """JupyterHub with PhysForge's configuration, and nobody who keeps it."""
    log = settings.home.with_name("log")
    with (
        log.open("w") as output,
        subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", str(ROOT / "jupyterhub_config.py")],
            cwd=log.parent,
            env=environment_for(settings.home) | settings.environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        ) as process,
    ):
        # Not `is_ready`: until it says so, a signal ends it on the spot.
        until(lambda: "JupyterHub is now running" in log.read_text() or process.poll() is not None)
        yield process
        process.kill()
    for each in processes_of(settings.home):
        with suppress(psutil.Error):
            each.kill()


def test_the_hub_starts_the_proxy_and_the_service_itself_and_ends_them(
    settings: Settings, hub: subprocess.Popen[bytes]
):
    until(lambda: is_ready(settings))
    password = (settings.home / "hub" / "password").read_text().strip()
    with Visit(settings.url, "ada", password) as visit:
        token = visit.token("a test", 60)
        answer = visit.http.get(
            "/services/physforge/api/v1/", headers={"Authorization": f"Bearer {token}"}
        ).json()
    assert answer["person"]["name"] == "ada"
    assert not [path for path in (settings.home / "hub").iterdir() if path.stat().st_mode & 0o077]

    hub.terminate()

    assert hub.wait(PATIENCE) == 0
    until(lambda: processes_of(settings.home) == [])


def test_who_kills_the_hub_ends_the_service_and_the_culler_too(
    settings: Settings, hub: subprocess.Popen[bytes]
):
    started = psutil.Process(hub.pid).children(recursive=True)
    ours = [each for each in started if "physforge_hub." in " ".join(each.cmdline())]
    assert len(ours) == 2

    hub.kill()
    hub.wait()

    until(lambda: not [each for each in ours if each.is_running()])
