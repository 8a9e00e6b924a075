"""A real PostgreSQL server for the tests that need one: a throw-away cluster on loopback, unprivileged.

PostgreSQL refuses to run as root, so under root it runs as the system's `postgres` user, or as `nobody`.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote
from uuid import uuid4

from sqlalchemy import create_engine, text

from tests.harness.processes import Server, free_ports

USER = "quarterdeck"
PASSWORD = "p@ss/w:rd"  # needs quoting in a URL, as real ones do
_STARTS_WITHIN = 60.0


class PostgresMissing(RuntimeError):
    """The server's programs are not installed."""


def find_binaries() -> Path:
    """Return the folder of the newest installed server. Debian keeps it off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    raise PostgresMissing("PostgreSQL's server is not installed: apt-get install postgresql (or its like).")


class Postgres:
    """A running server. `url(database)` is how a client with the right password connects."""

    def __init__(self) -> None:
        self._bin = find_binaries()
        self.folder = Path(tempfile.mkdtemp(prefix="quarterdeck-postgres-"))
        self._server: Server | None = None
        try:
            self._become = self._unprivileged()
            self._initialise()
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self) -> None:
        """Start the server on a new port, and wait until it answers."""
        (self.port,) = free_ports(1)
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            "fsync": "off",
            "max_connections": "40",
        }
        options = [option for key, value in settings.items() for option in ("-c", f"{key}={value}")]
        where = ("-D", str(self.folder / "data"), "-p", str(self.port))
        server = Server(
            [*self._become, str(self._bin / "postgres"), *where, *options], self.folder / "server.log"
        )
        self._server = server
        end = time.monotonic() + _STARTS_WITHIN
        ready = [str(self._bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(ready, check=False).returncode:
            if not server.running or time.monotonic() > end:
                raise RuntimeError(f"PostgreSQL did not start; {server.tail()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server as a restart would; its databases stay."""
        if self._server is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._server.pid, signal.SIGINT)
        end = time.monotonic() + 10
        while self._server.running and time.monotonic() < end:
            time.sleep(0.02)
        self._server.kill()
        self._server = None

    def close(self) -> None:
        """Stop the server and remove all it kept."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str, password: str = PASSWORD) -> str:
        return f"postgresql://{USER}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def socket_url(self, database: str) -> str:
        return f"postgresql://{USER}@:{self.port}/{database}?host={self.folder}"

    def create_database(self) -> str:
        """Return the name of a new, empty database."""
        name = f"test_{uuid4().hex[:12]}"
        self.execute(f"CREATE DATABASE {name}")
        return name

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement as the superuser, outside of a transaction."""
        url = self.url(database).replace("postgresql://", "postgresql+pg8000://")
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.execute(text(statement))
        finally:
            engine.dispose()

    def _unprivileged(self) -> list[str]:
        if os.geteuid() != 0:
            return []
        names = {entry.pw_name for entry in pwd.getpwall()}
        account = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
        os.chown(self.folder, account.pw_uid, account.pw_gid)
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            raise PostgresMissing("setpriv is not installed: apt-get install util-linux.")
        change = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
        return [setpriv, *change, "--pdeathsig=KILL", "--"]

    def _initialise(self) -> None:
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        command: list[str | Path] = [
            *self._become,
            self._bin / "initdb",
            *("-D", self.folder / "data", "-U", USER, "--pwfile", secret, "--no-sync"),
            *("--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8", "--no-locale"),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.folder)
        if done.returncode:
            raise RuntimeError(f"initdb failed: {done.stderr or done.stdout}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
