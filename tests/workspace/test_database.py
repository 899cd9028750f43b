"""Transactions under contention, across threads, forks and processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from physforge_kernel.errors import WorkspaceError
from physforge_kernel.workspace import JobRecords
from physforge_kernel.workspace._database import Database
from physforge_kernel.workspace._object_store import LocalObjectStore
from physforge_kernel.workspace._schema import open_database


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_database(tmp_path)


def test_what_a_writer_has_read_holds_until_it_commits(database: Database):
    with database.writing() as session:
        session.execute(text("INSERT INTO datasets VALUES (1, 'wake', 0, '2026-11-22T08:00:00.000000Z', '')"))

    def count_up() -> None:
        for _ in range(15):
            with database.writing() as session:
                number = session.scalar(text("SELECT last_number FROM datasets")) or 0
                session.execute(text("UPDATE datasets SET last_number = :n"), {"n": number + 1})

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(count_up) for _ in range(4)]:
            done.result()
    with database.reading() as session:
        assert session.scalar(text("SELECT last_number FROM datasets")) == 60


def test_a_transaction_that_fails_leaves_nothing(database: Database):
    insert = text("INSERT INTO datasets VALUES (1, 'wake', 0, '2026-11-22T08:00:00.000000Z', '')")

    def insert_and_fail() -> None:
        with database.writing() as session:
            session.execute(insert)
            raise LookupError

    with pytest.raises(LookupError):
        insert_and_fail()
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM datasets")) == 0


def test_a_reader_sees_one_moment_while_others_write(database: Database):
    insert = "INSERT INTO datasets VALUES ({0}, 'd{0}', 0, '2026-11-22T08:00:00.000000Z', '')"
    with database.reading() as reader:
        assert reader.scalar(text("SELECT count(*) FROM datasets")) == 0
        with database.writing() as writer:
            writer.execute(text(insert.format(1)))
        assert reader.scalar(text("SELECT count(*) FROM datasets")) == 0
    with database.reading() as reader:
        assert reader.scalar(text("SELECT count(*) FROM datasets")) == 1


def test_changes_are_noticed_once(database: Database):
    with database.changes() as changed:
        assert changed() is True
        assert changed() is False
        with database.writing() as session:
            session.execute(text("DELETE FROM datasets"))
            session.execute(
                text("INSERT INTO datasets VALUES (1, 'wake', 0, '2026-11-22T08:00:00.000000Z', '')")
            )
        assert changed() is True
        assert changed() is False


def test_changes_may_be_asked_for_while_the_asking_ends(database: Database):
    """A cancelled stream leaves a thread in the middle of a question; the process must survive it."""
    script = f"""
import threading
from pathlib import Path
from physforge_kernel.workspace._database import Database

database = Database(Path({str(database.path)!r}))
for _ in range(500):
    with database.changes() as changed:
        askers = [threading.Thread(target=lambda: [changed() for _ in range(20)]) for _ in range(2)]
        for asker in askers:
            asker.start()
    for asker in askers:
        asker.join()
    assert not changed()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_database_works_on_both_sides_of_a_fork(database: Database):
    insert = "INSERT INTO datasets VALUES ({0}, 'd{0}', 0, '2026-11-22T08:00:00.000000Z', '')"
    with database.writing() as session:
        session.execute(text(insert.format(1)))
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with database.writing() as session:
                session.execute(text(insert.format(2)))
            code = 0
        finally:
            os._exit(code)
    with database.writing() as session:
        session.execute(text(insert.format(3)))
    _, status = os.waitpid(child, 0)
    assert status == 0
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM datasets")) == 3
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"


def test_a_database_that_cannot_be_opened_says_so(tmp_path: Path):
    nowhere = Database(tmp_path / "no" / "folder.db").reading()
    with pytest.raises(WorkspaceError, match="could not be used: unable to open"):
        nowhere.__enter__()


CLAIMANT = """
import json, sys
from pathlib import Path
from physforge_kernel.workspace import JobRecords
from physforge_kernel.workspace._object_store import LocalObjectStore
from physforge_kernel.workspace._schema import open_database

home = Path(sys.argv[1])
records = JobRecords(open_database(home), LocalObjectStore(home))
print("ready", flush=True)
sys.stdin.readline()
done = []
while claim := records.claim(sys.argv[2], 60):
    records.append_event(claim.job.id, claim.fence, "log", {"text": "mine"})
    records.finish(claim.job.id, claim.fence, "succeeded")
    done.append(claim.job.id)
print(json.dumps(done))
"""


def test_processes_and_threads_that_claim_at_once_share_the_jobs_without_overlap(tmp_path: Path):
    records = JobRecords(open_database(tmp_path), LocalObjectStore(tmp_path))
    submitted = [records.submit("k").id for _ in range(60)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIMANT, tmp_path, f"process {number}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    start = threading.Barrier(4)

    def claim_all(number: int) -> list[str]:
        start.wait()
        done = []
        while claim := records.claim(f"thread {number}", 60):
            records.finish(claim.job.id, claim.fence, "succeeded")
            done.append(claim.job.id)
        return done

    with ThreadPoolExecutor(3) as pool:
        threads = [pool.submit(claim_all, number) for number in range(3)]
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        start.wait()
        finished = [thread.result() for thread in threads]
    finished += [json.loads(process.communicate()[0]) for process in processes]
    counted = Counter(job for share in finished for job in share)
    assert counted == Counter(submitted)
    assert sum(1 for share in finished if share) > 1, "one claimant took everything, so nothing was shown"
    for job in submitted:
        story = [event.type for event in records.events(job) if event.type != "log"]
        assert story == ["queued", "running", "succeeded"]
