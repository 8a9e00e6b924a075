"""What goes wrong with a database is said in one sentence with what to do, and never with its password."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import traceback
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, event, text

from reports.document.evidence import evidence
from reports.history import History
from reports.history.database import VERSION_TABLE
from reports.history.errors import (
    BadDatabaseUrl,
    DatabaseLocked,
    DiskFull,
    HistoryError,
    NewerDatabase,
    NoPermission,
    NotADatabase,
    Unreachable,
)
from reports.history.tables import metadata
from reports.history.url import connect_arguments, parse
from tests.harness.postgres import Postgres
from tests.harness.processes import free_ports
from tests.harness.scans import result, scan

ROOT = Path(__file__).parents[3]
BIG = scan(*(result(f"workload-{number}", message=os.urandom(200).hex()) for number in range(3000)))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


def opened(file: Path, patience: float = 0.2) -> History:
    return History.open(f"sqlite:///{file}", patience=patience)


def test_the_migrations_make_the_tables_that_the_code_knows(url: str) -> None:
    History.open(url).close()
    parsed = parse(url)
    engine = create_engine(parsed if parsed.drivername == "sqlite" else connect_arguments(parsed)[0])
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_opening_again_keeps_everything(url: str) -> None:
    first = History.open(url)
    run = first.save(scan(result("web")), requested_by="erin")
    first.close()
    again = History.open(url)
    assert again.runs() == (run,)
    assert again.answers()
    again.close()


def test_a_new_file_is_for_its_owner_only(file: Path) -> None:
    history = opened(file)
    history.save(scan(), requested_by="erin")
    assert {f"{path.stat().st_mode & 0o777:o}" for path in file.parent.glob("history.db*")} == {"600"}
    history.close()


def test_readers_do_not_wait_for_a_writer(file: Path) -> None:
    history = opened(file)
    run = history.save(scan(), requested_by="erin")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert history.runs() == (run,)
        with pytest.raises(DatabaseLocked, match=r"is locked by another process\. Nothing was changed\."):
            history.save(scan(), requested_by="erin")
        other.execute("ROLLBACK")
    assert len(history.runs()) == 1
    history.close()


def test_a_locked_file_is_waited_for(file: Path) -> None:
    history = opened(file, patience=5)
    held = (
        "import sqlite3, sys, time; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('BEGIN IMMEDIATE'); print('held', flush=True); time.sleep(0.5); c.execute('ROLLBACK')"
    )
    with subprocess.Popen([sys.executable, "-c", held, file], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        assert history.save(scan(), requested_by="erin").failures == 0
    history.close()


def test_an_exclusively_locked_file_cannot_be_opened(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DatabaseLocked):
            opened(file)


GROWS = """
import resource, signal, sys
import msgspec
from checks.model import Scan
from reports.history import History
from reports.history.errors import HistoryError

history = History.open(f"sqlite:///{sys.argv[1]}")
scan = msgspec.json.decode(sys.stdin.buffer.read(), type=Scan)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
try:
    history.save(scan, requested_by="erin")
except HistoryError as error:
    print(error)
print(len(history.attempts()), "stored")
"""


def test_a_file_that_may_not_grow_stores_nothing_half(file: Path) -> None:
    """As a full disk, a quota or `ulimit -f` does it: writing fails in the middle of the scan."""
    command = [sys.executable, "-c", GROWS, str(file)]
    done = subprocess.run(command, input=evidence(BIG), capture_output=True, check=True, cwd=ROOT)
    said, stored = done.stdout.decode().splitlines()
    assert said.startswith(f"The database {file} cannot")
    assert "Check the disk and its free space" in said or "the disk is full" in said
    assert stored == "0 stored"


def test_a_full_disk_stores_nothing_half(file: Path) -> None:
    """SQLite's own limit answers just as a full disk does."""
    history = opened(file)
    kept = history.save(scan(result("web")), requested_by="erin")

    def limit(connection: Any, _record: object, _proxy: object) -> None:
        connection.execute("PRAGMA max_page_count = 100")

    event.listen(history._database._engine, "checkout", limit)
    with pytest.raises(DiskFull, match=r"the disk is full\. Nothing was stored half\. Free some space"):
        history.save(BIG, requested_by="erin")
    assert history.runs() == (kept,)
    assert len(history.attempts()) == 1
    history.close()


