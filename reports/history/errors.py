"""Everything that can go wrong in this room. No exception of SQLAlchemy, Alembic or a driver leaves it.

HistoryError
 |- BadDatabaseUrl    the URL cannot be used: not a URL, an unknown database, a driver that is not installed
 |- DatabaseLocked    another process kept the database busy for longer than the patience
 |- DiskFull          nothing can be added
 |- NoPermission      it may not be opened, read or written; also a wrong user or password
 |- NotADatabase      the file is something else, or damaged
 |- NewerDatabase     written by a newer version, or not ours
 |- Unreachable       no usable connection to the PostgreSQL server
 |- UnknownRun        no run has this id
 |- DamagedScan       a stored scan cannot be read back as it was stored
 |- AlreadyPosting    another process is posting, or has posted, the same part
 `- DatabaseFailed    anything else that the database says
"""

from __future__ import annotations

from checks.errors import QuarterdeckError


class HistoryError(QuarterdeckError):
    """Base of what can go wrong with the database."""

    next_step = "Run `quarterdeck doctor`."


class BadDatabaseUrl(HistoryError):
    next_step = "Use sqlite:////path/to/history.db or postgresql://user:password@host/database."


class DatabaseLocked(HistoryError):
    next_step = (
        "Nothing was changed. Find the process that holds it (a backup, another copy), then try again."
    )


class DiskFull(HistoryError):
    next_step = "Nothing was stored half. Free some space, then try again."


class NoPermission(HistoryError):
    next_step = "Give the user that Quarterdeck runs as the right to read and write it."


class NotADatabase(HistoryError):
    next_step = "Restore it from a backup, or move it away: a new one is made at the next start."


class NewerDatabase(HistoryError):
    next_step = (
        "Use the version of Quarterdeck that wrote it, or a newer one; a backup from before also works."
    )


class Unreachable(HistoryError):
    next_step = "Check that the server runs, its host and port, and the network between."


class UnknownRun(HistoryError):
    next_step = "In Slack, `/quarterdeck status` names the latest run of each cluster."


class DamagedScan(HistoryError):
    next_step = "Restore the database from a backup; the other runs are not affected."


class AlreadyPosting(HistoryError):
    next_step = "Nothing to do: it is posted once."


class DatabaseFailed(HistoryError):
    next_step = "Run `quarterdeck doctor`; the database's own log says more."
