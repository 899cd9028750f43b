"""Owners: nobody sees, opens, pins, follows, cancels, renders, reports on or deletes what another has."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from physforge_kernel.errors import ConflictError, NotFoundError, WorkspaceError
from physforge_kernel.workspace import EmbeddedWorkspace, Job, JobRecords, Report, Version
from physforge_kernel.workspace._database import Database
from physforge_kernel.workspace._object_store import LocalObjectStore
from physforge_kernel.workspace._schema import open_database

from .conftest import claimed, files_under, wave_csv


@dataclasses.dataclass(frozen=True)
class Belongings:
    """What an owner has: a dataset, a job that waits for it, one that runs, and a report."""

    version: Version
    queued: Job
    running: Job
    report: Report
    page: Path
    """A file to make a report of."""


def render(workspace: EmbeddedWorkspace, job_id: str, **how: Any) -> Report:
    page = workspace.home.parent / "page"
    page.write_text("a page")
    return workspace.reports.add(how["title"] or "Theirs", how["template"], job_id, page, page)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("owners") / "home"


@pytest.fixture(scope="module")
def lab(home: Path) -> EmbeddedWorkspace:
    return EmbeddedWorkspace(home, renderer=render)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedWorkspace:
    """A workspace in which nobody has anything."""
    return EmbeddedWorkspace(tmp_path_factory.mktemp("empty") / "home", renderer=render)


@pytest.fixture(scope="module")
def hers(lab: EmbeddedWorkspace, home: Path) -> Belongings:
    """What Ann has."""
    ann = lab.acting_for("ann")
    source = wave_csv(home.parent / "wave.csv")
    version = ann.datasets.upload(source, "wake", description="of Ann's", tags=["hers"])
    running = ann.jobs.submit("tidy", idempotency_key="once")
    claim = claimed(ann)
    ann.records.append_event(running.id, claim.fence, "log", {"text": "Ann's log"})
    ann.records.add_artifact(running.id, claim.fence, "result.json", source)
    queued = ann.jobs.submit("discover", inputs="wake", name="hers")
    return Belongings(version, queued, running, ann.reports.render(running), source)


ACTS: dict[str, Callable[[EmbeddedWorkspace, Belongings, Path], object]] = {
    "get a dataset by name": lambda who, its, to: who.datasets.get("wake"),
    "get a version by reference": lambda who, its, to: who.datasets.get("wake@1"),
    "get a version by id": lambda who, its, to: who.datasets.get(its.version.id),
    "get a version by itself": lambda who, its, to: who.datasets.get(its.version),
    "list versions": lambda who, its, to: who.datasets.versions("wake"),
    "open by name": lambda who, its, to: who.datasets.open("wake"),
    "open by id": lambda who, its, to: who.datasets.open(its.version.id),
    "path by name": lambda who, its, to: who.datasets.path("wake@1"),
    "path by id": lambda who, its, to: who.datasets.path(its.version.id),
    "download by name": lambda who, its, to: who.datasets.download("wake", to),
    "download by id": lambda who, its, to: who.datasets.download(its.version.id, to),
    "file by name": lambda who, its, to: who.datasets.file("wake", "wave.csv"),
    "file by id": lambda who, its, to: who.datasets.file(its.version.id, "wave.csv"),
    "delete": lambda who, its, to: who.datasets.delete("wake"),
    "pin by name": lambda who, its, to: who.jobs.submit("discover", inputs="wake"),
    "pin by reference": lambda who, its, to: who.jobs.submit("discover", inputs={"field": "wake@1"}),
    "pin by id": lambda who, its, to: who.jobs.submit("discover", inputs=its.version.id),
    "pin by itself": lambda who, its, to: who.jobs.submit("discover", inputs=its.version),
    "get a job": lambda who, its, to: who.jobs.get(its.queued.id),
    "read a job's record": lambda who, its, to: who.jobs.record(its.running.id),
    "cancel a job that waits": lambda who, its, to: who.jobs.cancel(its.queued.id),
    "cancel a job that runs": lambda who, its, to: who.jobs.cancel(its.running.id),
    "read a job's events": lambda who, its, to: who.jobs.events(its.running.id),
    "watch a job": lambda who, its, to: list(who.jobs.watch(its.running.id, timeout=0)),
    "wait for a job": lambda who, its, to: who.jobs.wait(its.running.id, timeout=0),
    "read a job's result": lambda who, its, to: who.jobs.result(its.running.id, timeout=0),
    "list a job's artifacts": lambda who, its, to: who.jobs.artifacts(its.running.id),
    "read a job's artifact": lambda who, its, to: who.jobs.artifact(its.running.id, "result.json"),
    "read a job's log": lambda who, its, to: who.jobs.log(its.running.id),
    "render a job's report": lambda who, its, to: who.reports.render(its.running.id),
    "report on a job": lambda who, its, to: who.reports.add("x", "x", its.running.id, its.page, its.page),
    "get a report": lambda who, its, to: who.reports.get(its.report.id),
    "read a report's record": lambda who, its, to: who.reports.record(its.report.id),
}


def seen(who: EmbeddedWorkspace, its: Belongings) -> list[object]:
    """Return everything that an owner's belongings show to the owner."""
    return [
        who.datasets.list(),
        who.datasets.versions("wake"),
        who.datasets.path("wake").read_bytes(),
        who.jobs.records(),
        who.jobs.events(its.running.id),
        who.reports.records(),
        its.report.html.read_bytes(),
    ]