def test_a_file_that_is_something_else_is_left_alone(file: Path) -> None:
    file.write_bytes(b"%PDF-1.7\n" + b"x" * 5000)
    with pytest.raises(NotADatabase, match=r"is not a database\. Restore it from a backup"):
        opened(file)
    assert file.read_bytes().startswith(b"%PDF-1.7")


def test_a_damaged_file_is_said_to_be_damaged(file: Path) -> None:
    history = opened(file)
    history.save(BIG, requested_by="erin")
    history.close()
    content = bytearray(file.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    file.write_bytes(content)
    with pytest.raises(NotADatabase, match="is damaged"):
        opened(file).runs()


def test_a_newer_database_is_left_alone(url: str) -> None:
    History.open(url).close()
    parsed = parse(url)
    engine = create_engine(parsed if parsed.drivername == "sqlite" else connect_arguments(parsed)[0])
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(NewerDatabase, match="was written by a newer version of Quarterdeck"):
        History.open(url)
    with engine.begin() as connection:
        assert connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar() == "9999"
    engine.dispose()


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoPermission, match=r"no/such/history.db cannot be opened: No such file or directory"):
        opened(tmp_path / "no" / "such" / "history.db")


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoPermission, match="Is a directory"):
        opened(tmp_path)


ASKS = """
import os, sys
from reports.history import History
from reports.history.errors import NoPermission
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    History.open(f"sqlite:///{sys.argv[1]}")
except NoPermission as error:
    print(error)
"""


