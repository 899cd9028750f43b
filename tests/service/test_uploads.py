"""Uploads: what is announced, sent and committed; and what is refused on the way."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from physforge_kernel.service import Settings

from .conftest import WAVE, Running, eventually, problem, running, uploaded


def begun(client: httpx.Client, *files: tuple[str, int], **more: Any) -> httpx.Response:
    return client.post("uploads", json={"files": [{"path": p, "size": s} for p, s in files], **more})


def left(service: Running) -> list[Path]:
    return [path for path in (service.workspace.home / "incoming").rglob("*") if path.is_file()]


def test_files_become_a_version_when_they_are_committed(service: Running, ann: httpx.Client):
    more = {"name": "runs", "description": "<b>Two</b> runs", "tags": ["PIV", "<i>"]}
    id = begun(ann, ("late/b.csv", len(WAVE)), ("a.csv", len(WAVE)), **more).json()["id"]
    assert ann.put(f"uploads/{id}/files/late/b.csv", content=WAVE).status_code == 204
    assert "'a.csv'" not in ann.get("datasets").text
    missing = problem(ann.post(f"uploads/{id}/commit"), 409, "ConflictError")
    assert missing.startswith("1 of the 2 files are not there yet: a.csv.")
    assert ann.put(f"uploads/{id}/files/a.csv", content=WAVE).status_code == 204
    version = ann.post(f"uploads/{id}/commit").json()
    assert [entry["path"] for entry in version["files"]] == ["a.csv", "late/b.csv"]
    assert (version["name"], version["description"], version["tags"]) == (
        "runs",
        "<b>Two</b> runs",
        ["PIV", "<i>"],
    )
    assert not [path for path in left(service) if id in str(path)]
    problem(ann.post(f"uploads/{id}/commit"), 404, "NotFoundError")


def test_a_file_sent_again_counts_as_sent_last(ann: httpx.Client):
    id = begun(ann, ("wave.csv", len(WAVE)), name="twice").json()["id"]
    for text in (WAVE.replace("x,t,u", "a,b,c"), WAVE):
        assert ann.put(f"uploads/{id}/files/wave.csv", content=text).status_code == 204
    version = ann.post(f"uploads/{id}/commit").json()
    assert [each["name"] for each in version["metadata"]["variables"]] == ["u"]


def chunks(*sizes: int) -> Iterator[bytes]:
    for size in sizes:
        yield b"x" * size


def test_a_file_of_another_size_than_announced_is_refused_however_it_comes(
    service: Running, ann: httpx.Client
):
    id = begun(ann, ("wave.csv", 100)).json()["id"]
    path = f"uploads/{id}/files/wave.csv"
    for content, said in (
        (b"x" * 99, "only 99 came"),
        (b"x" * 101, "more came"),
        (chunks(60, 30), "only 90 came"),
        (chunks(60, 60, 1 << 20), "more came"),
        (b"", "only 0 came"),
    ):
        assert said in problem(ann.put(path, content=content), 400, "WorkspaceError")
    assert [file.name for file in left(service) if id in str(file)] == ["plan.json"]
    problem(ann.post(f"uploads/{id}/commit"), 409)
    assert ann.delete(f"uploads/{id}").status_code == 204
    problem(ann.put(path, content=b"x" * 100), 404, "NotFoundError")


def test_only_announced_files_are_taken(ann: httpx.Client):
    id = begun(ann, ("wave.csv", 3)).json()["id"]
    said = problem(ann.put(f"uploads/{id}/files/wvae.csv", content=b"abc"), 404, "NotFoundError")
    assert "Did you mean 'wave.csv'?" in said
    for path in ("%2e%2e/plan.json", "..%2fplan.json", "a%00", "%5c..", "//etc", "wave.csv/x"):
        answer = ann.put(f"uploads/{id}/files/{path}", content=b"abc")
        assert answer.status_code in (400, 404)
        problem(answer, answer.status_code)
    for wrong in ("x", "..", "upload-20200101-000000-aaaaaa", "%2e%2e%2fincoming", "." + id):
        problem(ann.put(f"uploads/{wrong}/files/wave.csv", content=b"abc"), 404)


@pytest.mark.parametrize(
    ("files", "more", "said"),
    [
        ([], {}, "needs at least one file"),
        ([("../a.csv", 1)], {}, "not a usable file name"),
        ([("/etc/passwd", 1)], {}, "not a usable file name"),
        ([("a\nb.csv", 1)], {}, "not a usable file name"),
        ([("a\\b.csv", 1)], {}, "not a usable file name"),
        ([("C:evil", 1)], {}, "not a usable file name"),
        ([("a", 1), ("a", 1)], {"name": "n"}, "announced twice"),
        ([("a/b", 1), ("a", 1)], {"name": "n"}, "as a file and as the folder"),
        ([("a", 1), ("b", 1)], {}, "needs a name"),
        ([("a.csv", 1)], {"name": "../up"}, "cannot name a dataset"),
        ([("a.csv", 1)], {"name": "<b>"}, "cannot name a dataset"),
        ([("a.csv", 1)], {"description": "a\u202eb"}, "cannot be a description"),
        ([("a.csv", 1)], {"tags": ["a\nb"]}, "cannot be a tag"),
        ([("a.csv", 10**15)], {}, "takes 50.0 GB at most"),
    ],
)
def test_an_upload_that_can_never_be_is_refused_at_once(
    service: Running, ann: httpx.Client, files: list[tuple[str, int]], more: dict[str, Any], said: str
):
    before = left(service)
    assert said in problem(begun(ann, *files, **more), 400, "WorkspaceError")
    assert left(service) == before


@pytest.mark.parametrize(
    ("files", "more", "said"),
    [(["данные.csv"], {}, "данные.csv"), (["1/a.csv", "1/b.csv"], {"called": "опыты"}, "опыты")],
)
def test_names_in_other_alphabets_are_kept_as_descriptions(
    ann: httpx.Client, files: list[str], more: dict[str, Any], said: str
):
    id = begun(ann, *((path, len(WAVE)) for path in files), **more).json()["id"]
    for path in files:
        assert ann.put(f"uploads/{id}/files/{path}", content=WAVE).status_code == 204
    version = ann.post(f"uploads/{id}/commit").json()
    assert re.fullmatch("data-[0-9a-f]{8}", version["name"])
    assert (version["description"], [file["path"] for file in version["files"]]) == (said, files)


def test_a_folder_names_its_dataset(ann: httpx.Client):
    files = [("a.csv", len(WAVE)), ("b.csv", len(WAVE))]
    id = begun(ann, *files, called="Runs (hot)").json()["id"]
    for path, _ in files:
        ann.put(f"uploads/{id}/files/{path}", content=WAVE)
    assert ann.post(f"uploads/{id}/commit").json()["name"] == "Runs-hot"


def test_what_is_no_field_is_refused_with_its_sentence_and_leaves_nothing(
    service: Running, ann: httpx.Client
):
    id = begun(ann, ("bad.csv", 9), name="bad").json()["id"]
    ann.put(f"uploads/{id}/files/bad.csv", content=b"\x00\x01\x02 table")
    said = problem(ann.post(f"uploads/{id}/commit"), 422, "FieldError")
    assert "bad.csv" in said
    assert str(service.workspace.home) not in said
    assert not [path for path in left(service) if id in str(path)]
    problem(ann.get("datasets/bad/versions"), 404)


def test_the_same_bytes_again_are_the_same_version(ann: httpx.Client):
    first, again = uploaded(ann, "same"), uploaded(ann, "same")
    assert (first["reused"], again["reused"]) == (False, True)
    assert first["id"] == again["id"]


def test_a_dataset_is_deleted_by_name(ann: httpx.Client):
    uploaded(ann, "short-lived")
    assert ann.delete("datasets/short-lived").status_code == 204
    problem(ann.get("datasets/short-lived/versions/latest"), 404, "NotFoundError")


def test_limits_hold_and_what_was_left_is_swept(tmp_path: Path):
    settings = Settings(upload_bytes=1000, open_uploads=2)
    with (
        running(tmp_path / "home", settings) as service,
        service.client() as ann,
        service.client("bob-token") as bob,
    ):
        assert "takes 1.0 kB at most" in problem(begun(ann, ("a", 600), ("b", 600), name="n"), 400)
        first = begun(ann, ("a.csv", 1)).json()["id"]
        assert begun(ann, ("b.csv", 1)).status_code == 201
        assert "begun and not ended" in problem(begun(ann, ("c.csv", 1)), 409, "ConflictError")
        assert begun(bob, ("c.csv", 1)).status_code == 201, "her limit is not his"
        folder = service.workspace.home / "incoming" / first
        long_ago = time.time() - 2 * settings.keep_uploads_seconds
        for path in (*folder.iterdir(), folder):
            os.utime(path, (long_ago, long_ago))
        assert begun(ann, ("c.csv", 1)).status_code == 201, "the oldest was swept"
        problem(ann.delete(f"uploads/{first}"), 404)


def test_a_sender_who_vanishes_leaves_no_half_of_a_file(service: Running, ann: httpx.Client):
    id = begun(ann, ("wave.csv", 1 << 22)).json()["id"]

    def breaks_off() -> Iterator[bytes]:
        yield b"x" * (1 << 21)
        raise ConnectionError("the cable")

    with service.client() as other, pytest.raises(ConnectionError):
        other.put(
            f"uploads/{id}/files/wave.csv", content=breaks_off(), headers={"Content-Length": str(1 << 22)}
        )
    folder = service.workspace.home / "incoming" / id
    eventually(lambda: not list((folder / "parts").iterdir()), "The part is removed")
    assert list((folder / "files").iterdir()) == []
    problem(ann.post(f"uploads/{id}/commit"), 409)
