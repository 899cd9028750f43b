"""What the records promise to submitters and to the runner."""

from __future__ import annotations

from pathlib import Path

import pytest

from physforge_kernel.errors import ConflictError, JobError, NotFoundError, WorkspaceError
from physforge_kernel.workspace import Claim, JobRecords, LeaseLost

from .conftest import HandClock


def claimed(records: JobRecords, lease: float = 10.0) -> Claim:
    claim = records.claim("runner", lease)
    assert claim is not None
    return claim


def types(records: JobRecords, job_id: str) -> list[str]:
    return [event.type for event in records.events(job_id)]


def test_the_queue_is_ordered_by_priority_and_then_by_submission(records: JobRecords, clock: HandClock):
    submitted = []
    for priority in (0, 5, 0, 5):
        submitted.append(records.submit("k", priority=priority).id)
        clock.turn(1)
    order = [claimed(records).job.id for _ in submitted]
    assert order == [submitted[1], submitted[3], submitted[0], submitted[2]]
    assert records.claim("runner", 10) is None


def test_a_runner_claims_only_the_kinds_it_knows(records: JobRecords):
    records.submit("theirs")
    mine = records.submit("mine")
    claim = records.claim("runner", 10, kinds=["mine", "other"])
    assert claim is not None
    assert claim.job.id == mine.id
    assert records.claim("runner", 10, kinds=["mine"]) is None


def test_a_claim_starts_the_job_and_counts_the_attempt(records: JobRecords, clock: HandClock):
    job = records.submit("k", {"seed": 3}, name="first")
    clock.turn(5)
    claim = claimed(records)
    assert (claim.attempt, claim.job.state, claim.job.started) == (1, "running", clock.now)
    assert claim.job.config == {"seed": 3}
    assert (claim.job.name, claim.job.created < clock.now) == ("first", True)
    assert types(records, job.id) == ["queued", "running"]


def test_a_heartbeat_renews_the_lease_and_brings_the_wish_to_cancel(records: JobRecords, clock: HandClock):
    records.submit("k")
    claim = claimed(records, lease=10)
    clock.turn(8)
    assert records.heartbeat(claim.job.id, claim.fence, 10).cancel is False
    clock.turn(8)
    assert records.release_expired() == []
    records.request_cancel(claim.job.id)
    assert records.heartbeat(claim.job.id, claim.fence, 10).cancel is True


def test_progress_is_kept_between_zero_and_one(records: JobRecords):
    records.submit("k")
    claim = claimed(records)
    records.report_progress(claim.job.id, claim.fence, 1.7, "nearly")
    job = records.get(claim.job.id)
    assert (job.progress, job.message) == (1.0, "nearly")
    assert records.events(job.id)[-1].data == {"fraction": 1.0, "message": "nearly"}


def test_events_count_without_gaps_and_can_be_read_from_the_middle(records: JobRecords):
    job = records.submit("k")
    claim = claimed(records)
    for step in range(5):
        records.append_event(job.id, claim.fence, "metrics", {"loss": float("nan"), "step": step})
    events = records.events(job.id)
    assert [event.seq for event in events] == [1, 2, 3, 4, 5, 6, 7]
    assert [event.data["step"] for event in records.events(job.id, after=4, limit=2)] == [2, 3]
    assert events[-1].data["loss"] is None


def test_an_attempt_cannot_write_the_events_of_state_changes(records: JobRecords):
    job = records.submit("k")
    claim = claimed(records)
    with pytest.raises(WorkspaceError, match="belongs to the records"):
        records.append_event(job.id, claim.fence, "succeeded")


def test_finishing_happens_once_and_nothing_is_written_after_it(records: JobRecords, tmp_path: Path):
    job = records.submit("k")
    claim = claimed(records)
    assert records.finish(job.id, claim.fence, "succeeded").progress == 1.0
    file = tmp_path / "late.txt"
    file.write_text("late")
    for write in (
        lambda: records.finish(job.id, claim.fence, "failed", "too late"),
        lambda: records.append_event(job.id, claim.fence, "log", {"text": "late"}),
        lambda: records.report_progress(job.id, claim.fence, 0.1, "late"),
        lambda: records.add_artifact(job.id, claim.fence, "late.txt", file),
        lambda: records.save_checkpoint(job.id, claim.fence, file),
        lambda: records.heartbeat(job.id, claim.fence, 10),
        lambda: records.retry(job.id, claim.fence, "late"),
        lambda: records.give_back(job.id, claim.fence),
    ):
        with pytest.raises(LeaseLost, match="succeeded"):
            write()
    assert records.get(job.id).state == "succeeded"
    assert types(records, job.id) == ["queued", "running", "succeeded"]
    assert records.artifacts(job.id) == []


