"""Database URLs as people write them, and how to speak of them without their passwords."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from reports.history.errors import BadDatabaseUrl

_POSTGRESQL = {"postgres", "postgresql", "postgresql+pg8000"}
_PORT = 5432


def parse(url: str) -> URL:
    """The URL as SQLAlchemy's object: SQLite in a file, or PostgreSQL through pg8000.

    Raises BadDatabaseUrl, whose message never repeats the text: it may hold a password.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise BadDatabaseUrl("The database URL is not a URL.") from None
    if parsed.drivername in _POSTGRESQL:
        return parsed.set(drivername="postgresql+pg8000")
    if parsed.drivername in {"sqlite", "sqlite+pysqlite"}:
        if not parsed.database or parsed.database == ":memory:" or parsed.database.startswith("file:"):
            raise BadDatabaseUrl("The database URL names no SQLite file, so nothing would be kept.")
        return parsed.set(drivername="sqlite")
    raise BadDatabaseUrl(f"The database URL starts with {parsed.drivername!r}, which is not supported.")


def shown(url: URL) -> str:
    """How messages name the database: the file's path, or `PostgreSQL database NAME on HOST`."""
    if url.drivername == "sqlite":
        return f"The database {url.database}"
    host = url.host or "a local socket"
    return f"The PostgreSQL database {url.database or '(not named)'} on {host}"


def connect_arguments(url: URL) -> tuple[URL, dict[str, Any]]:
    """The URL without its query, and the driver's arguments that the query stands for.

    Understands libpq's `host` (a socket's folder), `sslmode` and `sslrootcert`. Raises BadDatabaseUrl for
    anything else, because an option that is silently dropped is a wrong connection.
    """
    query = {key: value if isinstance(value, str) else value[-1] for key, value in url.query.items()}
    arguments: dict[str, Any] = {}
    if folder := query.pop("host", None):
        arguments["unix_sock"] = str(Path(folder) / f".s.PGSQL.{url.port or _PORT}")
    mode, root = query.pop("sslmode", "prefer"), query.pop("sslrootcert", None)
    arguments["ssl_context"] = _ssl_context(mode, root)
    if query:
        raise BadDatabaseUrl(f"The database URL has options that are not known: {', '.join(sorted(query))}.")
    return url.set(query={}), arguments


def _ssl_context(mode: str, root: str | None) -> ssl.SSLContext | bool | None:
    """pg8000's argument: False for none, None for "if the server can", else the context to insist on."""
    match mode:
        case "disable" | "allow":
            return False
        case "prefer":
            return None
        case "require" | "verify-ca" | "verify-full":
            try:
                context = ssl.create_default_context(cafile=root)
            except OSError as error:
                reason = error.strerror or "it is not PEM"
                raise BadDatabaseUrl(
                    f"The certificate file {root} of the database URL cannot be used: {reason}.",
                    "Give `sslrootcert` the path of a PEM file.",
                ) from error
            context.check_hostname = mode == "verify-full"
            if mode == "require" and root is None:
                context.verify_mode = ssl.CERT_NONE
            return context
        case _:
            raise BadDatabaseUrl(
                f"The database URL has sslmode={mode}, which is not known.",
                "Use disable, prefer, require, verify-ca or verify-full.",
            )