@pytest.mark.parametrize("act", ACTS)
def test_what_another_owner_has_is_answered_like_what_nobody_has(
    lab: EmbeddedWorkspace, empty: EmbeddedWorkspace, hers: Belongings, tmp_path: Path, act: str
):
    ann, target = lab.acting_for("ann"), tmp_path / "to"
    before = seen(ann, hers)
    for stranger in ("", "bob", "Ann", "ann2"):
        with pytest.raises(NotFoundError) as answer:
            ACTS[act](lab.acting_for(stranger), hers, target)
        with pytest.raises(NotFoundError) as of_nobodys:
            ACTS[act](empty.acting_for(stranger), hers, target)
        assert str(answer.value) == str(of_nobodys.value), "the answer tells that there is something"
    assert seen(ann, hers) == before
    assert not target.exists()


def test_the_matrix_tries_everything_that_takes_a_name_or_an_id(lab: EmbeddedWorkspace):
    takes_none = {
        *("datasets.list", "datasets.upload", "jobs.list", "jobs.records", "jobs.take_up"),
        *("jobs.changed_since", "reports.list", "reports.records"),
    }
    public = {
        f"{room}.{name}"
        for room in ("datasets", "jobs", "reports")
        for name in vars(type(getattr(lab, room)))
        if not name.startswith("_")
    }
    called = " ".join(inspect.getsource(act) for act in ACTS.values())
    assert {one for one in public - takes_none if f"who.{one}(" not in called} == set()


def test_lists_hold_what_is_ones_own(lab: EmbeddedWorkspace, hers: Belongings):
    for stranger in ("", "bob"):
        other = lab.acting_for(stranger)
        for listed in (other.datasets.list(), other.datasets.list("hers"), other.jobs.list()):
            assert listed == []
        assert (other.jobs.records(), other.reports.list(), other.reports.records()) == ([], [], [])
        for known in ({}, {hers.running.id: 0}):
            assert other.jobs.changed_since(known) == []
    ann = lab.acting_for("ann")
    assert [info.name for info in ann.datasets.list("hers")] == ["wake"]
    assert {job.id for job in ann.jobs.list()} == {hers.queued.id, hers.running.id}
    assert {job.id for job in ann.jobs.changed_since({})} == {hers.queued.id, hers.running.id}
    assert [report.id for report in ann.reports.list()] == [hers.report.id]
    assert {job.owner for job in lab.records.list()} == {"ann"}, "the runner sees everybody's"


