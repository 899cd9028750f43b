"""The context as a kind sees it, tried without a runner."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from physforge_kernel.errors import JobError
from physforge_kernel.jobs import JobCancelledError, trial
from physforge_kernel.jobs._context import FolderHost


@given(items=st.lists(st.integers(), max_size=60), slots=st.integers(min_value=1, max_value=20))
def test_map_keeps_every_item_in_order(
    tmp_path_factory: pytest.TempPathFactory, items: list[int], slots: int
):
    context = trial(tmp_path_factory.getbasetemp() / "map")
    assert isinstance(context.host, FolderHost)
    context.host.slots = slots
    assert context.map(lambda item: item + 1, items) == [item + 1 for item in items]


def test_what_an_inner_task_raises_is_raised_where_map_was_called(tmp_path: Path):
    with pytest.raises(ZeroDivisionError) as caught:
        trial(tmp_path).map(lambda item: 1 / item, [1, 0, 1])
    assert any("In an inner task" in note for note in caught.value.__notes__)


def test_a_mapping_becomes_json(tmp_path: Path):
    trial(tmp_path).artifacts.add("result.json", {"law": "u_t = u_xx", "π": 3.5})
    assert json.loads((tmp_path / "artifacts" / "result.json").read_text()) == {"law": "u_t = u_xx", "π": 3.5}


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../up.json", "a/../../b", "a//b", "./a"])
def test_an_artifact_stays_inside_the_job(tmp_path: Path, name: str):
    with pytest.raises(JobError, match="cannot name an artifact"):
        trial(tmp_path).artifacts.add(name, b"data")


def test_a_missing_file_is_no_artifact_and_no_checkpoint(tmp_path: Path):
    with pytest.raises(JobError, match="is not a file"):
        trial(tmp_path).artifacts.add("fit.nc", tmp_path / "absent.nc")
    with pytest.raises(JobError, match="is not a file"):
        trial(tmp_path).checkpoint(tmp_path / "absent.pt")


def test_not_a_number_is_refused_in_a_result(tmp_path: Path):
    with pytest.raises(JobError, match=r"result\.json.*JSON"):
        trial(tmp_path).artifacts.add("result.json", {"value": float("inf")})


def test_a_checkpoint_is_resumed_from(tmp_path: Path):
    first = trial(tmp_path)
    assert first.resume() is None
    first.checkpoint(b"half way")
    again = trial(tmp_path).resume()
    assert again is not None
    assert again.read_bytes() == b"half way"


def test_progress_stops_a_cancelled_job_and_saving_does_not(tmp_path: Path):
    context = trial(tmp_path)
    assert isinstance(context.host, FolderHost)
    context.progress(7.0, "more than all")
    context.host.stop = True
    context.checkpoint(b"saved")
    with pytest.raises(JobCancelledError):
        context.progress(0.5)
    assert context.host.story == [("progress", (1.0, "more than all"))]
