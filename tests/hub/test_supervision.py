"""A lab heals where it can, and leaves no process behind however it ends."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from ..conftest import RunningLab, processes_of, until

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

API = "/services/physforge/api/v1"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., RunningLab]]:
    """Start a lab for the workspace `tmp_path/home`; what it may leave behind is ended after the test."""
    started: list[RunningLab] = []

    def begin(*arguments: str, **environment: str) -> RunningLab:
        started.append(lab := RunningLab(tmp_path / "home", *arguments, environment=environment))
        return lab

    yield begin
    for lab in started:
        lab.stop()
    for process in processes_of(tmp_path / "home"):
        with suppress(psutil.Error):
            process.kill()


def answers(lab: RunningLab, path: str) -> bool:
    try:
        return httpx.get(lab.url + path, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def kill(process: psutil.Process) -> None:
    """Kill a process, and wait until something else may have its place."""
    process.kill()
    until(lambda: gone([process]))


def kill_at_once(processes: list[psutil.Process]) -> None:
    """Kill processes so that none of them sees another die."""
    for each in processes:
        each.suspend()
    for each in processes:
        each.kill()


def gone(processes: list[psutil.Process]) -> bool:
    return not [process for process in processes if process.is_running() and not is_zombie(process)]


def is_zombie(process: psutil.Process) -> bool:
    """Whether a process has ended, and whoever adopted it has not looked yet."""
    with suppress(psutil.NoSuchProcess):
        return process.status() == psutil.STATUS_ZOMBIE
    return True


def test_a_lab_whose_parts_are_killed_one_after_another_heals_and_ends_without_a_trace(
    start: Callable[..., RunningLab],
):
    lab = start().wait_until_open()
    server = lab.start_server()
    token = {"Authorization": f"token {lab.token()}"}

    def everything_works() -> bool:
        with suppress(httpx.HTTPError):
            status = httpx.get(f"{server}api/status", headers=token, timeout=5).status_code
            about = httpx.get(f"{lab.url}{API}/", headers=token, timeout=5).status_code
            return answers(lab, "/hub/health") and (status, about) == (200, 200)
        return False

    until(everything_works)
    of_the_server = lab.part("jupyterhub.singleuser").pid

    kill(lab.part("bin/traefik"))
    until(everything_works)
    kill(lab.part("physforge_hub.service"))
    until(everything_works)
    kill(lab.part("physforge_kernel.jobs.runner"))
    until(lambda: (lab.home / "runner" / "runner.json").exists() and runner_is_up(lab))
    hub = next(each for each in lab.processes() if "jupyterhub" in each.cmdline())
    kill(hub)
    until(everything_works)

    assert lab.part("jupyterhub.singleuser").pid == of_the_server  # it outlived the hub, with what was in it
    assert "".join(lab.said).count("is started again") == 3

    kill(lab.part("jupyterhub.singleuser"))
    everyone = lab.processes()
    assert lab.stop() == 0

    assert lab.processes() == []
    assert gone(everyone)
    assert "The lab has stopped." in lab.said[-1]


def runner_is_up(lab: RunningLab) -> bool:
    from physforge_kernel.jobs import runner_status

    return runner_status(lab.home) is not None


@pytest.mark.parametrize("who", ["up", "keeper"])
def test_when_what_keeps_the_lab_is_killed_everything_else_ends_too(
    start: Callable[..., RunningLab], who: str
):
    lab = start().wait_until_open()
    everyone = lab.processes()
    assert len(everyone) >= 7

    victim = lab.process.pid if who == "up" else lab.part("physforge_hub._keeper").pid
    os.kill(victim, signal.SIGKILL)
    code = lab.wait()

    until(lambda: gone(everyone))
    until(lambda: lab.processes() == [])
    assert code == (-signal.SIGKILL if who == "up" else 1)


def test_when_all_that_keeps_the_lab_is_killed_at_once_everything_else_ends_too(
    start: Callable[..., RunningLab],
):
    lab = start().wait_until_open()
    lab.start_server()
    keepers = [lab.part("physforge_hub._keeper"), psutil.Process(lab.process.pid)]
    everyone = lab.processes()

    kill_at_once(keepers)

    until(lambda: gone(everyone))
    until(lambda: lab.processes() == [])
    assert lab.wait() == -signal.SIGKILL


def test_ctrl_c_during_the_start_ends_a_lab(start: Callable[..., RunningLab]):
    lab = start()
    until(lambda: [each for each in lab.processes() if "jupyterhub" in each.cmdline()])

    assert lab.stop() == 0

    assert lab.processes() == []


def test_a_start_after_everything_that_kept_a_lab_was_killed_clears_away_the_rest_and_keeps_what_lasts(
    start: Callable[..., RunningLab],
):
    first = start().wait_until_open()
    password, token = first.password, first.token()
    keepers = [first.part("physforge_hub._keeper"), psutil.Process(first.process.pid)]
    keepers.append(first.part("physforge_hub._guard"))
    left = [each for each in first.processes() if each not in keepers]
    kill_at_once(keepers)
    first.wait()
    assert not gone(left)

    second = start().wait_until_open()

    assert gone(left)
    assert second.password == password
    assert password not in "".join(second.said)  # it was told once
    assert str(second.home / "hub" / "password") in "".join(second.said)
    kept = httpx.get(f"{second.url}{API}/", headers={"Authorization": f"token {token}"})
    assert kept.json()["person"]["name"] == second.user

    second.signal(signal.SIGHUP)  # as when a terminal is closed
    assert second.wait() == 0
    assert second.processes() == []


def test_a_hub_that_cannot_start_ends_the_lab_with_what_it_said(
    start: Callable[..., RunningLab], tmp_path: Path
):
    (tmp_path / "home" / "hub").mkdir(parents=True, mode=0o700)
    (tmp_path / "home" / "hub" / "hub.sqlite").write_text("this is no database, and never was one")

    lab = start()

    assert lab.wait() == 1
    assert "The lab's hub could not be started. Its log is" in "".join(lab.said)
    assert str(tmp_path / "home" / "logs" / "hub.log") in "".join(lab.said)
    assert lab.processes() == []
