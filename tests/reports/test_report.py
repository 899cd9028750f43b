"""The report of a real discovery: a page that needs nothing, a notebook that reruns."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import sync_playwright

from physforge_kernel import __version__
from physforge_kernel.errors import JobError, NotFoundError, ReportError
from physforge_kernel.jobs import kinds, trial
from physforge_kernel.reports import discovery, law, templates
from physforge_kernel.reports._export import POLICY
from physforge_kernel.reports._kernel import execute

from .conftest import DESCRIPTION, TITLE

CHROMIUM = "/usr/bin/chromium"


class Page(HTMLParser):
    """What a page would load, what it shows, and which tags it has."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [
            value or "" for name, value in attrs if name in ("src", "href", "srcset", "data", "action")
        ]
        if tag == "img":
            self.pictures.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def html(report) -> str:
    return report.html.read_text()


@pytest.fixture(scope="module")
def page(html) -> Page:
    return Page(html)


def test_the_record_names_the_job_the_template_and_the_files(found, report):
    assert (report.job, report.template, report.title) == (found.job, "discovery", TITLE)
    assert found.workspace.reports.get(report.id).html.samefile(report.html)


def test_nothing_in_the_page_is_loaded_from_anywhere(page, html):
    assert page.loads
    assert all(load.startswith("data:image/") for load in page.loads)
    assert not {"script", "link", "iframe", "object", "embed"} & set(page.tags)
    assert "url(" not in html
    assert "@import" not in html


def test_a_browser_without_network_shows_the_whole_page(report, tmp_path):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(offline=True, viewport={"width": 390, "height": 844})
        tab = context.new_page()
        complaints: list[str] = []
        tab.on("requestfailed", lambda request: complaints.append(request.url[:200]))
        tab.on("console", lambda message: complaints.append(message.text))
        tab.goto(report.html.as_uri())
        pictures = tab.locator("img").all()
        drawn = [picture.evaluate("it => it.complete && it.naturalWidth > 0") for picture in pictures]
        width = tab.evaluate("document.documentElement.scrollWidth")
        policy = tab.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content")
        escaped = tab.evaluate("fetch('https://example.org').then(() => 'out', () => 'kept in')")
        browser.close()
    assert len(drawn) > 10
    assert all(drawn)
    assert width == 390
    assert policy == POLICY
    assert escaped == "kept in"
    assert [line for line in complaints if "example.org" not in line] == []


def test_the_page_shows_the_job_s_own_law_and_numbers(found, page):
    assert found.result["equation"] in page.text
    assert found.result["latex"] in page.text
    for side in law.sides(found.result):
        for term in side.terms:
            assert str(term.rounded) in page.text
            assert term.interval_text in page.text
            assert any((picture["alt"] or "").endswith(term.factors) for picture in page.pictures)
    for candidate in found.result["candidates"]:
        assert candidate["equation"] in page.text
    for note in found.result["notes"]:
        assert note in page.text
    assert found.result["verdict"]["text"][1:] in page.text


def test_the_page_says_where_it_came_from(found, page):
    version = found.workspace.datasets.get("wake")
    facts = [
        version.ref,
        version.id,
        *(file.sha256 for file in version.files),
        found.job,
        f"PhysForge {__version__}",
    ]
    for fact in facts:
        assert fact in page.text
    assert "inputs='wake@1'" in page.text


def test_every_picture_has_words_for_those_who_cannot_see_it(page):
    assert all(picture["alt"] for picture in page.pictures)
    alts = " ".join(picture["alt"] or "" for picture in page.pictures)
    for words in (
        "Heat map of u over t and x",
        "predicted values of u_t",
        "Residual of u_t",
        "Relative error",
    ):
        assert words in alts


def test_axes_carry_units(found, page):
    assert "u [m/s]" in page.text
    assert "x [m] from" in page.text


def test_what_people_typed_is_text_and_never_markup(html, page):
    assert TITLE in page.text
    assert DESCRIPTION in page.text
    assert "alert(1)</script>" not in html
    assert "onerror=alert(1)>" not in html


def test_code_stays_in_the_notebook_and_out_of_the_page(report, page):
    notebook = nbformat.read(report.notebook, as_version=4)
    assert any("pf.connect()" in cell.source for cell in notebook.cells)
    assert "discovery.load" not in page.text


def test_the_notebook_knows_nothing_of_the_machine_it_ran_on(found, report):
    text = report.notebook.read_text()
    assert str(found.home) not in text
    assert str(Path.home()) not in text
    nbformat.validate(nbformat.reads(text, as_version=4))


