"""Datasets, jobs and reports from the command line, over a real workspace and a real runner."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from physforge_kernel import errors, fields
from physforge_kernel.cli._following import _event_words
from physforge_kernel.jobs import stop_runner
from physforge_kernel.workspace import Event

from .conftest import Command


@pytest.fixture(scope="module")
def lab(tmp_path_factory, sample):
    """A workspace that knows the dataset `wake`."""
    home = tmp_path_factory.mktemp("lab") / "home"
    command = Command(home)
    made = command("dataset", "upload", sample, "--name", "wake", "--json")
    assert made.code == 0, made.err
    with closing(sqlite3.connect(home / "workspace.db")) as earlier, earlier:  # which took anything
        earlier.execute("UPDATE versions SET description = 'run \x1b[31m[bold]3'")
    yield command
    stop_runner(home)


@pytest.fixture(scope="module")
def job(lab):
    """The id of a discovery that succeeded."""
    ran = lab("job", "submit", "discover", "--input", "wake", "--config", "seed=5", "--watch", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json["state"] == "succeeded"
    return ran.json["id"]


def test_an_upload_is_listed_described_and_downloaded_as_it_was(lab, sample, tmp_path):
    listed, version, versions, copy = (
        ran.json
        for ran in lab.many(
            ["dataset", "list", "wake", "--json"],
            ["dataset", "info", "wake", "--json"],
            ["dataset", "versions", "wake", "--json"],
            ["dataset", "download", "wake@1", tmp_path / "copy.csv", "--json"],
        )
    )
    assert [(one["name"], one["latest"]) for one in listed] == [("wake", 1)]
    assert version["ref"] == "wake@1"
    assert version["files"][0]["size"] == sample.stat().st_size
    assert [one["ref"] for one in versions] == ["wake@1"]
    assert Path(copy["path"]).read_bytes() == sample.read_bytes()


def test_each_file_of_a_folder_is_described_in_its_own_table(physforge, sample, tmp_path):
    folder = tmp_path / "runs"
    folder.mkdir()
    (folder / "wake.csv").write_bytes(sample.read_bytes())
    (folder / "again.csv").write_bytes(sample.read_bytes())
    (folder / "notes.txt").write_text("Measured on a Tuesday.")
    uploaded, shown, which = physforge.many(
        ["dataset", "upload", folder],
        ["dataset", "info", "runs"],
        ["job", "submit", "discover", "--input", "runs", "--watch"],
    )
    assert (uploaded.code, shown.code) == (0, 0)
    lines = [line.strip() for line in shown.out.splitlines()]
    table = lines[lines.index("wake.csv") :]
    assert any(line.split() == ["axis", "points", "from", "to", "units"] for line in table)
    assert any(line.startswith("u ") for line in table)
    refused = lines[lines.index("notes.txt") + 1]
    assert refused == "notes.txt, line 2: there is a header but no row of data below it."
    assert not set("{}") & set(shown.out)
    assert which.code == errors.JobError.exit_code
    assert "in the setting 'file', such as wake.csv" in which.err
    assert "Traceback" not in which.out


def test_a_file_whose_name_makes_none_is_told_by_its_description(physforge, sample, tmp_path):
    named = tmp_path / "\u3053\u3093.csv"
    named.write_bytes(sample.read_bytes())
    uploaded, listed = physforge.many(["dataset", "upload", named], ["dataset", "list", "--json"])
    assert uploaded.code == 0
    [info] = listed.json
    assert re.fullmatch(r"data-[0-9a-f]{8}", info["name"])
    assert "\u3053\u3093" in json.dumps(info, ensure_ascii=False)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("one\ntwo\n", "one"),
        ("Traceback (most recent call last):\n  File 'kind.py', line 1\nValueError: no\n", "ValueError: no"),
        ("", ""),
    ],
)
def test_of_a_log_the_line_that_tells_is_shown(text, told):
    event = Event("job-1", 1, datetime.now(UTC), 1, "log", {"text": text})
    assert _event_words(event).strip() == told


def test_names_and_descriptions_cannot_steer_a_terminal(lab):
    listed = lab.on_terminal("dataset", "list", NO_COLOR="1")
    for ran in (listed, *lab.many(["dataset", "info", "wake"], ["dataset", "versions", "wake"])):
        shown = ran.out
        assert r"run \x1b[31m[bold]3" in re.sub(r"\s+", " ", shown)
        assert "\x1b" not in shown


def test_what_is_not_there_exits_with_its_own_code(lab):
    missing = (["dataset", "info", "wale"], ["job", "show", "job-none"], ["report", "show", "report-none"])
    for ran in lab.many(*missing):
        assert (ran.code, ran.out) == (errors.NotFoundError.exit_code, "")
        assert ran.err.startswith("error: ")


def test_deleting_asks_first_and_refuses_where_nobody_answers(physforge, sample):
    upload, refused, kept, deleted, left = physforge.many(
        ["dataset", "upload", sample, "--name", "gone"],
        ["dataset", "delete", "gone"],
        ["dataset", "info", "gone"],
        ["dataset", "delete", "gone", "--yes"],
        ["dataset", "list", "--json"],
    )
    assert refused.code == 2
    assert "--yes" in refused.err
    assert (upload.code, kept.code, deleted.code, left.json) == (0, 0, 0, [])


def test_kinds_and_their_settings_are_listed(lab):
    kinds, schema, unknown = lab.many(
        ["job", "kinds", "--json"], ["job", "schema", "discover"], ["job", "schema", "disover"]
    )
    assert kinds.code == 0, kinds.err
    [discover] = [kind for kind in kinds.json if kind["name"] == "discover"]
    assert discover["optional"]["field_2"] == "Another experiment that obeys the same law."
    assert schema.json["properties"]["seed"]["default"] == 0
    assert unknown.code == errors.JobError.exit_code
    assert "Did you mean 'discover'?" in unknown.err


def test_a_job_is_shown_with_its_inputs_settings_and_artifacts(lab, job):
    data, text, listed = lab.many(
        ["job", "show", job, "--json"],
        ["job", "show", job],
        ["job", "list", "--state", "succeeded", "--json"],
    )
    assert data.json["inputs"] == {"field": "wake@1"}
    assert data.json["config"]["seed"] == 5
    assert {"result.json", "fit.nc"} <= {artifact["name"] for artifact in data.json["artifacts"]}
    assert job in text.out
    assert job in [one["id"] for one in listed.json]


def test_a_result_is_the_law_for_people_and_the_artifact_for_programs(lab, job):
    data, text = lab.many(["job", "result", job, "--json"], ["job", "result", job])
    assert set(data.json["terms"]["u_t"]) == {"u*u_x", "u_xx"}
    assert "wake@1   identified" in text.out
    assert "u_t = " in text.out


def test_watching_a_job_tells_its_story_to_the_end(lab, job):
    told, streamed, log = lab.many(
        ["job", "watch", job], ["job", "watch", job, "--json"], ["job", "log", job]
    )
    assert told.code == 0
    assert [line.split()[1] for line in told.out.splitlines()][-1] == "succeeded"
    events = [json.loads(line) for line in streamed.out.splitlines()]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["type"] == "succeeded"
    assert "u_t = " in log.out


def test_a_job_that_fails_says_why_and_exits_with_its_code(lab, tmp_path):
    still = xr.Dataset({"u": (("x",), np.linspace(0.0, 1.0, 5))}, {"x": np.arange(5.0)})
    fields.write(still, tmp_path / "still.nc")
    assert lab("dataset", "upload", tmp_path / "still.nc").code == 0
    ran = lab("job", "submit", "discover", "--input", "still", "--watch")
    assert ran.code == errors.JobError.exit_code
    assert ran.err.startswith("error: ")
    assert ran.err.count("\n") == 1
    assert ran.out.split()[0].startswith("job-")


def test_a_job_that_nothing_can_run_yet_is_named_with_a_warning(physforge, sample):
    assert physforge("dataset", "upload", sample, "--name", "wake").code == 0
    (physforge.home / "runner").mkdir()
    (physforge.home / "runner" / "starts").write_text("...")  # three starts, and no runner
    ran = physforge("job", "submit", "discover", "--input", "wake")
    assert ran.code == 0
    assert ran.err.startswith(f"warning: Job {ran.out.strip()} is queued, and waits")
    assert ran.err.count("\n") == 1


def test_a_setting_that_the_kind_lacks_is_refused_before_anything_runs(lab):
    ran = lab("job", "submit", "discover", "--input", "wake", "--config", "sed=1")
    assert ran.code == errors.JobError.exit_code
    assert "'sed'" in ran.err


def test_a_report_is_rendered_listed_and_exported(lab, job, tmp_path):
    title, page = "Wake & <b>law</b>", tmp_path / "law.html"
    made = lab("report", "render", job, "--title", title, "--output", tmp_path / "out", "--json")
    assert (made.code, made.err) == (0, "")
    assert made.json["title"] == title
    assert len(made.json["exported"]) == 2
    report = made.json["id"]
    listed, shown, exported = lab.many(
        ["report", "list", "--json"],
        ["report", "show", report, "--json"],
        ["report", "export", report, page, "--json"],
    )
    assert [one["id"] for one in listed.json] == [report]
    assert shown.json == listed.json[0]
    assert exported.json["exported"] == [str(page)]
    assert "Wake &amp; &lt;b&gt;law&lt;/b&gt;" in page.read_text()
