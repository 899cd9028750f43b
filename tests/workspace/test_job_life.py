"""The life of jobs under any order of events: a model of what may happen, against the records."""

from __future__ import annotations

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

from physforge_kernel.workspace import FINAL_STATES, JobRecords, LeaseLost
from physforge_kernel.workspace._object_store import LocalObjectStore
from physforge_kernel.workspace._schema import open_database

from .conftest import HandClock

LEASE = 10.0
MAX_ATTEMPTS = 2
MOST_JOBS = 3
WAYS = ["heartbeat", "progress", "log", "retry", "give_back", *FINAL_STATES]

_template: list[Path] = []


def empty_home() -> Path:
    """Return a fresh home, its database copied from one that was migrated once."""
    if not _template:
        made = Path(tempfile.mkdtemp(prefix="physforge-template-"))
        open_database(made)
        _template.append(made)
    home = Path(tempfile.mkdtemp(prefix="physforge-life-"))
    shutil.copytree(_template[0], home, dirs_exist_ok=True)
    return home


@pytest.fixture(autouse=True, scope="module")
def remove_template():
    yield
    while _template:
        shutil.rmtree(_template.pop())


class JobLife(RuleBasedStateMachine):
    """Submitters, runners that live or die, and time, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.home = empty_home()
        self.clock = HandClock()
        self.records = JobRecords(
            open_database(self.home),
            LocalObjectStore(self.home),
            clock=self.clock,
            backoff=lambda attempt: timedelta(seconds=attempt),
        )
        self.holder: dict[str, int] = {}  # job -> the fence that holds it
        self.expires: dict[str, float] = {}
        self.attempts: dict[str, int] = {}
        self.forgiven: dict[str, int] = {}
        self.ended: dict[str, str] = {}
        self.asked: set[str] = set()
        self.claimed: list[tuple[str, int]] = []

    def teardown(self) -> None:
        shutil.rmtree(self.home)

    @precondition(lambda self: len(self.attempts) - len(self.ended) < MOST_JOBS)
    @rule()
    def submit(self) -> None:
        self.clock.turn(0.001)  # so that the queue has an order, and a failure can be replayed
        job = self.records.submit("k", max_attempts=MAX_ATTEMPTS)
        self.attempts[job.id] = self.forgiven[job.id] = 0

    @precondition(lambda self: len(self.holder) + len(self.ended) < len(self.attempts))
    @rule(patient=st.sampled_from([True, True, False]))
    def claim(self, patient: bool) -> None:
        due = self.records.next_due()
        assert due is not None
        if patient:
            self.clock.now = max(self.clock.now, due)
        claim = self.records.claim("runner", LEASE)
        assert (claim is not None) == (due <= self.clock.now)
        if claim is None:
            return
        job = claim.job.id
        assert job not in self.holder, "two attempts hold one job"
        assert job not in self.ended, "a finished job was started again"
        assert job not in self.asked, "a cancelled job was started again"
        self.attempts[job] += 1
        assert claim.attempt == self.attempts[job]
        self.holder[job] = claim.fence
        self.expires[job] = self.clock.now.timestamp() + LEASE
        self.claimed.append((job, claim.fence))

    @precondition(lambda self: self.holder)
    @rule(data=st.data(), way=st.sampled_from(WAYS))
    def the_holder_writes(self, data: st.DataObject, way: str) -> None:
        job = data.draw(st.sampled_from(list(self.holder)))
        self.write(job, self.holder[job], way)
        if way == "heartbeat":
            self.expires[job] = self.clock.now.timestamp() + LEASE
        elif way in FINAL_STATES:
            del self.holder[job]
            self.ended[job] = way
        elif way in ("retry", "give_back"):
            self.forgiven[job] += way == "give_back"
            self.put_back(job)

    @precondition(lambda self: self.overtaken())
    @rule(data=st.data(), way=st.sampled_from(WAYS))
    def one_who_lost_the_job_tries_to_write(self, data: st.DataObject, way: str) -> None:
        job, fence = data.draw(st.sampled_from(self.overtaken()))
        with pytest.raises(LeaseLost):
            self.write(job, fence, way)

    @precondition(lambda self: self.attempts)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(list(self.attempts)))
        self.records.request_cancel(job)
        if job in self.holder:
            self.asked.add(job)
        else:
            self.ended.setdefault(job, "cancelled")

    @precondition(lambda self: self.holder)
    @rule(seconds=st.sampled_from([0.5, LEASE, 2 * LEASE]))
    def time_passes_and_the_dead_are_released(self, seconds: float) -> None:
        self.clock.turn(seconds)
        now = self.clock.now.timestamp()
        dead = {job for job in self.holder if self.expires[job] < now}
        assert set(self.records.release_expired()) == dead
        for job in dead:
            self.put_back(job)

    @invariant()
    def the_records_agree(self) -> None:
        for job in self.records.list(limit=1000):
            if job.id in self.ended:
                expected = self.ended[job.id]
            else:
                expected = "running" if job.id in self.holder else "queued"
            assert job.state == expected
            assert job.attempt == self.attempts[job.id] <= MAX_ATTEMPTS + self.forgiven[job.id]
            events = self.records.events(job.id)
            assert [event.seq for event in events] == list(range(1, len(events) + 1))
            final = [event.type for event in events if event.type in FINAL_STATES]
            assert final == ([job.state] if job.is_finished else [])
            assert not job.is_finished or events[-1].type == job.state

    def write(self, job: str, fence: int, way: str) -> None:
        if way == "heartbeat":
            assert self.records.heartbeat(job, fence, LEASE).cancel == (job in self.asked)
        elif way == "progress":
            self.records.report_progress(job, fence, 0.5, "half")
        elif way == "log":
            self.records.append_event(job, fence, "log", {"text": "on it"})
        elif way == "retry":
            self.records.retry(job, fence, "It broke.")
        elif way == "give_back":
            self.records.give_back(job, fence)
        else:
            self.records.finish(job, fence, way)  # type: ignore[arg-type]

    def overtaken(self) -> list[tuple[str, int]]:
        """Return the claims that hold their job no more, those on jobs that run again if there are any."""
        lost = [claim for claim in self.claimed if self.holder.get(claim[0]) != claim[1]]
        return [claim for claim in lost if claim[0] in self.holder] or lost

    def put_back(self, job: str) -> None:
        del self.holder[job]
        if job in self.asked:
            self.ended[job] = "cancelled"
        elif self.attempts[job] - self.forgiven[job] >= MAX_ATTEMPTS:
            self.ended[job] = "failed"


TestJobLife = JobLife.TestCase
TestJobLife.settings = settings(
    max_examples=16, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
