"""The page for people who do not code, driven by its widgets: data in, the law out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
import pytest
import xarray as xr

import physforge_kernel as pf
from physforge_kernel.errors import WorkspaceError
from physforge_kernel.widgets import DiscoveryPage
from physforge_kernel.workspace import EmbeddedWorkspace, Job, Workspace

from .conftest import MARKUP, PATIENCE, opened, until


def every(widget: Any) -> list[Any]:
    """A widget and all that are in it."""
    return [widget, *(inner for child in getattr(widget, "children", ()) for inner in every(child))]


def html(page: DiscoveryPage) -> str:
    """All the markup that the page shows, but its stylesheet."""
    shown = [one.value for one in every(page.view) if isinstance(one, widgets.HTML)]
    return "\n".join(value for value in shown if not value.startswith("<style>"))


def dropdown(page: DiscoveryPage, label: str) -> widgets.Dropdown:
    [found] = [
        one for one in every(page.view) if isinstance(one, widgets.Dropdown) and one.description == label
    ]
    return found


def upload(page: DiscoveryPage, name: str, content: bytes) -> None:
    """What the browser does when a person has chosen a file."""
    [button] = [one for one in every(page.view) if isinstance(one, widgets.FileUpload)]
    given = {"name": name, "type": "", "size": len(content), "content": memoryview(content)}
    button.value = ({**given, "last_modified": pf.connect().datasets.list()[0].created},)


def choose(page: DiscoveryPage, name: str) -> None:
    dropdown(page, "Dataset").value = name
    until(lambda: page.data.chosen and page.data.chosen.version.name == name, f"{name} is chosen")


def test_a_page_opens_with_the_newest_dataset_and_its_picture(embedded: Workspace, tmp_path: Path):
    embedded.datasets.upload(pf.catalogue.get("burgers").field(x=64, t=41, seed=3), "middle")
    page = DiscoveryPage(embedded)
    until(lambda: page.data.chosen and page.data.chosen.version.name == "middle")
    assert dropdown(page, "Dataset").value == "middle"
    until(lambda: "Heat map of u" in page.data.picture.value)
    assert "41 × 64 points" in html(page)


def test_data_over_one_axis_are_drawn_as_lines(page: DiscoveryPage):
    choose(page, "zeppelin")
    assert "Time series of x, y, z" in page.data.picture.value


def test_what_a_person_wrote_is_never_markup(page: DiscoveryPage):
    assert "<img src=x" not in html(page)
    assert "Hot wire &lt;img src=x onerror=alert(1)&gt; &amp; &lt;b&gt;run&lt;/b&gt; 3" in html(page)
    assert MARKUP not in html(page)


def test_a_press_of_the_button_finds_the_law(workspace: Workspace):
    page = opened(workspace)
    choose(page, "wave")
    page.find.click()
    until(lambda: "pf-verdict" in html(page), "a verdict")
    shown = html(page)
    assert "Identified: the data single out this law." in shown
    assert 'alt="u*u_x"' in shown
    assert 'alt="u_xx"' in shown
    assert "95 % interval" in shown
    assert "Predicted against observed" in shown or "predicted values of u_t" in shown
    assert "Heat map of Residual of u_t" in shown
    assert until(lambda: [one for one in page.recent.view.children[1].children if "u*u_x" in one.description])
    assert workspace.jobs.list()[0].state == "succeeded"


def reopen(page: DiscoveryPage, job: Job) -> None:
    """Open a discovery of before from the list."""
    [earlier] = until(
        lambda: [one for one in every(page.recent.view) if getattr(one, "tooltip", "") == job.id]
    )
    earlier.click()
    until(lambda: "pf-verdict" in html(page), "a verdict")


def test_the_list_says_which_discoveries_settled_no_law(embedded: Workspace):
    x, t = np.linspace(0, 2 * np.pi, 64, endpoint=False), np.linspace(0, 2, 41)
    waves = {"zz-standing": np.sin(x) + 0 * t[:, None], "zz-travelling": np.sin(x - t[:, None])}
    jobs = {}
    for name, u in waves.items():
        embedded.datasets.upload(xr.Dataset({"u": (("t", "x"), u)}, {"t": t, "x": x}), name)
        jobs[name] = embedded.jobs.submit("discover", inputs=name).wait(PATIENCE).id
    page = opened(embedded)

    def listed(name: str) -> str:
        found = [one for one in every(page.recent.view) if getattr(one, "tooltip", "") == jobs[name]]
        return found[0].description.partition("\n")[2] if found else ""

    standing = until(lambda: listed("zz-standing"))
    assert standing.startswith("No law: none of the ")
    assert "u_t = " not in standing
    assert until(lambda: listed("zz-travelling")).startswith("Ambiguous: u_t = ")


def test_an_earlier_discovery_opens_in_a_new_page(page: DiscoveryPage, found: Job):
    choose(page, "zeppelin")
    reopen(page, found)
    assert "The law behind wave@1" in html(page)
    assert dropdown(page, "Dataset").value == "wave"
    assert "Heat map of u" in page.data.picture.value


def test_a_page_that_shows_is_told_everything_again(page: DiscoveryPage, monkeypatch: Any):
    told: list[Any] = []
    monkeypatch.setattr(widgets.Widget, "send_state", lambda widget, *_: told.append(widget))
    [hello] = [one for one in every(page.view) if "pf-hello" in getattr(one, "_dom_classes", ())]
    hello.click()
    until(lambda: {id(one) for one in every(page.view)} <= {id(one) for one in told})


def test_other_data_take_the_result_of_the_first_away(page: DiscoveryPage, found: Job):
    reopen(page, found)
    choose(page, "zeppelin")
    assert "pf-verdict" not in html(page)


def test_a_file_becomes_a_dataset_and_is_chosen(page: DiscoveryPage, tmp_path: Path):
    path = tmp_path / "run.csv"
    pf.catalogue.get("lotka_volterra").field(t=50, seed=0).to_dataframe().to_csv(path)
    upload(page, "C:\\data\\My run.csv", path.read_bytes())
    until(lambda: "My run.csv is kept as My-run@1." in html(page))
    until(lambda: page.data.chosen and page.data.chosen.version.name == "My-run")


def test_a_file_that_is_no_field_is_refused_in_its_own_sentence(page: DiscoveryPage, embedded: Workspace):
    before = [info.name for info in embedded.datasets.list()]
    upload(page, "../<b>notes</b>.csv", b"hello\nworld\n")
    until(lambda: "separated by commas" in html(page))
    assert "the first line (&#x27;hello&#x27;) is a single column" in html(page)
    assert "<b>" not in html(page)
    assert [info.name for info in embedded.datasets.list()] == before
    assert not page.find.disabled


def test_a_search_can_be_cancelled(page: DiscoveryPage, embedded: Workspace):
    choose(page, "zeppelin")
    page.find.click()
    [cancel] = [one for one in every(page.job.view) if getattr(one, "description", "") == "Cancel"]
    until(lambda: page.job.job)
    cancel.click()
    until(lambda: "Cancelled" in html(page))
    assert embedded.jobs.list()[0].state == "cancelled"
    until(lambda: not page.find.disabled)


def test_a_search_that_fails_says_why(embedded: Workspace):
    embedded.datasets.upload(pf.catalogue.get("burgers").field(x=64, t=41).isel(t=slice(0, 2)), "zz-brief")
    page = opened(embedded)
    choose(page, "zz-brief")
    page.find.click()
    until(lambda: "The search failed:" in html(page))
    assert "Traceback" not in html(page)
    until(lambda: not page.find.disabled)


def test_a_page_follows_what_was_under_way_before_it_was_opened(embedded: Workspace):
    job = embedded.jobs.submit("discover", inputs="wave")
    page = DiscoveryPage(embedded)
    until(lambda: "pf-verdict" in html(page))
    assert job.refresh().state == "succeeded"


def test_several_files_are_chosen_from(embedded: Workspace, tmp_path: Path):
    folder = tmp_path / "runs"
    folder.mkdir()
    for number in (1, 2):
        field = pf.catalogue.get("lotka_volterra").field(t=60 + number, seed=number)
        field.to_dataframe().to_csv(folder / f"run {number}.csv")
    (folder / "notes.txt").write_text("measured on a Tuesday")
    embedded.datasets.upload(folder, "runs")
    page = opened(embedded)
    choose(page, "runs")
    assert dropdown(page, "File").options == ("run 1.csv", "run 2.csv")
    assert "61 points" in html(page)
    dropdown(page, "File").value = "run 2.csv"
    until(lambda: page.data.chosen and page.data.chosen.file == "run 2.csv")
    assert "62 points" in html(page)
    page.find.click()
    until(lambda: page.job.job)
    assert embedded.jobs.list()[0].config["file"] == "run 2.csv"


def test_axes_that_a_file_does_not_tell_are_asked_for(embedded: Workspace, tmp_path: Path, monkeypatch: Any):
    law = pf.catalogue.get("burgers").field(x=41, t=41, seed=0)
    square = law["u"].transpose("x", "t").values
    np.savez(tmp_path / "zz-square.npz", u=square, t=law["t"].values, x=law["x"].values)
    embedded.datasets.upload(tmp_path / "zz-square.npz")
    page = opened(embedded)
    [axes] = [one for one in every(page.view) if isinstance(one, widgets.Text)]
    assert (axes.description, axes.placeholder) == ("Axes", "for example t,x")
    assert axes.layout.display == "none"

    def asked(sentence: str) -> bool:
        return axes.layout.display is None and sentence in page.data.picture.value

    dropdown(page, "Dataset").value = "zz-square"
    until(lambda: asked("does not tell which axis is which"))
    assert page.find.disabled
    axes.value = "x,x"
    until(lambda: asked("dims must name at least one axis"))
    assert page.find.disabled
    axes.value = " x, t"
    until(lambda: not page.find.disabled)
    assert "Heat map of u" in page.data.picture.value
    page.find.click()
    until(lambda: "pf-verdict" in html(page), "a verdict")
    assert embedded.jobs.list()[0].config["dims"] == "x, t"
    until(lambda: not page.find.disabled)
    assert (axes.value, axes.layout.display) == ("x, t", None)

    monkeypatch.setattr("physforge_kernel.widgets._data.MOST_DRAWN", 1)
    axes.value = ""
    until(lambda: asked("does not tell which axis is which"))
    axes.value = "x,t"
    until(lambda: "too much to draw" in page.data.picture.value)
    choose(page, "zeppelin")
    assert (axes.value, axes.layout.display) == ("", "none")


def test_a_report_is_made_and_shown_where_nothing_runs(
    page: DiscoveryPage, found: Job, embedded: Workspace, monkeypatch: Any
):
    monkeypatch.setenv("VOILA_BASE_URL", "/user/ada/")
    reopen(page, found)
    [make] = [one for one in every(page.result.view) if getattr(one, "description", "") == "Make the report"]
    make.click()
    until(lambda: "Open the report" in html(page))
    [report] = [one for one in embedded.reports.list() if one.job == found.id]
    assert f'href="/user/ada/physforge/api/v1/reports/{report.id}/page"' in html(page)
    [read] = [one for one in every(page.result.view) if getattr(one, "description", "") == "Read it here"]
    read.click()
    until(lambda: '<iframe sandbox=""' in html(page))
    assert "<script" not in html(page)


def test_a_workspace_that_cannot_be_opened_is_a_sentence(monkeypatch: Any, tmp_path: Path):
    monkeypatch.setenv("PHYSFORGE_URL", f"unix:{tmp_path / 'nobody'}")
    page = DiscoveryPage()
    until(lambda: page.notice.view.value)
    assert 'role="alert"' in page.notice.view.value
    assert "Traceback" not in page.notice.view.value


def test_a_page_on_an_empty_workspace_says_what_to_do(tmp_path: Path, monkeypatch: Any):
    monkeypatch.setenv("PHYSFORGE_HOME", str(tmp_path / "empty"))
    page = DiscoveryPage()
    until(lambda: "You have no data here yet." in html(page))
    assert page.find.disabled


def test_a_page_on_an_empty_workspace_offers_what_comes_with_physforge(tmp_path: Path):
    page = DiscoveryPage(EmbeddedWorkspace(tmp_path / "empty"))

    def offered() -> list[widgets.Button]:
        return [one for one in every(page.data.view) if isinstance(one, widgets.Button)]

    until(offered)
    assert [one.description.partition("\n")[0] for one in offered()] == ["burgers", "kdv", "lorenz"]
    offered()[1].click()
    until(lambda: page.data.chosen and page.data.chosen.version.ref == "kdv@1")
    assert "Waves on shallow water" in html(page)
    assert not offered()


@pytest.mark.parametrize("error", [WorkspaceError("The disk is full. Free some."), RuntimeError("boom")])
def test_a_submission_that_fails_is_a_sentence(
    page: DiscoveryPage, monkeypatch: Any, embedded: Any, error: Exception
):
    def refuse(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(embedded.jobs, "submit", refuse)
    page.find.click()
    until(lambda: page.notice.view.value)
    assert ("The disk is full. Free some." in page.notice.view.value) == isinstance(error, WorkspaceError)
    assert "boom" not in page.notice.view.value
    until(lambda: not page.find.disabled)