def test_a_failure_keeps_the_sentence_that_people_read(records: JobRecords):
    job = records.submit("k")
    claim = claimed(records)
    ended = records.finish(job.id, claim.fence, "failed", "The field has no time axis.")
    assert (ended.state, ended.error) == ("failed", "The field has no time axis.")
    assert records.events(job.id)[-1].data == {"error": "The field has no time axis."}


def test_an_expired_lease_is_queued_again_and_the_old_attempt_locked_out(
    records: JobRecords, clock: HandClock
):
    job = records.submit("k")
    first = claimed(records, lease=10)
    clock.turn(11)
    assert records.release_expired() == [job.id]
    assert records.get(job.id).state == "queued"
    assert records.claim("runner", 10) is None, "the retry waits for its pause to end"
    due = records.next_due()
    assert due is not None
    clock.now = due
    second = claimed(records)
    assert (second.attempt, second.fence > first.fence) == (2, True)
    with pytest.raises(LeaseLost):
        records.finish(job.id, first.fence, "succeeded")
    assert records.finish(job.id, second.fence, "succeeded").state == "succeeded"


def test_attempts_are_spent_and_the_pauses_between_them_grow(records: JobRecords, clock: HandClock):
    job = records.submit("k", max_attempts=3)
    pauses = []
    for attempt in (1, 2, 3):
        claim = claimed(records)
        assert claim.attempt == attempt
        before = clock.now
        records.retry(job.id, claim.fence, "The worker ran out of memory.")
        due = records.next_due()
        if due is not None:
            pauses.append((due - before).total_seconds())
            clock.now = due
    ended = records.get(job.id)
    assert ended.state == "failed"
    assert ended.error == "The worker ran out of memory. This was the last of 3 attempts."
    assert pauses == [2.0, 4.0]


def test_a_runner_that_stops_in_good_order_spends_no_attempt(records: JobRecords):
    job = records.submit("k", max_attempts=1)
    for _ in range(4):
        claim = claimed(records)
        assert records.give_back(job.id, claim.fence).state == "queued"
    claim = claimed(records)
    assert records.retry(job.id, claim.fence, "It broke.").error == "It broke. This was the only attempt."


def test_cancelling_a_queued_job_ends_it_at_once(records: JobRecords):
    job = records.submit("k")
    assert records.request_cancel(job.id).state == "cancelled"
    assert records.claim("runner", 10) is None
    assert types(records, job.id) == ["queued", "cancelled"]


def test_cancelling_a_finished_job_changes_nothing(records: JobRecords):
    job = records.submit("k")
    claim = claimed(records)
    records.finish(job.id, claim.fence, "succeeded")
    assert records.request_cancel(job.id).state == "succeeded"


@pytest.mark.parametrize("way_out", ["retry", "give_back", "expire"])
def test_a_job_that_is_to_be_cancelled_is_not_queued_again(
    records: JobRecords, clock: HandClock, way_out: str
):
    job = records.submit("k")
    claim = claimed(records, lease=10)
    records.request_cancel(job.id)
    records.request_cancel(job.id)
    if way_out == "retry":
        records.retry(job.id, claim.fence, "It broke.")
    elif way_out == "give_back":
        records.give_back(job.id, claim.fence)
    else:
        clock.turn(11)
        records.release_expired()
    assert records.get(job.id).state == "cancelled"
    assert types(records, job.id) == ["queued", "running", "cancel_requested", "cancelled"]


