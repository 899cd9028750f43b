"""Taking over from a runner that is known to be gone."""

from __future__ import annotations

from pathlib import Path

from physforge_kernel.workspace._embedded import EmbeddedWorkspace


def test_the_sole_runner_takes_others_jobs_over_and_keeps_its_own(tmp_path: Path):
    records = EmbeddedWorkspace(tmp_path).records
    theirs, ours = records.submit("k"), records.submit("k")
    claims = {
        claim.job.id: claim for claim in (records.claim("gone", 1000), records.claim("here", 1000)) if claim
    }
    assert set(claims) == {theirs.id, ours.id}
    assert records.release_expired() == []
    assert records.release_expired(sole_runner="here") == [theirs.id]
    assert (records.get(theirs.id).state, records.get(ours.id).state) == ("queued", "running")
