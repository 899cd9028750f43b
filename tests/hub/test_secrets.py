"""The lab's secrets are its owner's alone, last from start to start, and are long enough."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from physforge_hub._secrets import kept, password, password_file

from physforge_kernel.errors import PhysForgeError


def test_a_password_is_made_once_and_then_kept_where_only_its_owner_can_read_it(tmp_path: Path):
    before = os.umask(0)
    try:
        first, is_new = password(tmp_path)
    finally:
        os.umask(before)

    assert is_new
    assert password(tmp_path) == (first, False)
    assert password_file(tmp_path).stat().st_mode & 0o777 == 0o600
    assert len(first.replace("-", "")) == 20


def test_a_new_password_replaces_the_old_one(tmp_path: Path):
    first, _ = password(tmp_path)

    second, is_new = password(tmp_path, renew=True)

    assert is_new
    assert second != first
    assert password(tmp_path) == (second, False)


def test_a_secret_that_others_may_read_is_refused_with_what_to_do(tmp_path: Path):
    password(tmp_path)
    password_file(tmp_path).chmod(0o644)

    with pytest.raises(PhysForgeError, match=r"Others may read .*/password: close it with `chmod 600 .*`"):
        password(tmp_path)


def test_a_file_that_lost_its_secret_gets_a_new_one(tmp_path: Path):
    (tmp_path / "secret").touch(0o600)

    assert kept(tmp_path / "secret", "fresh") == ("fresh", True)
    assert kept(tmp_path / "secret", "other") == ("fresh", False)


@pytest.mark.parametrize("renew", [False, True])
def test_a_folder_in_a_secret_s_place_is_called_what_it_is(tmp_path: Path, renew: bool):
    password_file(tmp_path).mkdir()

    with pytest.raises(PhysForgeError, match="/password, and what is there is no file: move it away"):
        password(tmp_path, renew=renew)


def test_a_secret_that_is_no_text_is_refused_with_what_to_do_and_can_be_made_anew(tmp_path: Path):
    password_file(tmp_path).touch(0o600)
    password_file(tmp_path).write_bytes("Paßwort".encode("latin-1"))

    with pytest.raises(PhysForgeError, match="/password is no text in UTF-8: write it anew, or delete it"):
        password(tmp_path)

    assert password(tmp_path, renew=True)[1]
