"""Server-sent events: a job's story and every change of one's jobs, without a thread for each listener."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio import CapacityLimiter
from starlette.requests import Request
from starlette.responses import Response

from physforge_kernel.client._events import parsed
from physforge_kernel.errors import WorkspaceError
from physforge_kernel.service import SCOPES, Detour, Person, Settings, _board, _feed
from physforge_kernel.service._streams import written
from physforge_kernel.workspace import Claim, EmbeddedWorkspace
from physforge_kernel.workspace._job_views import JobRecord
from physforge_kernel.workspace._jobs import EmbeddedJobs

from .conftest import Running, eventually, problem, running, uploaded


@pytest.fixture
def job(service: Running, ann: httpx.Client) -> Iterator[str]:
    """A job of hers that waits; it is cancelled in the end."""
    uploaded(ann, "watched")
    id = ann.post("jobs", json={"kind": "discover", "inputs": {"field": "watched"}}).json()["id"]
    yield id
    ann.post(f"jobs/{id}/cancel")


def claimed(workspace: EmbeddedWorkspace, id: str) -> Claim:
    """Take this job as a runner does, and any other that comes first."""
    while (claim := workspace.records.claim("test", 60)) is not None:
        if claim.job.id == id:
            return claim
    raise AssertionError(f"{id} is not queued")


@contextmanager
def listening(
    client: httpx.Client, path: str, **headers: str
) -> Iterator[Iterator[tuple[str, dict[str, Any]]]]:
    with client.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield ((type, json.loads(data)) for type, data in parsed(answer.iter_lines()))


def test_a_jobs_story_is_told_as_it_happens_and_ends_with_the_job(
    service: Running, ann: httpx.Client, job: str
):
    with listening(ann, f"jobs/{job}/events") as events:
        type, first = next(events)
        assert (type, first["seq"], first["job"]) == ("queued", 1, job)
        claim = claimed(service.workspace, job)
        assert next(events)[0] == "running"
        service.workspace.records.report_progress(job, claim.fence, 0.5, "<b>half</b>\n\ndata: x")
        type, half = next(events)
        assert (type, half["data"]) == ("progress", {"fraction": 0.5, "message": "<b>half</b>\n\ndata: x"})
        service.workspace.records.append_event(job, claim.fence, "odd\nevent: evil", {})
        assert next(events)[0] == "odd_event:_evil"
        service.workspace.records.finish(job, claim.fence, "failed", "No law.")
        assert [type for type, _ in events] == ["failed"]


def test_a_story_goes_on_where_it_was_left(service: Running, ann: httpx.Client, job: str):
    claim = claimed(service.workspace, job)
    for n in range(5):
        service.workspace.records.append_event(job, claim.fence, "log", {"text": str(n)})
    service.workspace.records.finish(job, claim.fence, "succeeded")
    with listening(ann, f"jobs/{job}/events") as events:
        whole = [event["seq"] for _, event in events]
    assert whole == list(range(1, 9))
    for left in (
        listening(ann, f"jobs/{job}/events?after=5"),
        listening(ann, f"jobs/{job}/events", **{"Last-Event-ID": "5"}),
        listening(ann, f"jobs/{job}/events?after=2", **{"Last-Event-ID": "5"}),
    ):
        with left as events:
            assert [event["seq"] for _, event in events] == [6, 7, 8]
    for none in (listening(ann, f"jobs/{job}/events?after=8"), listening(ann, f"jobs/{job}/events?after=99")):
        with none as events:
            assert list(events) == []
    for hostile in ("x", "-1", "9" * 40, "1_0"):
        with listening(ann, f"jobs/{job}/events", **{"Last-Event-ID": hostile}) as events:
            assert len(list(events)) == 8


def test_patience_is_the_callers(ann: httpx.Client, job: str):
    for wait in (0, 0.3):
        began = time.monotonic()
        with listening(ann, f"jobs/{job}/events?wait={wait}") as events:
            assert [type for type, _ in events] == ["queued"]
        assert time.monotonic() - began >= wait
    problem(ann.get(f"jobs/{job}/events?wait=-1"), 422)
    problem(ann.get(f"jobs/{job}/events?after=-1"), 422)


def test_changes_begin_with_the_newest_jobs_and_tell_of_every_change_of_ones_own(
    service: Running, ann: httpx.Client, bob: httpx.Client, job: str
):
    uploaded(bob, "his")
    with listening(ann, "jobs/changes") as changes:
        there: dict[str, str] = {}
        while there.get(job) != "queued":
            type, record = next(changes)
            assert (type, record["owner"]) == ("job", "ann")
            there[record["id"]] = record["state"]
        his = bob.post("jobs", json={"kind": "discover", "inputs": {"field": "his"}}).json()["id"]
        bob.post(f"jobs/{his}/cancel")
        hers = ann.post("jobs", json={"kind": "discover", "inputs": {"field": "watched"}}).json()["id"]
        seen = []
        while (hers, "queued") not in seen:
            record = next(changes)[1]
            seen.append((record["id"], record["state"]))
        ann.post(f"jobs/{hers}/cancel")
        while (hers, "cancelled") not in seen:
            record = next(changes)[1]
            seen.append((record["id"], record["state"]))
        assert all(id != his for id, _ in seen)


def test_idle_streams_hold_no_thread_and_say_that_they_live(tmp_path: Path):
    many = 60  # more than there are threads for blocking work
    with (
        running(tmp_path / "home", Settings(heartbeat_seconds=0.2, open_streams=many)) as service,
        service.client() as ann,
        ExitStack() as stack,
    ):
        answers = [stack.enter_context(ann.stream("GET", "jobs/changes")) for _ in range(many)]
        streams = [answer.iter_lines() for answer in answers]
        for lines in streams:
            assert next(lines) == ": here they come"
        assert "nothing new" in "".join(next(streams[0]) for _ in range(4))
        assert threading.active_count() < many
        assert ann.get("datasets").status_code == 200
        assert f"physforge_event_streams {many}.0" in ann.get("metrics").text


def test_streams_end_when_the_service_stops_and_are_forgotten_when_left(tmp_path: Path):
    with running(tmp_path / "home") as service, service.client() as ann:
        streams = service.server._service.streams
        with listening(ann, "jobs/changes"):
            eventually(lambda: streams.open == 1, "The stream is heard")
        eventually(lambda: streams.open == 0, "The stream that was left is forgotten")
        with listening(ann, "jobs/changes") as changes:
            service.server.stop()
            assert list(changes) == []


def test_whoever_waits_hears_that_no_runner_can_be_started(tmp_path: Path):
    with running(tmp_path / "home") as service, service.client() as ann:
        uploaded(ann, "waiting")
        job = ann.post("jobs", json={"kind": "discover", "inputs": {"field": "waiting"}}).json()["id"]

        def refuse(home: Path) -> None:
            raise OSError(28, "No space left on device")

        service.workspace._on_submit = refuse
        with listening(ann, f"jobs/{job}/events") as events:
            told = list(events)
        assert [type for type, _ in told] == ["queued", "problem"]
        assert "No space left on device" in told[-1][1]["detail"]


def test_an_event_is_one_event_whatever_its_type():
    assert written("log\r\n\r\ndata: x", "{}") == b"event: log_data:_x\ndata: {}\n\n"
    assert written(" \n", "{}", 7) == b"id: 7\nevent: event\ndata: {}\n\n"


def test_lists_and_changes_leave_long_settings_out_which_the_job_itself_has(
    service: Running, ann: httpx.Client
):
    cell = {"cell_type": "markdown", "metadata": {}, "id": "long", "source": "é" * 150_000}
    source = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]})
    jobs = service.workspace.acting_for("ann").jobs
    id = jobs.submit("notebook", {"notebook": "mine", "source": source, "parameters": {}}).id
    try:
        whole = ann.get(f"jobs/{id}").json()["config"]
        assert "é" * 150_000 in json.loads(whole["source"])["cells"][0]["source"]
        brief = {"notebook": "mine", "parameters": {}}
        listed = ann.get("jobs?limit=1")
        assert [(one["id"], one["config"]) for one in listed.json()] == [(id, brief)]
        assert len(listed.content) < 4_000
        with listening(ann, "jobs/changes?wait=0") as changes:
            told = {record["id"]: record for _, record in changes}
        assert told[id] == listed.json()[0]
        assert max(len(json.dumps(record)) for record in told.values()) < 4_000
    finally:
        ann.post(f"jobs/{id}/cancel")


class Revocable:
    """Takes everybody for ann, until told otherwise."""

    def __init__(self) -> None:
        self.answer: Person | Detour | None = Person("ann", frozenset(SCOPES))
        self.asked = 0

    async def person(self, request: Request) -> Person | None:
        self.asked += 1
        if isinstance(self.answer, Detour):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    "answer",
    [
        None,
        Person("bob", frozenset(SCOPES)),
        Person("ann", frozenset({"custom:physforge:jobs:submit"})),
        Detour(Response(status_code=503)),
    ],
    ids=["nobody", "somebody else", "a scope less", "no answer"],
)
def test_streams_end_at_a_heartbeat_once_their_listener_is_no_longer_let_in(
    tmp_path: Path, answer: Person | Detour | None
):
    sign_in = Revocable()
    with (
        running(tmp_path / "home", Settings(heartbeat_seconds=0.1), sign_in) as service,
        service.client() as ann,
    ):
        uploaded(ann, "watched")
        job = ann.post("jobs", json={"kind": "discover", "inputs": {"field": "watched"}}).json()["id"]
        streams = service.server._service.streams
        with listening(ann, "jobs/changes") as changes, listening(ann, f"jobs/{job}/events") as events:
            assert next(changes)[1]["id"] == job
            assert next(events)[0] == "queued"
            before = sign_in.asked
            eventually(lambda: sign_in.asked >= before + 4, "Both streams ask again")
            assert streams.open == 2
            sign_in.answer = answer
            assert list(changes) == []
            assert list(events) == []


def test_a_stream_in_which_much_happens_ends_as_well(tmp_path: Path):
    sign_in = Revocable()
    with (
        running(tmp_path / "home", Settings(heartbeat_seconds=0.3), sign_in) as service,
        service.client() as ann,
    ):
        uploaded(ann, "watched")
        job = ann.post("jobs", json={"kind": "discover", "inputs": {"field": "watched"}}).json()["id"]
        claim = claimed(service.workspace, job)
        with listening(ann, f"jobs/{job}/events") as events:
            sign_in.answer = None
            deadline = time.monotonic() + 30
            service.workspace.records.append_event(job, claim.fence, "log", {"text": "here"})
            for type, _ in events:  # each that is told makes the next
                assert time.monotonic() < deadline, "The stream goes on"
                if type == "log":
                    service.workspace.records.append_event(job, claim.fence, "log", {"text": "more"})
        assert not service.workspace.acting_for("ann").jobs.record(job).is_finished


def test_a_persons_streams_share_what_is_read_for_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    many, reads = 20, 0
    read = EmbeddedJobs.changed_since

    def counted(self: EmbeddedJobs, known: Mapping[str, int]) -> list[JobRecord]:
        nonlocal reads
        reads += 1
        return read(self, known)

    monkeypatch.setattr(EmbeddedJobs, "changed_since", counted)
    with running(tmp_path / "home") as service, service.client() as ann, ExitStack() as stack:
        uploaded(ann, "watched")
        job = ann.post("jobs", json={"kind": "discover", "inputs": {"field": "watched"}}).json()["id"]
        streams = [stack.enter_context(listening(ann, "jobs/changes")) for _ in range(many)]
        assert {next(stream)[1]["state"] for stream in streams} == {"queued"}
        claim = claimed(service.workspace, job)
        began, before, seen = time.monotonic(), reads, 0.0
        for n in range(1, 101):  # faster than anybody reads
            service.workspace.records.report_progress(job, claim.fence, n / 100, "on its way")
        for stream in streams:
            while (seen := next(stream)[1]["progress"]) < 1:
                pass
        assert seen == 1
        assert reads - before <= 2 + (time.monotonic() - began) / 0.5


def test_of_streams_one_person_has_so_many_and_other_requests_go_on(tmp_path: Path):
    with (
        running(tmp_path / "home", Settings(open_streams=2, heartbeat_seconds=0.1)) as service,
        service.client() as ann,
        service.client("bob-token") as bob,
    ):
        uploaded(ann, "watched")
        job = ann.post("jobs", json={"kind": "discover", "inputs": {"field": "watched"}}).json()["id"]
        paths = ("jobs/changes", f"jobs/{job}/events")
        with listening(ann, paths[0]) as first:
            next(first)
            with listening(ann, paths[1]) as second:
                next(second)
                for path in paths:
                    refused = ann.get(path)
                    assert "You have 2 event streams open" in problem(refused, 429)
                    assert int(refused.headers["retry-after"]) > 0
                    with listening(ann, f"{path}?wait=0") as told:  # which does not stay
                        assert len(list(told)) == 1
                with bob.stream("GET", paths[0]) as his:
                    assert his.status_code == 200
            streams = service.server._service.streams
            eventually(lambda: streams.open == 1, "The streams that were left are forgotten")
            with ann.stream("GET", paths[1]) as again:
                assert again.status_code == 200


def test_streams_that_read_hold_no_thread_that_others_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    many, go_on = 60, threading.Event()  # more than there are threads for blocking work
    read = EmbeddedJobs.changed_since

    def slow(self: EmbeddedJobs, known: Mapping[str, int]) -> list[JobRecord]:
        go_on.wait(60)
        return read(self, known)

    monkeypatch.setattr(EmbeddedJobs, "changed_since", slow)
    with running(tmp_path / "home") as service, service.client() as ann, ExitStack() as stack:
        stack.callback(go_on.set)
        for _ in range(many):
            answer = stack.enter_context(ann.stream("GET", "jobs/changes?wait=0"))
            assert next(answer.iter_lines()) == ": here they come"
        assert ann.get("datasets", timeout=10).status_code == 200


def test_a_look_that_fails_is_logged_and_made_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(_feed, "_AGAIN", 0.01)
    answers = iter([False, sqlite3.OperationalError("disk I/O error"), True])

    def changed() -> bool:
        answer = next(answers, False)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def hear() -> bool:
        feed = _feed.Feed(lambda: nullcontext(changed), CapacityLimiter(1))
        async with feed.listen() as news:
            return await news.changed(10)

    assert asyncio.run(hear())
    assert "could not be asked for changes" in caplog.text
    assert "disk I/O error" in caplog.text


def test_jobs_that_cannot_be_read_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    read, failures = EmbeddedJobs.changed_since, iter([WorkspaceError("The disk is full.")])

    def failing(self: EmbeddedJobs, known: Mapping[str, int]) -> list[JobRecord]:
        for failure in failures:
            raise failure
        return read(self, known)

    monkeypatch.setattr(_board, "_AGAIN", 0.01)
    monkeypatch.setattr(EmbeddedJobs, "changed_since", failing)
    with running(tmp_path / "home") as service, service.client() as ann:
        uploaded(ann, "watched")
        job = ann.post("jobs", json={"kind": "discover", "inputs": {"field": "watched"}}).json()["id"]
        with listening(ann, "jobs/changes") as changes:
            assert next(changes)[1]["id"] == job
    assert "The disk is full." in caplog.text
