"""The rules of the house that no room can check for itself: imports, pins, and what a start costs."""

from __future__ import annotations

import ast
import importlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from types import FunctionType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PINS = {
    canonicalize_name(line.partition("==")[0]): line.partition("==")[2]
    for line in (ROOT / "constraints.txt").read_text().splitlines()
    if line and not line.startswith("#")
}


def requirements() -> list[Requirement]:
    extras = PROJECT["optional-dependencies"].values()
    named = [*PROJECT["dependencies"], *(each for extra in extras for each in extra)]
    return [Requirement(each) for each in named if canonicalize_name(Requirement(each).name) != "physforge"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


def test_rooms_import_only_whom_they_may():
    ended = run("-c", "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())")

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "0 broken" in ended.stdout


def test_cleaning_removes_all_that_git_is_told_to_ignore(tmp_path: Path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    ignored = [
        line for line in (ROOT / ".gitignore").read_text().splitlines() if line and line[0] not in "#!"
    ]
    for pattern in ignored:
        built = tmp_path / pattern.replace("*", "x").strip("/")
        if pattern.endswith("/"):
            built /= "file"
        built.parent.mkdir(parents=True, exist_ok=True)
        built.touch()

    subprocess.run(["make", "clean"], cwd=tmp_path, timeout=60, check=True)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "Makefile"]


def test_every_declared_dependency_has_a_pin_that_it_admits():
    for requirement in requirements():
        pin = PINS.get(canonicalize_name(requirement.name))
        assert pin is not None, f"constraints.txt lacks {requirement.name}: run `make lock`"
        assert requirement.specifier.contains(pin), f"{requirement} does not admit the pinned {pin}"


def test_every_import_of_the_packages_is_declared():
    distributions = packages_distributions()
    undeclared = set()
    for folder, names in EXTRAS.items():
        allowed = declared_by(*names)
        for path in (ROOT / folder).rglob("*.py"):
            if any(
                path.is_relative_to(ROOT / deeper) for deeper in EXTRAS if deeper.startswith(f"{folder}/")
            ):
                continue
            for module in imported_by(path) - set(sys.stdlib_module_names) - OURS - ON_REQUEST:
                named = {canonicalize_name(each) for each in distributions.get(module, [module])}
                if not named & allowed:
                    undeclared.add((str(path.relative_to(ROOT)), module))
    assert undeclared == set()


OURS = {"physforge_kernel", "physforge_hub", "physforge_lab"}

# What nothing of ours installs: people have it, with Julia, or they do without.
ON_REQUEST = {"pysr"}

# Which extras may be missing where a file is imported: a folder's own, and those that they bring along.
EXTRAS = {
    "physforge_kernel": (),
    "physforge_kernel/discovery/devices": ("gpu",),
    "physforge_kernel/discovery/strong": ("pysindy",),
    "physforge_kernel/discovery/figures": ("lab",),
    "physforge_kernel/discovery/symbolic": ("symbolic",),
    "physforge_kernel/pinn": ("pinn",),
    "physforge_kernel/reports": ("lab", "service"),
    "physforge_kernel/service": ("service",),
    "physforge_kernel/widgets": ("dashboards", "lab", "service"),
    "hub/physforge_hub": ("hub", "dashboards", "lab", "service"),
    "extension/physforge_lab": ("lab", "dashboards", "service"),
}


def declared_by(*extras: str) -> set[str]:
    """The distributions that the library asks for, and those of these extras."""
    listed = [
        *PROJECT["dependencies"],
        *(each for extra in extras for each in PROJECT["optional-dependencies"][extra]),
    ]
    return {canonicalize_name(Requirement(each).name) for each in listed}


def imported_by(path: Path) -> set[str]:
    """The top-level modules that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_pins_name_versions_and_no_places():
    text = (ROOT / "constraints.txt").read_text()

    assert not re.search(r"://|@|\+cpu|\+cu\d|^-", text, flags=re.MULTILINE)
    assert all(re.fullmatch(r"\d[\w.!]*", version) for version in PINS.values())


def test_nothing_that_is_installed_by_default_can_pull_cuda_in():
    wide = r"torch|nvidia|cuda|cupy|triton|jax(?!typing)"  # jaxtyping only writes shapes down
    asked_for = {"benchmarks", "gpu", "pinn", "test"}
    # PyTorch is pinned for these extras, of which the tests run it on the processor.
    assert [name for name in PINS if re.match(wide, name)] == ["torch"]
    for extra in PROJECT["optional-dependencies"].keys() - asked_for:
        brought = declared_by(extra)
        assert not [name for name in brought if re.match(wide, name)], extra
        named = (Requirement(each) for each in PROJECT["optional-dependencies"][extra])
        assert not any(each.extras & asked_for for each in named), extra


@pytest.mark.parametrize(
    "statement",
    [
        "import physforge_kernel",
        "from physforge_kernel.cli import main",
        "import physforge_hub",
        "import physforge_hub.up",
    ],
)
def test_a_start_loads_nothing_heavy(statement: str):
    heavy = [
        "dask",
        "jupyterhub",
        "jupyterlab",
        "matplotlib",
        "pandas",
        "pyvista",
        "scipy",
        "sqlalchemy",
        "sympy",
        "xarray",
    ]
    script = f"import json, sys; {statement}; print(json.dumps([m for m in {heavy} if m in sys.modules]))"

    ended = run("-c", script)

    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == []


def test_every_public_name_can_be_had():
    import physforge_kernel as pf

    for name in pf.__all__:
        assert getattr(pf, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'discovr'"):
        _ = pf.discovr


@pytest.mark.parametrize("room", ["derivatives", "derivatives.library", "discovery", "discovery.symbolic"])
def test_what_a_room_of_science_offers_is_in_the_reference(room: str):
    module = importlib.import_module(f"physforge_kernel.{room}")
    offered = {name for name in module.__all__ if isinstance(getattr(module, name), FunctionType | type)}
    reference = (ROOT / "docs" / "reference" / "api.md").read_text()
    documented = set(re.findall(r"^\.\. auto\w+:: (?:\w+\.)*(\w+)$", reference, re.MULTILINE))
    assert offered
    assert offered <= documented, f"docs/reference/api.md lacks {sorted(offered - documented)}"


def test_every_setting_of_the_runner_is_documented_with_its_default():
    from dataclasses import fields

    from physforge_kernel.jobs._settings import Settings

    page = (ROOT / "docs" / "reference" / "environment.md").read_text()
    for setting in fields(Settings):
        name = f"PHYSFORGE_RUNNER_{setting.name.upper()}"
        row = re.search(rf"^\| `{name}` \| (\d+) \|", page, flags=re.MULTILINE)
        assert row, f"docs/reference/environment.md lacks {name}"
        assert float(row.group(1)) == setting.default
