"""The built wheel stands alone: in an environment with the library's own dependencies it finds a law."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import physforge_kernel as pf

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.system


def run(*command: str | Path, **environment: str) -> str:
    ended = subprocess.run(
        [str(part) for part in command],
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, ROOT)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel, what its metadata asks for, and nothing else."""
    environment = tmp_path_factory.mktemp("clean") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", environment)
    python = environment / "bin" / "python"
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    for dependency in closure("physforge"):
        if dependency.name != "physforge":
            link(dependency, site)
    run(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index", wheel)
    return environment


def closure(name: str) -> Iterator[Distribution]:
    """What installing `name` without extras brings in, itself included."""
    waiting, seen = [Requirement(name)], set()
    while waiting:
        requirement = waiting.pop()
        key = (requirement.name, frozenset(requirement.extras))
        if key in seen:
            continue
        seen.add(key)
        found = distribution(requirement.name)
        yield found
        for line in found.requires or []:
            needed = Requirement(line)
            extras = requirement.extras or {""}
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(needed)


def link(found: Distribution, site: Path) -> None:
    tops = {file.parts[0] for file in found.files or [] if file.parts[0] not in ("..", "__pycache__")}
    for top in tops:
        target = site / top
        if not target.exists():
            target.symlink_to(Path(str(found.locate_file(top))))


def test_a_wheel_carries_every_package_what_ships_beside_it_and_what_jupyter_looks_for(wheel: Path):
    names = set(zipfile.ZipFile(wheel).namelist())

    shipped = [ROOT / "notebooks", ROOT / "templates", ROOT / "dashboards"]
    expected = {
        f"physforge_kernel/_share/{path.relative_to(ROOT).as_posix()}"
        for folder in shipped
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith((".", "__")) for part in path.relative_to(ROOT).parts)
    }
    assert "physforge_kernel/_share/notebooks/01_first_law.ipynb" in expected
    assert "physforge_kernel/_share/templates/discovery.ipynb" in expected
    assert expected <= names
    assert [name for name in names if "/workspace/migrations/versions/" in name and name.endswith(".py")]
    assert [name for name in names if name.endswith("data/share/jupyter/kernels/physforge/kernel.json")]
    assert {"physforge_hub/up.py", "physforge_hub/jupyterhub_config.py", "physforge_lab/__init__.py"} <= names
    extension = "data/share/jupyter/labextensions/physforge-lab/"
    assert [name for name in names if name.endswith(f"{extension}package.json")]
    assert [name for name in names if f"{extension}static/remoteEntry." in name]
    assert [
        name for name in names if name.endswith("data/etc/jupyter/jupyter_server_config.d/physforge_lab.json")
    ]
    assert not [name for name in names if "node_modules" in name or name.endswith((".ts", ".tsx", ".map"))]
    assert not [
        name for name in names if name.startswith(("tests/", "docs/", "benchmarks/", "hub/", "extension/"))
    ]


def test_the_library_alone_needs_no_jupyter_and_lists_its_commands(clean: Path):
    script = "from importlib.util import find_spec; print(find_spec('jupyterlab'), find_spec('papermill'))"
    assert run(clean / "bin" / "python", "-c", script).strip() == "None None"

    assert "discover" in run(clean / "bin" / "physforge", "--help", NO_COLOR="1")


def test_the_library_alone_finds_a_law(clean: Path, tmp_path: Path):
    from physforge_kernel.fields import write

    path = tmp_path / "heat.csv"
    write(pf.catalogue.get("heat", alpha=0.5).field(x=64, t=51), path)

    found = json.loads(
        run(clean / "bin" / "physforge", "discover", path, "--json", PHYSFORGE_HOME=str(tmp_path))
    )

    assert list(found["terms"]["u_t"]) == ["u_xx"]
    low, high = found["intervals"]["u_t"]["u_xx"]
    assert low <= found["terms"]["u_t"]["u_xx"] <= high
    assert abs(found["terms"]["u_t"]["u_xx"] - 0.5) < 0.01


def test_the_library_alone_says_what_to_install_for_the_lab(clean: Path, tmp_path: Path):
    ended = subprocess.run(
        [clean / "bin" / "python", "-m", "physforge_hub.up"],
        env=os.environ | {"PHYSFORGE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == pf.PhysForgeError.exit_code
    assert "pip install 'physforge[hub]'" in ended.stderr
    assert "Traceback" not in ended.stderr