def test_a_file_without_the_right_to_write_is_refused(file: Path) -> None:
    """As someone who is not root, whom permissions do not bind."""
    opened(file).close()
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders let nobody else in
        Path(folder).chmod(0o755)
        copy = Path(shutil.copy(file, folder))
        copy.chmod(0o444)
        command = [sys.executable, "-c", ASKS, str(copy)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert "history.db cannot be opened: Permission denied. " in done.stdout


def test_a_file_that_becomes_read_only_says_so(file: Path) -> None:
    history = opened(file)

    def read_only(connection: Any, _record: object, _proxy: object) -> None:
        connection.execute("PRAGMA query_only = ON")

    event.listen(history._database._engine, "checkout", read_only)
    with pytest.raises(NoPermission, match=r"may not be written\. Give the user that Quarterdeck runs as"):
        history.save(scan(), requested_by="erin")
    history.close()


# PostgreSQL


def unreachable_url() -> str:
    (port,) = free_ports(1)
    return f"postgresql://erin:hunter2@127.0.0.1:{port}/history"


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with pytest.raises(Unreachable, match=r"database history on 127\.0\.0\.1 cannot be reached .*refused"):
        History.open(unreachable_url())


def test_a_restarted_server_is_found_again(tmp_path: Path) -> None:
    with Postgres() as server:
        history = History.open(server.url(server.create_database()))
        assert history.answers()
        server.stop()
        assert not history.answers()
        with pytest.raises(Unreachable):
            history.runs()
        history.close()


def test_connections_cut_by_the_server_are_made_anew(postgres: Postgres, postgres_url: str) -> None:
    history = History.open(postgres_url)
    name = postgres_url.rpartition("/")[2]
    postgres.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    assert history.runs() == ()
    history.close()


def test_a_wrong_password_is_said_without_the_password(postgres: Postgres) -> None:
    secret = os.urandom(8).hex()
    with pytest.raises(NoPermission, match="does not accept the user or the password") as caught:
        History.open(postgres.url("postgres", password=secret))
    assert secret not in whole(caught.value)


def test_a_database_that_does_not_exist_is_said(postgres: Postgres) -> None:
    with pytest.raises(NotADatabase, match=r"database nowhere on 127\.0\.0\.1 does not exist\. Create it"):
        History.open(postgres.url("nowhere"))


def test_a_user_without_rights_is_told_so(postgres: Postgres, postgres_url: str) -> None:
    name = postgres_url.rpartition("/")[2]
    postgres.execute(f"CREATE ROLE guest_{name} LOGIN PASSWORD 'hunter2'")
    url = f"postgresql://guest_{name}:hunter2@127.0.0.1:{postgres.port}/{name}"
    with pytest.raises(NoPermission, match=r"rights it needs\. Make the user the owner"):
        History.open(url)


def test_a_read_only_server_is_told_from_a_missing_right(postgres: Postgres, postgres_url: str) -> None:
    name = postgres_url.rpartition("/")[2]
    postgres.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with pytest.raises(NoPermission, match="read-only"):
        History.open(postgres_url)


def test_a_locked_table_is_waited_for_and_then_said(postgres_url: str) -> None:
    history = History.open(postgres_url, patience=0.2)
    engine = create_engine(connect_arguments(parse(postgres_url))[0])
    with engine.begin() as other:
        other.execute(text("LOCK TABLE runs IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(DatabaseLocked, match="is locked by another process"):
            history.save(scan(), requested_by="erin")
    assert history.runs() == ()
    engine.dispose()
    history.close()


def test_many_processes_may_open_a_new_database_at_once(url: str) -> None:
    opens = "import sys; from reports.history import History; History.open(sys.argv[1]).close()"
    command = [sys.executable, "-c", opens, url]
    running = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) for _ in range(4)]
    assert [(each.communicate()[1], each.returncode) for each in running] == [(b"", 0)] * 4


def test_a_socket_is_reached_as_libpq_names_it(postgres: Postgres) -> None:
    history = History.open(postgres.socket_url(postgres.create_database()))
    assert history.save(scan(), requested_by="erin") == history.runs()[0]
    history.close()


def test_encryption_that_the_server_does_not_offer_is_not_done_without(postgres_url: str) -> None:
    with pytest.raises(Unreachable, match="SSL"):
        History.open(f"{postgres_url}?sslmode=require")


def whole(error: BaseException) -> str:
    """All that a log could show of an error and its causes."""
    return "".join(traceback.format_exception(error))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense hunter2", "is not a URL"),
        ("mysql://erin:hunter2@host/db", "starts with 'mysql', which is not supported"),
        ("sqlite://", "names no SQLite file"),
        ("sqlite:///:memory:", "names no SQLite file"),
        ("postgresql://erin:hunter2@host/db?colour=red", "options that are not known: colour"),
        ("postgresql://erin:hunter2@host/db?sslmode=maybe", "sslmode=maybe, which is not known"),
        (
            "postgresql://erin:hunter2@host/db?sslmode=verify-full&sslrootcert=/none",
            "cannot be used: No such",
        ),
        ("postgresql://erin:hunter2@host:notaport/db", "is not a URL"),
    ],
)
def test_a_url_that_cannot_be_used_is_said_without_its_password(url: str, said: str) -> None:
    with pytest.raises(BadDatabaseUrl, match=said) as caught:
        History.open(url)
    assert "hunter2" not in whole(caught.value)
    assert caught.value.next_step


def test_no_error_shows_a_password() -> None:
    with pytest.raises(HistoryError) as caught:
        History.open(unreachable_url())
    assert "hunter2" not in whole(caught.value)


def test_a_connection_checks_the_servers_name_when_told_to() -> None:
    _, verified = connect_arguments(parse("postgresql://h/db?sslmode=verify-full"))
    assert verified["ssl_context"].check_hostname
    _, required = connect_arguments(parse("postgres://h/db?sslmode=require"))
    assert not required["ssl_context"].check_hostname
    assert connect_arguments(parse("postgresql://h/db?sslmode=disable"))[1]["ssl_context"] is False