def test_a_second_artifact_of_a_name_takes_the_place_of_the_first(records: JobRecords, tmp_path: Path):
    job = records.submit("k")
    claim = claimed(records)
    file = tmp_path / "result.json"
    for text in ("{}", '{"law": 1}'):
        file.write_text(text)
        records.add_artifact(job.id, claim.fence, "result.json", file, "application/json")
    (kept,) = records.artifacts(job.id)
    assert (kept.name, kept.size, kept.media_type) == ("result.json", 10, "application/json")


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "", "a\\b", "a\nb", "C:x", "a//b", "."])
def test_an_artifact_cannot_leave_its_job(records: JobRecords, tmp_path: Path, name: str):
    job = records.submit("k")
    claim = claimed(records)
    file = tmp_path / "x"
    file.write_text("x")
    with pytest.raises(WorkspaceError, match="not a usable file name"):
        records.add_artifact(job.id, claim.fence, name, file)
    assert records.artifacts(job.id) == []


def test_the_next_attempt_finds_the_last_checkpoint(records: JobRecords, tmp_path: Path):
    job = records.submit("k")
    claim = claimed(records)
    assert records.load_checkpoint(job.id, tmp_path / "none") is None
    state = tmp_path / "state"
    for text in ("step 1", "step 2"):
        state.write_text(text)
        records.save_checkpoint(job.id, claim.fence, state)
    records.give_back(job.id, claim.fence)
    claim = claimed(records)
    resumed = records.load_checkpoint(job.id, tmp_path / "resumed")
    assert resumed is not None
    assert resumed.read_text() == "step 2"
    records.finish(job.id, claim.fence, "succeeded")
    assert records.load_checkpoint(job.id, tmp_path / "done") is None


def test_the_same_key_and_request_give_the_same_job(records: JobRecords):
    first = records.submit("k", {"seed": 1, "target": "u_t"}, idempotency_key="once")
    again = records.submit("k", {"target": "u_t", "seed": 1}, idempotency_key="once")
    assert again.id == first.id
    assert len(records.list()) == 1
    with pytest.raises(ConflictError, match=first.id):
        records.submit("k", {"seed": 2}, idempotency_key="once")


def test_lists_are_newest_first_and_can_be_narrowed(records: JobRecords, clock: HandClock):
    ids = []
    for _ in range(3):
        ids.append(records.submit("k").id)
        clock.turn(1)
    claimed(records)
    assert [job.id for job in records.list()] == ids[::-1]
    assert [job.id for job in records.list("running")] == [ids[0]]
    assert [job.id for job in records.list(limit=1)] == [ids[2]]
    assert records.counts() == {"queued": 2, "running": 1}


def test_what_has_changed_is_told_by_what_is_known(records: JobRecords, clock: HandClock):
    jobs = []
    for _ in range(60):  # more than the newest that are always looked at
        jobs.append(records.submit("count").id)
        clock.turn(1)
    known = {job.id: job.last_event for job in records.changed_since({})}
    assert known.keys() == set(jobs)
    assert records.changed_since(known) == []
    records.request_cancel(jobs[0])  # neither new nor unfinished any more: found since it is known
    records.request_cancel(jobs[-1])
    assert {job.id: job.state for job in records.changed_since(known)} == {
        jobs[0]: "cancelled",
        jobs[-1]: "cancelled",
    }
    assert records.get(jobs[1]) in records.changed_since({})
    assert jobs[0] not in {job.id for job in records.changed_since({})}


def test_a_missing_job_is_answered_with_the_closest_id(records: JobRecords):
    job = records.submit("k")
    with pytest.raises(NotFoundError, match=f"Did you mean '{job.id}'"):
        records.get(job.id[:-1])
    with pytest.raises(NotFoundError, match="There is no job 'nonsense'"):
        records.heartbeat("nonsense", 1, 10)


def test_a_job_needs_at_least_one_attempt(records: JobRecords):
    with pytest.raises(JobError, match="at least one attempt"):
        records.submit("k", max_attempts=0)


def test_a_config_that_no_record_can_keep_is_refused(records: JobRecords):
    with pytest.raises(WorkspaceError, match="type object"):
        records.submit("k", {"handle": object()})
    with pytest.raises(WorkspaceError, match=r"'\\udcff' is no text.* cannot be kept in a record"):
        records.submit("k", {"file": "wake\udcff.csv"})
    assert records.list() == []
