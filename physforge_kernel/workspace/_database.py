"""Transactions on the workspace's SQLite file.

A connection lives for one transaction (NullPool), so none is ever carried across a fork or a thread.
Writers take the write lock when they begin (BEGIN IMMEDIATE): what a writer has read holds until it commits.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from ..errors import WorkspaceError

BUSY_SECONDS = 30.0


class Database:
    """One SQLite file, entered through `reading()` and `writing()`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.engine: Engine = _sqlite_engine(path)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session on one consistent snapshot."""
        with self._session(immediate=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a session that holds the write lock; it commits at the end, or leaves nothing behind."""
        with self._session(immediate=True) as session:
            yield session

    @contextmanager
    def changes(self) -> Iterator[Callable[[], bool]]:
        """Yield a function that says cheaply whether anyone committed since it was last asked.

        Any thread may ask, also while the context ends: SQLite would crash if it closed under a question.
        """
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, check_same_thread=False)
        asking = threading.Lock()
        seen: int | None = None
        ended = False

        def changed() -> bool:
            nonlocal seen
            with asking:
                if ended:
                    return False
                now = connection.execute("PRAGMA data_version").fetchone()[0]
                before, seen = seen, now
                return now != before

        try:
            yield changed
        finally:
            with asking:
                ended = True
                connection.close()

    @contextmanager
    def _session(self, *, immediate: bool) -> Iterator[Session]:
        try:
            with (
                self.engine.connect().execution_options(immediate=immediate) as connection,
                connection.begin(),
                Session(bind=connection, expire_on_commit=False) as session,
            ):
                yield session
                session.flush()
        except DatabaseError as error:
            if not (isinstance(error, OperationalError) or type(error) is DatabaseError):
                raise
            raise WorkspaceError(
                f"The workspace database {self.path} could not be used: {error.orig}. "
                "Check that the disk is local, writable and not full, and that no other program holds it."
            ) from error


def _sqlite_engine(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)), poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS}
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # sqlite3 must not begin transactions of its own
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine
