"""Bringing the database of a workspace to the schema that this code expects.

The usual case, a database that is up to date, costs one query: Alembic is imported only to migrate.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sqlalchemy import Connection, inspect, text

from .._home import private_file
from ..errors import WorkspaceError
from ._database import Database

if TYPE_CHECKING:
    import sqlite3

    from alembic.config import Config

HEAD = "0004_owners"
MIGRATIONS = Path(__file__).parent / "migrations"


def open_database(home: Path) -> Database:
    """Open the database under `home`, created or migrated first where needed.

    Raises:
        WorkspaceError: the schema is not one that this version of PhysForge knows.
    """
    database = Database(home / "workspace.db")
    private_file(database.path)  # SQLite gives the files beside it the same mode
    if revision(database) != HEAD:
        migrate(database, HEAD)
    return database


def revision(database: Database) -> str | None:
    """Return the schema's revision; None for a database without tables."""
    with database.reading() as session:
        tables = inspect(session.connection()).get_table_names()
        if "alembic_version" in tables:
            return session.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if tables:
            raise WorkspaceError(
                f"{database.path} is a database, but not a PhysForge workspace: it has the tables "
                f"{', '.join(tables[:5])}. Choose another folder, for instance with PHYSFORGE_HOME."
            )
        return None


def migrate(database: Database, target: str) -> None:
    """Upgrade or downgrade to the revision `target`, or to `base`, in one transaction under a file lock.

    A downgrade drops what the older schema cannot hold.
    """
    from alembic import command
    from alembic.script import ScriptDirectory

    config = _alembic_config()
    scripts = ScriptDirectory.from_config(config)
    known = [script.revision for script in scripts.walk_revisions()]  # the newest first
    with _locked(database.path.with_suffix(".lock")):
        present = revision(database)
        if present is not None and present not in known:
            raise WorkspaceError(
                f"The workspace {database.path.parent} was written by a newer PhysForge: its schema is "
                f"{present!r}, and this version knows {known[0]!r} at most. Upgrade PhysForge, or choose "
                "another folder, for instance with PHYSFORGE_HOME."
            )
        known.append("base")  # the empty schema, in Alembic's words
        newer = known.index(target) <= known.index(present or "base")
        step: Callable[[Config, str], None] = command.upgrade if newer else command.downgrade
        with _migrating(database) as connection:
            config.attributes["connection"] = connection
            step(config, target)


@contextmanager
def _migrating(database: Database) -> Iterator[Connection]:
    """Yield a connection in a transaction that checks foreign keys at its end rather than all along.

    Rebuilding a table, SQLite's only way to alter many things, would otherwise cascade.
    """
    with database.engine.connect().execution_options(immediate=True) as connection:
        raw = cast("sqlite3.Connection", connection.connection.dbapi_connection)
        raw.execute("PRAGMA journal_mode = WAL")  # both pragmas do nothing inside a transaction
        raw.execute("PRAGMA foreign_keys = OFF")
        with connection.begin():
            yield connection
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if broken is not None:
                raise WorkspaceError(
                    f"The migration of {database.path} was undone: it would have left a row of {broken[0]!r} "
                    "pointing at nothing. Please report this, with the version of PhysForge that wrote it."
                )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _alembic_config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
