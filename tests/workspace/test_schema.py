"""The schema: made, migrated up and down with rows in it, and refused when it is not ours."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from physforge_kernel.errors import WorkspaceError
from physforge_kernel.workspace import JobRecords
from physforge_kernel.workspace._database import Database
from physforge_kernel.workspace._models import Base
from physforge_kernel.workspace._object_store import LocalObjectStore
from physforge_kernel.workspace._schema import HEAD, MIGRATIONS, migrate, open_database, revision


def sql(path: Path, statement: str) -> list[tuple]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement).fetchall()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    made.mkdir()
    return made


def test_the_models_and_the_migrations_agree(home: Path):
    database = open_database(home)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_check_constraints_of_the_models_are_migrated_too(home: Path):
    made = home / "by-models.db"
    Base.metadata.create_all(Database(made).engine)
    query = "SELECT name, sql FROM sqlite_master WHERE sql LIKE '%CHECK%' ORDER BY name"

    def constraints(path: Path) -> dict[str, set[str]]:
        return {
            name: {line.strip().rstrip(",") for line in body.splitlines() if "CHECK" in line}
            for name, body in sql(path, query)
        }

    found = constraints(open_database(home).path)
    assert found == constraints(made)
    assert set(found) == {"jobs", "objects"}


def test_the_revision_that_opening_expects_is_the_newest_migration():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_new_database_is_written_ahead_and_guards_its_references(home: Path):
    database = open_database(home)
    with database.reading() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA foreign_keys")) == 1
        assert session.scalar(text("PRAGMA synchronous")) == 2


def test_opening_a_current_database_does_not_import_alembic(home: Path):
    open_database(home)
    script = (
        "import sys; from pathlib import Path\n"
        "from physforge_kernel.workspace import EmbeddedWorkspace\n"
        "EmbeddedWorkspace(Path(sys.argv[1]))\n"
        "print('alembic' in sys.modules, 'xarray' in sys.modules, 'numpy' in sys.modules)"
    )
    seen = subprocess.run([sys.executable, "-c", script, home], capture_output=True, text=True, check=True)
    assert seen.stdout.split() == ["False", "False", "False"]


def test_many_processes_can_open_a_new_home_at_once(home: Path):
    script = (
        "import sys; from pathlib import Path\n"
        "from physforge_kernel.workspace._schema import open_database, revision\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "print(revision(open_database(Path(sys.argv[1]))))"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, home], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    ends = [process.communicate("go\n")[0] for process in processes]
    assert ends == [f"{HEAD}\n"] * 3


def filled(home: Path) -> Database:
    """Make a database of the newest schema with a row in every table."""
    database = open_database(home)
    store = LocalObjectStore(home)
    records = JobRecords(database, store)
    job = records.submit("k")
    claim = records.claim("runner", 10)
    assert claim is not None
    file = home / "result.json"
    file.write_text("{}")
    records.add_artifact(job.id, claim.fence, "result.json", file)
    records.save_checkpoint(job.id, claim.fence, file)
    (sha256,) = sql(database.path, "SELECT sha256 FROM objects")[0]
    now = "2026-11-22T08:00:00.000000Z"
    files = f"'{sha256}', '{sha256}'"
    for statement in (
        f"INSERT INTO datasets VALUES (1, 'wake', 1, '{now}', '')",
        f"INSERT INTO versions VALUES (1, 1, 1, '{'0' * 64}', 2, '{now}', '', '[]', '{{}}', NULL, 0)",
        f"INSERT INTO version_files VALUES (1, 'wake.csv', 2, '{sha256}')",
        f"INSERT INTO job_inputs VALUES ('{job.id}', 'field', 1)",
        f"INSERT INTO reports VALUES ('r', 'Law', 'discovery', '{job.id}', '{now}', {files}, '')",
        'UPDATE objects SET "references" = 5',
    ):
        sql(database.path, statement)
    return database


def test_downgrades_keep_what_the_older_schema_can_hold_and_count_the_rest_off(home: Path):
    database = filled(home)
    migrate(database, "0002_jobs")
    assert sql(database.path, 'SELECT "references" FROM objects') == [(3,)]
    assert sql(database.path, "SELECT count(*) FROM job_events") == [(4,)]
    migrate(database, "0001_datasets")
    assert sql(database.path, 'SELECT "references", unreferenced FROM objects') == [(1, None)]
    assert sql(database.path, "SELECT path FROM version_files") == [("wake.csv",)]
    assert {
        name for (name,) in sql(database.path, "SELECT name FROM sqlite_master WHERE type = 'table'")
    } == {*("alembic_version", "objects", "datasets", "versions", "version_files")}


@pytest.mark.parametrize("older", ["0001_datasets", "0002_jobs", "0003_reports"])
def test_an_older_database_is_upgraded_with_its_rows_when_it_is_opened(home: Path, older: str):
    migrate(filled(home), older)
    database = open_database(home)
    assert revision(database) == HEAD
    assert sql(database.path, "SELECT name, last_number FROM datasets") == [("wake", 1)]
    assert sql(database.path, "SELECT path FROM version_files") == [("wake.csv",)]
    jobs = JobRecords(database, LocalObjectStore(home)).list()
    assert [job.inputs for job in jobs] == ([] if older == "0001_datasets" else [{"field": "wake@1"}])


def with_owners(home: Path) -> Database:
    """Make a database of the newest schema in which Ann has a row in every table, too, of the same object."""
    database = filled(home)
    now, (sha256,) = "2026-11-22T08:00:00.000000Z", sql(database.path, "SELECT sha256 FROM objects")[0]
    job = "INSERT INTO jobs SELECT {} FROM jobs"
    files = f"'{sha256}', '{sha256}'"
    columns = [name for _, name, *_ in sql(database.path, "PRAGMA table_info(jobs)")]
    theirs = {"id": "'job-ann'", "owner": "'ann'"}
    for statement in (
        f"INSERT INTO datasets VALUES (2, 'wake', 1, '{now}', 'ann')",
        f"INSERT INTO versions VALUES (2, 2, 1, '{'0' * 64}', 2, '{now}', '', '[]', '{{}}', NULL, 0)",
        f"INSERT INTO version_files VALUES (2, 'wake.csv', 2, '{sha256}')",
        job.format(", ".join(str(theirs.get(str(name), name)) for name in columns)),
        "INSERT INTO job_inputs VALUES ('job-ann', 'field', 2)",
        f"INSERT INTO job_events VALUES ('job-ann', 1, '{now}', 0, 'queued', '{{}}')",
        f"INSERT INTO job_artifacts VALUES ('job-ann', 'a', '{sha256}', 2, 'text/plain', 1, '{now}')",
        f"INSERT INTO reports VALUES ('ra', 'Hers', 'discovery', 'job-ann', '{now}', {files}, 'ann')",
        'UPDATE objects SET "references" = 10',
    ):
        sql(database.path, statement)
    return database


OWNED = ("datasets", "jobs", "reports")


def test_what_was_there_before_owners_belongs_to_the_person_alone_with_every_row_and_guard(home: Path):
    database = filled(home)
    before = {name: sql(database.path, f"SELECT * FROM {name}") for name in OWNED}
    migrate(database, "0003_reports")
    older = {name: sql(database.path, f"SELECT * FROM {name}") for name in OWNED}
    assert all("owner" not in str(sql(database.path, f"PRAGMA table_info({name})")) for name in OWNED)

    database = open_database(home)

    assert revision(database) == HEAD
    after = {name: sql(database.path, f"SELECT * FROM {name}") for name in OWNED}
    assert after == before == {name: [(*row, "") for row in rows] for name, rows in older.items()}
    assert all(len(rows) == 1 for rows in after.values())
    (job,) = JobRecords(database, LocalObjectStore(home), owner="").list()
    assert job.inputs == {"field": "wake@1"}
    assert JobRecords(database, LocalObjectStore(home), owner="ann").list() == []
    with pytest.raises(sqlite3.IntegrityError, match="state_is_known"):
        sql(database.path, "UPDATE jobs SET state = 'lost'")


def test_names_and_keys_are_each_owners_own(home: Path):
    database = open_database(home)
    now = "2026-11-22T08:00:00.000000Z"
    for number, owner in enumerate(("", "ann", "bob")):
        sql(database.path, f"INSERT INTO datasets VALUES ({number}, 'wake', 1, '{now}', '{owner}')")
    with pytest.raises(sqlite3.IntegrityError, match=r"datasets\.owner, datasets\.name"):
        sql(database.path, f"INSERT INTO datasets VALUES (9, 'wake', 1, '{now}', 'ann')")
    for owner in ("ann", "bob"):
        JobRecords(database, LocalObjectStore(home), owner=owner).submit("k", idempotency_key="once")
    with pytest.raises(sqlite3.IntegrityError, match=r"jobs\.owner, jobs\.idempotency_key"):
        sql(database.path, "UPDATE jobs SET owner = 'ann'")


def test_a_downgrade_drops_what_named_owners_have_rather_than_show_it_to_everybody(home: Path):
    database = with_owners(home)
    migrate(database, "0003_reports")
    for name in ("datasets", "versions", "version_files", "jobs", "job_inputs", "job_artifacts", "reports"):
        assert len(sql(database.path, f"SELECT * FROM {name}")) == 1, name
    assert sql(database.path, "SELECT id FROM reports") == [("r",)]
    assert sql(database.path, "SELECT job_id FROM job_events WHERE job_id = 'job-ann'") == []
    assert sql(database.path, 'SELECT "references", unreferenced FROM objects') == [(5, None)]


def test_a_downgrade_to_nothing_and_back_gives_an_empty_workspace(home: Path):
    database = filled(home)
    migrate(database, "base")
    assert revision(database) is None
    assert revision(open_database(home)) == HEAD
    assert sql(database.path, "SELECT count(*) FROM datasets") == [(0,)]


def test_a_migration_that_would_leave_a_dangling_row_is_undone(home: Path):
    database = filled(home)
    migrate(database, "0001_datasets")
    sql(
        database.path,
        "INSERT INTO versions SELECT 9, 99, 1, manifest, 2, created, '', '[]', '{}', NULL, 0 FROM versions",
    )
    with pytest.raises(WorkspaceError, match="was undone"):
        open_database(home)
    assert revision(database) == "0001_datasets"
    assert sql(database.path, "SELECT count(*) FROM sqlite_master WHERE name = 'jobs'") == [(0,)]


def newer_schema(path: Path) -> None:
    open_database(path.parent)
    sql(path, "UPDATE alembic_version SET version_num = '0099_future'")


def strangers_database(path: Path) -> None:
    sql(path, "CREATE TABLE songs (title TEXT)")


def no_database(path: Path) -> None:
    path.write_bytes(b"not a database at all, but long enough to have a header" * 20)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (newer_schema, "written by a newer PhysForge: its schema is '0099_future'"),
        (strangers_database, "not a PhysForge workspace: it has the tables songs"),
        (no_database, "could not be used: file is not a database"),
    ],
)
def test_a_database_that_is_not_ours_is_refused_and_left_alone(
    home: Path, made: Callable[[Path], None], said: str
):
    path = home / "workspace.db"
    made(path)
    before = shutil.copy(path, home / "before")
    with pytest.raises(WorkspaceError, match=said):
        open_database(home)
    assert path.read_bytes() == Path(before).read_bytes()
