"""One connection pool to one database, made ready: its settings, its tables, its transactions.

SQLite runs in WAL mode, so that readers never wait for the writer, and every writing transaction takes the
write lock at its beginning, so that it waits there (`patience`) and cannot fail half-way for a lock.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, exc, text
from sqlalchemy.engine import URL

from reports.history.errors import BadDatabaseUrl, HistoryError, NoPermission
from reports.history.translate import translated
from reports.history.url import connect_arguments, parse, shown

VERSION_TABLE = "quarterdeck_version"
_NETWORK_TIMEOUT = 30.0
_LOCK = 0x51554152
"""PostgreSQL's advisory lock for writers that must follow each other: migrations and saved scans."""


class Database:
    """Safe to share between threads. `name` is how messages call it, without any password."""

    def __init__(self, url: str, *, patience: float) -> None:
        self._url = parse(url)
        self.name = shown(self._url)
        self._engine = _engine(self._url, patience)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads: one consistent view. Raises HistoryError."""
        with translated(self.name), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, *, alone: bool = False) -> Iterator[Connection]:
        """A transaction that is kept whole or not at all. Raises HistoryError.

        `alone` makes writers follow each other on PostgreSQL too, as they always do on SQLite.
        """
        with translated(self.name), self._engine.connect() as plain:
            connection = plain.execution_options(quarterdeck_writes=True)
            with connection.begin():
                if alone and connection.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
                yield connection

    def migrate(self) -> None:
        """Bring the tables up to date, in one transaction. Raises HistoryError."""
        if self._url.drivername == "sqlite":
            _claim_file(self.name, str(self._url.database))
        config = Config()
        config.set_main_option("script_location", "reports.history:migrations")
        with self.writing(alone=True) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def answers(self) -> bool:
        """Whether the database answers a question just now."""
        try:
            with self.reading() as connection:
                connection.execute(text("SELECT 1"))
        except HistoryError:
            return False
        return True

    def close(self) -> None:
        """Give the connections back; the object is of no use afterwards."""
        self._engine.dispose()


def _claim_file(name: str, path: str) -> None:
    """Make a new database readable by its owner only (SQLite's side files inherit that)."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise NoPermission(
            f"{name} cannot be opened: {error.strerror}.",
            "Check that its folder exists and that Quarterdeck's user may write there.",
        ) from error


def _engine(url: URL, patience: float) -> Engine:
    if url.drivername == "sqlite":
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": patience})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    url, arguments = connect_arguments(url)
    try:
        engine = create_engine(
            url,
            hide_parameters=True,
            pool_timeout=patience,
            connect_args={"timeout": _NETWORK_TIMEOUT, "application_name": "quarterdeck", **arguments},
        )
    except (ImportError, exc.ArgumentError) as error:
        raise BadDatabaseUrl(
            "The driver for PostgreSQL is not installed.",
            "Install it: pip install 'quarterdeck[postgresql]'.",
        ) from error

    @event.listens_for(engine, "connect")
    def prepare_postgresql(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"SET lock_timeout = '{int(patience * 1000)}ms'")
        cursor.close()
        connection.commit()

    event.listen(engine, "checkout", _ping)
    return engine


def _ping(connection: Any, _record: object, _proxy: object) -> None:
    """Find out that the server has cut a pooled connection before it is used; the pool then opens another.

    SQLAlchemy's own ping knows the driver's errors only, and pg8000 also lets the system's through.
    """
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        cursor.close()
        connection.rollback()
    except Exception as error:
        raise exc.DisconnectionError from error


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver opens no transaction by itself; `_begin_sqlite` does
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "foreign_keys = ON", "cache_size = -16384"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("quarterdeck_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
