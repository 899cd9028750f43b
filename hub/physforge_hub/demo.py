"""The story without a browser: `python -m physforge_hub.demo`, which `make demo` runs.

It is told twice. First alone: a CSV with noise becomes a dataset, a job finds its law, and a report of it is
rendered. Then in a lab, which is started for it: somebody signs in with the password, starts their server,
and does the same through the hub with a token. Each step is the command that a person would type. It succeeds
only if every step did, and both found the same law.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from physforge_kernel._shared import shared_folder
from physforge_kernel.errors import PhysForgeError, WorkspaceError

from ._names import FIRST_TUTORIAL, SERVICE
from ._ports import with_ports
from ._processes import Bell, adopt_orphans, end_children
from ._secrets import password
from ._settings import Settings
from ._visit import Visit
from .up import is_ready

_SAMPLE = "data/burgers.csv"
_PATIENCE = 30.0  # seconds
_LOOK_EVERY = 0.2  # seconds
_OF_A_WORKSPACE = (
    "PHYSFORGE_HOME",
    "PHYSFORGE_OWNER",
    "PHYSFORGE_TOKEN",
    "PHYSFORGE_URL",
    "JUPYTERHUB_API_TOKEN",
)


def main() -> int:
    """Tell the story in the workspace that `PHYSFORGE_HOME` names, or in a new temporary one that stays.

    Returns:
        0 if all of it happened, else the exit code of the step that failed.
    """
    home = Path(os.environ.get("PHYSFORGE_HOME") or tempfile.mkdtemp(prefix="physforge-demo-")).absolute()
    with suppress(OSError):  # this is not Linux
        adopt_orphans()  # the runner of jobs that the first command starts detaches itself
    try:
        _title("Alone, on the command line")
        alone = _tell(Shell({"PHYSFORGE_HOME": str(home)}), upload=True)
        _title("In a lab, through the hub")
        with _a_lab(home) as settings:
            shared = _tell(_sign_in(settings), upload=False)
        if shared != alone:
            raise PhysForgeError(f"The lab should have found {alone!r}, and found {shared!r}.")
    except subprocess.CalledProcessError as failure:
        return failure.returncode
    except PhysForgeError as error:
        print(f"PhysForge: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    finally:
        end_children(_PATIENCE, Bell())
    print(f"\nBoth found    {alone}\nThe workspace {home}")
    return 0


@dataclass(frozen=True)
class Shell:
    """Where a person types `physforge` commands: the environment says which workspace they are for."""

    workspace: Mapping[str, str]

    def show(self, *arguments: str) -> None:
        """Run one command and let it print."""
        _announce(arguments)
        subprocess.run(_command(arguments), env=self._environment(), check=True)

    def ask(self, *arguments: str) -> Any:
        """Run one command for what it answers in JSON."""
        command = _command((*arguments, "--json"))
        ended = subprocess.run(
            command, env=self._environment(), check=True, stdout=subprocess.PIPE, text=True
        )
        return json.loads(ended.stdout)

    def _environment(self) -> dict[str, str]:
        others = {name: value for name, value in os.environ.items() if name not in _OF_A_WORKSPACE}
        return others | dict(self.workspace)


def _tell(shell: Shell, *, upload: bool) -> str:
    """Go from the data to the report, and return the law."""
    if upload:
        sample = str(shared_folder("notebooks") / _SAMPLE)
        shell.show("describe", sample)
        shell.show("dataset", "upload", sample, "--name", "burgers")
    else:
        shell.show("dataset", "list")
    _announce(submit := ("job", "submit", "discover", "--input", "burgers"))
    job = shell.ask(*submit)["id"]
    shell.show("job", "watch", job)
    shell.show("job", "result", job)
    _announce(render := ("report", "render", job))
    page = Path(shell.ask(*render)["html"])
    if not page.is_file() or not page.stat().st_size:
        raise PhysForgeError(f"The report {page} is missing or empty.")
    print(f"The report   {page}")
    law = shell.ask("job", "result", job)["equation"]
    if not law.startswith("u_t = "):
        raise PhysForgeError(f"The sample's law should be one for u_t, and is {law!r}.")
    return law


def _sign_in(settings: Settings) -> Shell:
    """Sign in as the person of the lab, start their server, look at it, and take a token."""
    [person, *_] = settings.people
    with Visit(settings.url, person, password(settings.state)[0]) as visit:
        print(f"\n{person} signs in at {settings.url} and starts a server.", flush=True)
        page = visit.http.get(f"{visit.start_server()}lab/tree/{FIRST_TUTORIAL}")
        if page.status_code != 200 or "jupyter-config-data" not in page.text:
            raise PhysForgeError(f"JupyterLab should open at {page.url}, which answers {page.status_code}.")
        token = visit.token("make demo", 3600)
    return Shell(
        {
            "PHYSFORGE_URL": f"{settings.url}/services/{SERVICE}",
            "PHYSFORGE_TOKEN": token,
            "PHYSFORGE_CACHE": str(settings.home / "demo"),
        }
    )


@contextmanager
def _a_lab(home: Path) -> Iterator[Settings]:
    """Start a lab on free ports, and end it."""
    variables = {**os.environ, "PHYSFORGE_HOME": str(home)}
    settings = with_ports(Settings.read(variables, port=0, hub_port=0, service_port=0, proxy_port=0))
    command = [sys.executable, "-P", "-m", "physforge_hub.up", "--no-browser"]
    lab = subprocess.Popen(
        command, env=os.environ | settings.environment(), stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        while not is_ready(settings):
            if lab.poll() is not None:
                raise WorkspaceError("The lab did not start.")
            time.sleep(_LOOK_EVERY)
        yield settings
    finally:
        lab.terminate()
        code = lab.wait()
    if code:
        raise PhysForgeError(f"The lab ended with exit code {code}.")


def _title(text: str) -> None:
    print(f"\n{text}\n{'=' * len(text)}", flush=True)


def _announce(arguments: tuple[str, ...]) -> None:
    print(f"\n$ physforge {' '.join(arguments)}", flush=True)


def _command(arguments: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-c", "from physforge_kernel.cli import main; main()", *arguments]


if __name__ == "__main__":
    sys.exit(main())
