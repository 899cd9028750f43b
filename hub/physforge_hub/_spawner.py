"""People's servers: JupyterLab and Voila, with the kernel "PhysForge" and the workspace's address."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from jupyterhub.spawner import SimpleLocalProcessSpawner, SpawnException
from jupyterhub.utils import wait_for_http_server
from traitlets import Instance, default

from ._environment import KEPT
from ._logs import last_words, open_log
from ._names import FIRST_TUTORIAL, KERNEL, SERVICE
from ._settings import Settings

_LOOK_EVERY = 0.2  # seconds, between looks whether a server that starts is still there


class NotStarted(SpawnException):
    """A server did not start: says to its person why, in a sentence."""

    def __init__(self, sentence: str, *, reason: str) -> None:
        super().__init__(sentence, reason=reason, status_code=500)
        self.jupyterhub_message = sentence  # on the page that waits for the server


class LabSpawner(SimpleLocalProcessSpawner):
    """Starts a person's server as a process of the account that runs the lab; it keeps nobody apart."""

    lab = Instance(Settings, help="The lab's settings.").tag(config=True)

    @default("cmd")
    def _server(self) -> list[str]:
        # -P: it starts in the person's folder, where a file may be called as a module is.
        return [sys.executable, "-P", "-m", "jupyterhub.singleuser"]

    @default("args")
    def _arguments(self) -> list[str]:
        return server_arguments(self.lab.jupyter_of(self.user.name), root=os.geteuid() == 0)

    @default("default_url")
    def _first_page(self) -> str:
        return f"/lab/tree/{FIRST_TUTORIAL}"

    @default("notebook_dir")
    def _folder(self) -> str:
        return str(self.lab.folder_of(self.user.name))

    @default("home_dir")
    def _home(self) -> str:
        alone = self.lab.people == (self.user.name,)
        return str(Path.home() if alone else self.lab.folder_of(self.user.name))

    @default("env_keep")
    def _kept(self) -> list[str]:
        return list(KEPT)

    @default("start_timeout")
    def _start_seconds(self) -> int:
        return round(self.lab.start_seconds)

    @default("http_timeout")
    def _answer_seconds(self) -> int:
        return round(self.lab.start_seconds)

    @default("poll_interval")
    def _look_every_seconds(self) -> int:
        return 5

    @default("interrupt_timeout")
    def _interrupt_seconds(self) -> int:
        return 10

    @default("term_timeout")
    def _term_seconds(self) -> int:
        return 5

    @default("environment")
    def _environment(self) -> dict[str, str]:
        return {
            "PHYSFORGE_URL": f"{self.lab.url}/services/{SERVICE}",
            "JUPYTER_CONFIG_DIR": str(self.lab.jupyter_of(self.user.name)),
        }

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """Add who the person is to the environment of their server."""
        env["USER"] = self.user.name
        env["HOME"] = self.home_dir
        env["SHELL"] = os.environ.get("SHELL") or "/bin/sh"
        return env

    def make_preexec_fn(self, name: str) -> Any:
        """Return nothing to run in the new process: it changes neither its account nor its folder there."""
        return None

    async def poll(self) -> int | None:
        """Return None while the server runs, else its exit status, which is 0 where nobody knows it.

        Of a server that an earlier hub started there is only a number, which another process may have by now.
        """
        if self.proc is None and self.pid and not self._is_server(self.pid):
            self.pid = 0
        return await super().poll()

    def _is_server(self, pid: int) -> bool:
        """Say whether a process was given the environment of this person's server in this lab."""
        marks = {
            "JUPYTERHUB_USER": self.user.name,
            "JUPYTER_CONFIG_DIR": str(self.lab.jupyter_of(self.user.name)),
        }
        with suppress(psutil.Error):  # it is gone, or somebody else's
            return marks.items() <= psutil.Process(pid).environ().items()
        return False

    async def start(self) -> tuple[str, int]:
        """Start the server, meanwhile make ready what its person finds there, and wait until it answers.

        Its output goes to a log of its own.

        Raises:
            NotStarted: its person's folder cannot be made ready, or the server ends instead of answering.
        """
        folder = Path(self.notebook_dir)
        folder.mkdir(parents=True, exist_ok=True)
        log = open_log(self._log_file)
        try:
            self.popen_kwargs = {"cwd": folder, "stdout": log, "stderr": log}
            ip, port = await super().start()
        finally:
            os.close(log)
        await self._welcome()
        await self._until_it_answers(f"http://{ip}:{port}")
        return ip, port

    @property
    def _log_file(self) -> Path:
        return self.lab.logs / f"server-{self.user.name}.log"

    async def _until_it_answers(self, url: str) -> None:
        """Wait for the server; the hub would wait on for one that has ended."""
        answer = asyncio.ensure_future(wait_for_http_server(url, timeout=self.start_timeout))
        try:
            while not (await asyncio.wait([answer], timeout=_LOOK_EVERY))[0]:
                if await self.poll() is not None:
                    raise NotStarted(
                        f"Your server ended while it was starting. {last_words(self._log_file)}",
                        reason="ended",
                    )
        finally:
            answer.cancel()

    async def _welcome(self) -> None:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "physforge_hub._welcome", self.user.name),
            env=os.environ | self.lab.environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await process.communicate()
        if process.returncode:
            text = said.decode(errors="replace").strip()
            self.log.error("What %s finds at their server could not be made ready: %s", self.user.name, text)
            reason = text.splitlines()[-1] if text else "The hub's log may say why."
            raise NotStarted(f"Your folder could not be made ready. {reason}", reason="welcome")


def server_arguments(jupyter: Path, *, root: bool) -> list[str]:
    """Return the arguments of a person's server, which outrank every configuration file.

    Args:
        jupyter: where Jupyter keeps this person's settings.
        root: whether the server runs as root, which Jupyter has to be told.
    """
    arguments = {
        "Application.log_level": "WARN",
        "ServerApp.log_level": "WARN",
        "LabApp.log_level": "WARN",
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "NotebookNotary.data_dir": jupyter,
        "MultiKernelManager.default_kernel_name": KERNEL,
        "KernelManager.transport_encryption": "auto",
    }
    allowed = ["--allow-root"] if root else []
    return [*allowed, *(f"--{name}={value}" for name, value in arguments.items())]
