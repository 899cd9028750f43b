"""A person's server: what counts as one, what it is started with, and what is said when it does not start."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from jupyterhub import orm
from jupyterhub.objects import Hub
from jupyterhub.user import User
from jupyterhub.utils import format_exception, random_port
from physforge_hub import Settings
from physforge_hub._spawner import LabSpawner, NotStarted


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    home = tmp_path / "home"
    (home / "logs").mkdir(parents=True)
    return Settings(home=home, folder=home / "notebooks", people=("ada",))


@pytest.fixture
def spawner(settings: Settings) -> Iterator[LabSpawner]:
    """The spawner of a person, as a hub has it that was just started."""
    with orm.new_session_factory()() as database:
        database.add(person := orm.User(name="ada"))
        database.commit()
        user = User(person, {})
        yield user._new_spawner(
            "", spawner_class=LabSpawner, lab=settings, hub=Hub(), oauth_client_id="ada", api_token="token"
        )


@contextmanager
def running(environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that does nothing, once it has its environment."""
    command = [sys.executable, "-c", "import time; print(flush=True); time.sleep(1000)"]
    with subprocess.Popen(command, env=os.environ | dict(environment), stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(
    "marks", [{}, {"JUPYTERHUB_USER": "ada"}, {"JUPYTERHUB_USER": "ada", "JUPYTER_CONFIG_DIR": "/elsewhere"}]
)
def test_a_process_that_has_the_number_of_an_earlier_server_is_left_alone(
    spawner: LabSpawner, marks: dict[str, str]
):
    with running(marks) as innocent:
        spawner.load_state({"pid": innocent.pid})

        assert asyncio.run(spawner.poll()) == 0
        asyncio.run(spawner.stop(now=True))

        assert innocent.poll() is None
    assert spawner.get_state() == {}


def test_a_server_that_outlived_its_hub_is_known_again_and_can_be_stopped(spawner: LabSpawner):
    with running(
        {name: spawner.get_env()[name] for name in ("JUPYTERHUB_USER", "JUPYTER_CONFIG_DIR")}
    ) as server:
        spawner.load_state({"pid": server.pid})

        assert asyncio.run(spawner.poll()) is None
        asyncio.run(spawner.stop(now=True))

        assert server.wait(10) < 0


@pytest.fixture
def folder(settings: Settings) -> Path:
    """Where the person works, with a file that is called as a module of Python is."""
    settings.folder.mkdir()
    (settings.folder / "queue.py").write_text("raise SystemExit('not what was asked for')")
    return settings.folder


def test_a_server_finds_python_s_modules_where_the_folder_has_a_file_of_that_name(
    spawner: LabSpawner, folder: Path
):
    assert run("import queue; print(queue.Queue.__module__)", spawner, folder) == "queue\n"


def test_a_kernel_of_a_server_finds_the_modules_beside_its_notebook(spawner: LabSpawner, folder: Path):
    (folder / "beside.py").write_text("found = 42")
    script = """
from jupyter_client.manager import start_new_kernel

manager, client = start_new_kernel(kernel_name="python3")
client.execute_interactive("import beside; print(beside.found)", timeout=60)
client.stop_channels()
manager.shutdown_kernel(now=True)
"""

    assert run(script, spawner, folder) == "42\n"


def run(script: str, spawner: LabSpawner, folder: Path) -> str:
    """Run a script where and as the person's server runs; return what it printed."""
    python = spawner.cmd[: spawner.cmd.index("-m")]
    ended = subprocess.run(
        [*python, "-c", script],
        cwd=folder,
        env=spawner.get_env(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_a_server_that_ends_while_it_starts_is_noticed_at_once_with_what_it_said(spawner: LabSpawner):
    spawner.cmd = [sys.executable, "-c", "import sys; sys.exit('No module named what_it_needs')"]

    with pytest.raises(NotStarted) as error:
        asyncio.run(asyncio.wait_for(spawner.start(), 60))

    on_the_page, _ = format_exception(error.value, only_jupyterhub=True)
    assert on_the_page is not None
    assert on_the_page.startswith("Your server ended while it was starting. Its log is ")
    assert on_the_page.endswith("server-ada.log, and ends with: No module named what_it_needs")
    assert asyncio.run(spawner.poll()) == 1
    assert spawner.get_state() == {}


def test_a_server_is_started_once_it_answers(spawner: LabSpawner):
    spawner.port = port = random_port()
    spawner.cmd = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    spawner.args = []

    async def start_look_and_stop() -> str:
        ip, port = await spawner.start()
        answer = await asyncio.to_thread(httpx.get, f"http://{ip}:{port}")
        await spawner.stop(now=True)
        return answer.text

    assert "01_first_law.ipynb" in asyncio.run(start_look_and_stop())