def test_the_notebook_reruns_and_shows_the_same(found, report, tmp_path):
    notebook = nbformat.read(report.notebook, as_version=4)
    again = execute(
        notebook,
        tmp_path / "again.ipynb",
        {},
        environment={"PHYSFORGE_HOME": str(found.home)},
        folder=tmp_path,
        seconds=120,
        progress=lambda fraction, message: None,
    )

    def shown(executed):
        markup = [o.data["text/html"] for c in executed.cells for o in c.get("outputs", ()) if "data" in o]
        return [re.sub(r"<dt>rendered</dt><dd>[^<]*</dd>|data:[^\"]*", "", one) for one in markup]

    assert shown(again) == shown(notebook)
    assert len(shown(again)) == 7


def test_a_law_that_cannot_be_run_forward_is_said_politely(found):
    run = discovery.load(found.workspace, found.job)
    backwards = {"u_t": {"u_xx": -5.0, "u^3": 40.0}}
    unstable = discovery.Run(run.job, {**run.result, "terms": backwards}, run.dataset, run.field, run.fit)
    made = discovery.rollout(unstable)
    assert made.field is None
    assert made.reason
    shown = discovery.forward(unstable, made)
    assert "could not be run forward" in shown.markup
    assert "<img" not in shown.markup


def test_where_the_data_settle_no_law_none_is_shown(found):
    run = discovery.load(found.workspace, found.job)
    verdict = {"kind": "not identifiable", "text": "u_t cannot be told from noise."}
    unsettled = replace(run, result={**run.result, "verdict": verdict})
    coefficient = law.sides(run.result)[0].terms[0].rounded.value
    rolled = discovery.rollout(unsettled)
    assert rolled.field is None
    for part, shown in {
        "u_t cannot be told from noise": discovery.headline(unsettled),
        "The data settle no law": discovery.law(unsettled),
        "no law whose fit": discovery.fit(unsettled),
        "no law to run forward": discovery.forward(unsettled, rolled),
    }.items():
        assert part in shown.markup
        assert coefficient not in shown.markup + shown.text
    assert "the law above" not in discovery.candidates(unsettled).markup


def test_a_template_or_job_that_is_not_there_is_a_sentence(found):
    with pytest.raises(ReportError, match=r"no report template 'discoveries'; templates are .*discovery"):
        found.workspace.reports.render(found.job, template="discoveries")
    with pytest.raises(NotFoundError, match="job-none"):
        found.workspace.reports.render("job-none")
    assert "discovery" in templates()


def test_a_report_needs_no_dataset_that_is_still_listed(found):
    with pytest.raises(NotFoundError):
        found.workspace.datasets.get("gone")
    report = found.workspace.reports.render(found.orphan)
    assert report.title == "The law behind gone"
    assert "gone@1" in Page(report.html.read_text()).text


def test_a_cell_that_fails_is_said_and_its_notebook_is_kept(found):
    with pytest.raises(
        ReportError, match=r"The report could not be rendered\. The object .* is missing"
    ) as raised:
        found.workspace.reports.render(found.broken)
    kept = found.home / "failed-reports" / f"{found.broken}.ipynb"
    assert str(kept) in str(raised.value)
    assert "Traceback" not in str(raised.value)
    notebook = nbformat.read(kept, as_version=4)
    assert any(output.output_type == "error" for cell in notebook.cells for output in cell.get("outputs", ()))


def test_a_report_can_be_had_as_a_job(found):
    job = found.workspace.jobs.submit("report", {"job": found.job, "title": "As a job"})
    made = found.workspace.reports.get(job.result(timeout=120)["report"])
    assert (made.title, made.job, made.template) == ("As a job", found.job, "discovery")
    assert "As a job" in made.html.read_text()
    assert job.progress == 1.0

    failed = found.workspace.jobs.submit("report", {"job": found.broken})
    with pytest.raises(JobError, match=r"could not be rendered\. The object .* is missing"):
        failed.result(timeout=120)
    assert failed.attempt == 1


def test_a_report_job_that_died_after_rendering_renders_no_second_report(tmp_path):
    (tmp_path / "checkpoint").write_text("report-1")
    kind = kinds.get("report")
    kind.run(kind.parse({"job": "job-1"}), trial(tmp_path))
    assert json.loads((tmp_path / "artifacts" / "result.json").read_text()) == {"report": "report-1"}
