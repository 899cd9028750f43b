"""The bundle in the checkout is the one that its sources make, and tells nothing of where it was made."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import physforge_lab
import pytest

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "extension" / "physforge_lab" / "labextension"


@pytest.fixture(scope="module")
def record() -> ModuleType:
    spec = importlib.util.spec_from_file_location("record", ROOT / "tools" / "extension_record.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_bundle_is_made_of_these_sources(record: ModuleType):
    kept = json.loads((BUILT / "sources.json").read_text())

    assert kept["sources"] == record.digest(), (
        "extension/ has changed since it was built: run `make extension`"
    )
    assert kept["built"] == record.built(), "the bundle was changed by hand: run `make extension`"


def test_the_record_notices_a_changed_source(
    record: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    before = record.digest()
    for name in ("package.json", "tsconfig.json", "yarn.lock"):
        (tmp_path / name).write_bytes((ROOT / "extension" / name).read_bytes())
    for folder in ("src", "style"):
        for path in (ROOT / "extension" / folder).rglob("*"):
            if path.is_file():
                copy = tmp_path / path.relative_to(ROOT / "extension")
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(path.read_bytes())
    monkeypatch.setattr(record, "ROOT", tmp_path)
    assert record.digest() == before

    (tmp_path / "src" / "index.ts").write_text("export default [];\n")

    assert record.digest() != before


def test_the_bundle_holds_no_source_maps_and_no_place_of_whoever_built_it():
    for path in BUILT.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert path.suffix != ".map"
            assert not re.search(r"sourceMappingURL=[\w./-]+\.map", text)
            assert not re.search(r"file://|/home/|/root/|/tmp/|node_modules/\.|[A-Z]:\\\\", text), path.name
            assert str(ROOT) not in text


def test_the_packages_of_the_build_are_pinned_by_name_and_not_by_place():
    text = (ROOT / "extension" / "yarn.lock").read_text()

    assert "://" not in text


def test_jupyter_finds_both_halves():
    [lab] = physforge_lab._jupyter_labextension_paths()
    name = json.loads((BUILT / "package.json").read_text())["name"]
    assert lab["dest"] == name
    assert (Path(physforge_lab.__file__).parent / lab["src"] / "package.json").is_file()

    [point] = physforge_lab._jupyter_server_extension_points()
    assert point["app"].name == point["module"] == "physforge_lab"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A checkout whose `node` is whatever a test makes it, and whose `jlpm` says which one it ran with."""
    for folder in ("tools", "extension", "machine", ".venv/bin", "wheel/bin"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "extension.sh", tmp_path / "tools")
    shutil.copy(ROOT / "extension" / "package.json", tmp_path / "extension")
    program(tmp_path / ".venv" / "bin" / "jlpm", 'echo "$1 with $(node --version)"')
    return tmp_path


def program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def checked(machine: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{machine / 'machine'}:/usr/bin:/bin"}
    script = machine / "tools" / "extension.sh"
    return subprocess.run([script], env=environment, capture_output=True, text=True, check=False)


def test_the_tests_own_node_serves_where_the_machine_s_is_too_old(machine: Path):
    program(machine / "machine" / "node", "echo v18.20.0")
    program(machine / "wheel" / "bin" / "node", "echo v24.1.0")
    program(machine / ".venv" / "bin" / "python", f"echo {machine / 'wheel'}")

    ended = checked(machine)

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.endswith("check with v24.1.0\ntest with v24.1.0\n")


@pytest.mark.parametrize(("said", "sentence"), [("echo v18.20.0", "has v18.20.0"), ("exit 1", "has none")])
def test_without_a_new_enough_node_the_extension_is_refused_in_a_sentence(
    machine: Path, said: str, sentence: str
):
    program(machine / "machine" / "node", said)
    program(machine / ".venv" / "bin" / "python", "exit 1")

    ended = checked(machine)

    assert ended.returncode == 1
    assert ended.stderr.startswith("make test: the Lab extension's sources need Node.js 20.19.0 or newer")
    assert sentence in ended.stderr
