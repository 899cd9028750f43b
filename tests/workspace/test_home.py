"""The workspace's home is its owner's alone, whoever made it and however long ago."""

from __future__ import annotations

import stat
from pathlib import Path

from physforge_kernel._home import private_folder
from physforge_kernel.workspace import EmbeddedWorkspace


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_home_that_others_could_read_is_closed_when_it_is_opened(tmp_path: Path):
    home = tmp_path / "home"
    EmbeddedWorkspace(home)
    folders = (home, home / "objects", home / "staging", home / "views")
    for folder in folders:
        folder.chmod(0o755)
    (home / "workspace.db").chmod(0o644)

    EmbeddedWorkspace(home)

    assert {mode(folder) for folder in folders} == {0o700}
    assert mode(home / "workspace.db") == 0o600


def test_a_folder_that_is_meant_to_be_shared_stays_shared(tmp_path: Path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)

    assert mode(private_folder(shared)) == 0o1777
