"""The life of jobs under any order of events: a model of what may happen, against the records."""

from __future__ import annotations

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from physforge_kernel.workspace import FINAL_STATES, JobRecords, LeaseLost
from physforge_kernel.workspace._object_store import LocalObjectStore
from physforge_kernel.workspace._schema import open_database

from .conftest import HandClock

LEASE = 10.0
MAX_ATTEMPTS = 2

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

    jobs = Bundle("jobs")
    claims = Bundle("claims")

    @initialize()
    def open(self) -> None:
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

    def teardown(self) -> None:
        if hasattr(self, "home"):
            shutil.rmtree(self.home)

    @rule(target=jobs)
    def submit(self) -> str:
        job = self.records.submit("k", max_attempts=MAX_ATTEMPTS)
        self.attempts[job.id] = self.forgiven[job.id] = 0
        return job.id

    @rule(target=claims)
    def claim(self) -> tuple[str, int]:
        claim = self.records.claim("runner", LEASE)
        if claim is None:
            return ("none", 0)
        assert claim.job.id not in self.holder, "two attempts hold one job"
        assert claim.job.id not in self.ended, "a finished job was started again"
        assert claim.job.id not in self.asked, "a cancelled job was started again"
        self.attempts[claim.job.id] += 1
        assert claim.attempt == self.attempts[claim.job.id]
        self.holder[claim.job.id] = claim.fence
        self.expires[claim.job.id] = self.clock.now.timestamp() + LEASE
        return claim.job.id, claim.fence

    @rule(claim=claims, what=st.sampled_from(["heartbeat", "progress", "log"]))
    def write(self, claim: tuple[str, int], what: str) -> None:
        job, fence = claim
        if job == "none":
            return
        with self.refused_unless_held(job, fence):
            if what == "heartbeat":
                signal = self.records.heartbeat(job, fence, LEASE)
                self.expires[job] = self.clock.now.timestamp() + LEASE
                assert signal.cancel == (job in self.asked)
            elif what == "progress":
                self.records.report_progress(job, fence, 0.5, "half")
            else:
                self.records.append_event(job, fence, "log", {"text": "on it"})

    @rule(claim=claims, state=st.sampled_from(FINAL_STATES))
    def finish(self, claim: tuple[str, int], state) -> None:
        job, fence = claim
        if job == "none":
            return
        with self.refused_unless_held(job, fence):
            self.records.finish(job, fence, state, "It broke." if state == "failed" else None)
            del self.holder[job]
            self.ended[job] = state

    @rule(claim=claims)
    def retry(self, claim: tuple[str, int]) -> None:
        job, fence = claim
        if job == "none":
            return
        with self.refused_unless_held(job, fence):
            self.records.retry(job, fence, "It broke.")
            self.put_back(job)

    @rule(claim=claims)
    def give_back(self, claim: tuple[str, int]) -> None:
        job, fence = claim
        if job == "none":
            return
        with self.refused_unless_held(job, fence):
            self.records.give_back(job, fence)
            self.forgiven[job] += 1
            self.put_back(job)

    @rule(job=jobs)
    def cancel(self, job: str) -> None:
        self.records.request_cancel(job)
        if job in self.holder:
            self.asked.add(job)
        else:
            self.ended.setdefault(job, "cancelled")

    @rule(seconds=st.sampled_from([0.5, 2.0, 11.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.turn(seconds)

    @precondition(lambda self: self.holder)
    @rule()
    def release_expired(self) -> None:
        now = self.clock.now.timestamp()
        dead = {job for job in self.holder if self.expires[job] < now}
        assert set(self.records.release_expired()) == dead
        for job in dead:
            self.put_back(job)

    @invariant()
    def the_records_agree(self) -> None:
        if not hasattr(self, "records"):
            return
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

    def put_back(self, job: str) -> None:
        del self.holder[job]
        if job in self.asked:
            self.ended[job] = "cancelled"
        elif self.attempts[job] - self.forgiven[job] >= MAX_ATTEMPTS:
            self.ended[job] = "failed"

    def refused_unless_held(self, job: str, fence: int):
        from contextlib import nullcontext

        return nullcontext() if self.holder.get(job) == fence else pytest.raises(LeaseLost)


TestJobLife = JobLife.TestCase
TestJobLife.settings = settings(
    max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
