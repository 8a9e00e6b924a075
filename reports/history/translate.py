"""From what SQLAlchemy, Alembic and the drivers raise to our own errors, which say what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from alembic.util import CommandError
from sqlalchemy import exc

from reports.history.errors import (
    DatabaseFailed,
    DatabaseLocked,
    DiskFull,
    HistoryError,
    NewerDatabase,
    NoPermission,
    NotADatabase,
    Unreachable,
)

_SQLITE: dict[str, tuple[type[HistoryError], str]] = {
    "SQLITE_BUSY": (DatabaseLocked, "is locked by another process"),
    "SQLITE_LOCKED": (DatabaseLocked, "is locked by another connection"),
    "SQLITE_FULL": (DiskFull, "cannot grow: the disk is full"),
    "SQLITE_READONLY": (NoPermission, "may not be written"),
    "SQLITE_CANTOPEN": (NoPermission, "cannot be opened"),
    "SQLITE_PERM": (NoPermission, "may not be opened"),
    "SQLITE_AUTH": (NoPermission, "may not be used"),
    "SQLITE_NOTADB": (NotADatabase, "is not a database"),
    "SQLITE_CORRUPT": (NotADatabase, "is damaged"),
    "SQLITE_IOERR": (DatabaseFailed, "cannot be read or written: the disk reports an error"),
}

_POSTGRESQL: dict[str, tuple[type[HistoryError], str]] = {
    "08": (Unreachable, "broke the connection"),
    "28": (NoPermission, "does not accept the user or the password"),
    "3D": (NotADatabase, "does not exist"),
    "40": (DatabaseLocked, "was busy with a conflicting change"),
    "42501": (NoPermission, "does not give this user the rights it needs"),
    "25006": (NoPermission, "is read-only (a standby?)"),
    "53100": (DiskFull, "cannot grow: the server's disk is full"),
    "53300": (DatabaseLocked, "has no connection left"),
    "55P03": (DatabaseLocked, "is locked by another process"),
    "57": (Unreachable, "is shutting down or starting"),
}
_NEXT_STEPS = {
    "3D": "Create it: `createdb NAME`, owned by the user in the database URL.",
    "28": "Mend the user and the password in the database URL.",
    "42501": "Make the user the owner of the database.",
    "25006": "Point the database URL at the primary server.",
    "SQLITE_IOERR": "Check the disk and its free space; the kernel's log says more.",
    "SQLITE_CANTOPEN": "Check that its folder exists and that Quarterdeck's user may write there.",
}


@contextmanager
def translated(database: str) -> Iterator[None]:
    """Raises HistoryError for every error of the libraries below; `database` is how messages name it."""
    try:
        yield
    except exc.TimeoutError as error:
        raise DatabaseLocked(f"{database} has had no free connection for a while.") from error
    except exc.DBAPIError as error:
        raise _of(database, error.orig or error) from error
    except sqlite3.Error as error:
        raise _of(database, error) from error
    except OSError as error:
        raise Unreachable(
            f"{database} broke the connection ({error.strerror or type(error).__name__})."
        ) from error
    except CommandError as error:
        raise NewerDatabase(
            f"{database} was written by a newer version of Quarterdeck, or is not ours."
        ) from error
    except exc.SQLAlchemyError as error:
        raise DatabaseFailed(f"{database} failed ({type(error).__name__}).") from error


def _of(database: str, error: BaseException) -> HistoryError:
    if isinstance(error, sqlite3.Error):
        name = getattr(error, "sqlite_errorname", None) or ""
        return _lookup(database, _SQLITE, [name, "_".join(name.split("_")[:2])], str(error))
    code = _sqlstate(error)
    if code is None:
        return Unreachable(f"{database} cannot be reached ({_cause(error)}).")
    return _lookup(database, _POSTGRESQL, [code, code[:2]], f"SQLSTATE {code}")


def _lookup(
    database: str, table: dict[str, tuple[type[HistoryError], str]], codes: list[str], detail: str
) -> HistoryError:
    for code in codes:
        if code in table:
            kind, what = table[code]
            return kind(f"{database} {what}.", _NEXT_STEPS.get(code, ""))
    return DatabaseFailed(f"{database} failed ({detail}).")


def _sqlstate(error: BaseException) -> str | None:
    """PostgreSQL's code, which pg8000 gives as `C` of its first argument; None if the server said nothing."""
    fields = error.args[0] if error.args else None
    code = fields.get("C") if isinstance(fields, dict) else None
    return code if isinstance(code, str) else None


def _cause(error: BaseException) -> str:
    """Why there is no connection, in the system's words: the driver's own may repeat what it was given."""
    cause = error.__cause__
    if isinstance(cause, OSError):
        return cause.strerror or (str(cause) if isinstance(cause, TimeoutError) else type(cause).__name__)
    return str(error) if "SSL" in str(error) else type(error).__name__