def test_equal_names_bytes_and_keys_are_each_owners_own(tmp_path: Path):
    lab = EmbeddedWorkspace(tmp_path / "home")
    ann, bob = lab.acting_for("ann"), lab.acting_for("bob")
    source = wave_csv(tmp_path / "wave.csv")
    first = ann.datasets.upload(source, "wake", description="hers")
    second = bob.datasets.upload(source, "wake", description="his")
    assert (second.ref, second.reused) == ("wake@1", False)
    assert first.id == second.id
    assert (ann.datasets.get(second.id).description, bob.datasets.get(first.id).description) == (
        "hers",
        "his",
    )
    assert len(files_under(lab.home / "objects")) == 1

    jobs = [who.jobs.submit("tidy", inputs="wake", idempotency_key="once") for who in (ann, bob)]
    assert jobs[0].id != jobs[1].id
    assert ann.jobs.submit("tidy", inputs="wake", idempotency_key="once").id == jobs[0].id
    with pytest.raises(ConflictError) as refused:
        bob.jobs.submit("other", idempotency_key="once")
    assert jobs[0].id not in str(refused.value)

    bob.datasets.delete("wake")
    assert ann.datasets.open("wake").sizes["x"] == 8
    assert bob.datasets.get(second.id).description == "his", "his job was given it"
    with pytest.raises(NotFoundError):
        bob.datasets.get("wake")


@pytest.mark.parametrize("owner", [" ann", "ann\n", "a\x00b", "a" * 256, "\x1b[31m"])
def test_a_name_that_cannot_be_told_apart_owns_nothing(tmp_path: Path, owner: str):
    with pytest.raises(WorkspaceError, match="cannot own anything"):
        EmbeddedWorkspace(tmp_path / "home", owner=owner)


_OWNERS = st.sampled_from(["ann", "bob", "eve"])
_ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), _OWNERS, st.none() | st.sampled_from(["k1", "k2"])),
        st.tuples(st.just("cancel"), _OWNERS, st.integers(0, 9)),
        st.tuples(st.just("claim"), _OWNERS, st.none()),
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Database, LocalObjectStore]:
    """Where the records of many owners are kept."""
    home = tmp_path_factory.mktemp("shared")
    return open_database(home), LocalObjectStore(home)


@settings(max_examples=25, deadline=None)
@given(acts=_ACTS)
def test_whatever_is_done_in_whatever_order_jobs_stay_with_their_owners(
    shared: tuple[Database, LocalObjectStore], acts: list[tuple[str, str, Any]]
):
    nth = len(JobRecords(*shared).list(limit=10_000))  # owners that earlier examples do not know
    records = {owner: JobRecords(*shared, owner=f"{owner} {nth}") for owner in ("ann", "bob", "eve")}
    model: dict[str, dict[str, str]] = {owner: {} for owner in records}
    keys: dict[tuple[str, str], str] = {}
    order: list[str] = []
    for act, owner, chosen in acts:
        mine = model[owner]
        if act == "submit":
            job = records[owner].submit("k", idempotency_key=chosen)
            if chosen is not None:
                assert keys.setdefault((owner, chosen), job.id) == job.id
            if job.id not in mine:
                mine[job.id] = "queued"
                order.append(job.id)
        elif act == "claim":
            claim = records[owner].claim("runner", 60)
            assert (claim is not None) == ("queued" in mine.values())
            if claim is not None:
                assert mine[claim.job.id] == "queued"
                mine[claim.job.id] = "running"
        elif order:
            target = order[chosen % len(order)]
            with nullcontext() if target in mine else pytest.raises(NotFoundError):
                records[owner].request_cancel(target)
            if mine.get(target) == "queued":
                mine[target] = "cancelled"
    for owner, its in records.items():
        assert {job.id: job.state for job in its.list()} == model[owner]
        assert {job.owner for job in its.list()} <= {f"{owner} {nth}"}
        assert sum(its.counts().values()) == len(model[owner])
