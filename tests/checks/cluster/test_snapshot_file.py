"""A snapshot in a file: whole or not at all, the same bytes each time, and nothing else accepted."""

import errno
import gzip
import os
import random
import resource
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from checks import frameworks
from checks.cluster import objects as o
from checks.cluster.errors import BadSnapshot, CannotWrite
from checks.cluster.objects import wire
from checks.cluster.snapshot import Snapshot
from checks.cluster.snapshot_file import load, save
from checks.cluster.source import Sample, SavedSnapshot, take_snapshot
from checks.registry import all_checks
from checks.run import evaluate
from tests.harness.fixture_snapshot import snapshot_of


@pytest.fixture(scope="module")
def sample() -> Snapshot:
    return take_snapshot(Sample(), progress=lambda *_: None)


def test_it_comes_back_the_same(tmp_path: Path, sample: Snapshot) -> None:
    path = tmp_path / "harbour.qdsnap"
    save(sample, path)
    assert wire.encode(load(path)) == wire.encode(sample)
    read = take_snapshot(SavedSnapshot(path), progress=lambda *_: None)
    assert read.all(o.Pod) == sample.all(o.Pod)
    assert read.cluster == sample.cluster


def test_it_is_judged_the_same(tmp_path: Path, sample: Snapshot) -> None:
    save(sample, tmp_path / "file")
    loaded = frameworks.load(("cis-kubernetes-2.0.1",))
    judged = [
        msgspec.json.encode(evaluate(each, all_checks(), loaded, tool_version="test"))
        for each in (sample, load(tmp_path / "file"))
    ]
    assert judged[0] == judged[1]
    assert b'"fail"' in judged[0]


def test_the_same_snapshot_gives_the_same_bytes(tmp_path: Path, sample: Snapshot) -> None:
    save(sample, tmp_path / "one")
    save(load(tmp_path / "one"), tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_many_objects_are_read_back_in_their_order_with_equal_parts_once(tmp_path: Path) -> None:
    container = {"name": "web", "image": "web:1", "env": [{"name": "A"}]}
    pods = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"web-{number}", "namespace": "shop"},
            "spec": {"containers": [container]},
        }
        for number in range(1100)
    ]
    snapshot = snapshot_of(*pods)
    save(snapshot, tmp_path / "file")
    read = load(tmp_path / "file")
    assert wire.encode(read) == wire.encode(snapshot)
    assert len({id(pod.spec.containers) for pod in read.all(o.Pod)}) == 1


def test_a_file_of_the_format_before_is_read(tmp_path: Path, sample: Snapshot) -> None:
    bare = msgspec.structs.replace(sample, objects={}, whole=(), params=None)
    kinds = [wire.encode({"kind": kind, "items": items}) for kind, items in sample.objects.items()]
    whole = [msgspec.json.encode({"kind": "whole", "items": each}) for each in sample.whole]
    rest = b"\n".join((msgspec.json.encode(bare), *kinds, *whole))
    (tmp_path / "file").write_bytes(packed(b'{"schema": "quarterdeck.snapshot", "version": 2}', rest))
    assert wire.encode(load(tmp_path / "file")) == wire.encode(sample)


def test_it_replaces_the_file_and_leaves_nothing_beside(tmp_path: Path, sample: Snapshot) -> None:
    path = tmp_path / "file"
    path.write_text("older")
    save(sample, path)
    assert load(path).cluster == sample.cluster
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
    assert path.stat().st_mode & 0o077 == 0


def packed(header: bytes, rest: bytes = b"{}") -> bytes:
    return gzip.compress(header + b"\n" + rest, mtime=0)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not a snapshot"),
        (b"plain text", "is not a snapshot"),
        (gzip.compress(b"something else", mtime=0), "is not a snapshot"),
        (gzip.compress(b"\xff\xfe\n{}", mtime=0), "is not a snapshot"),
        (packed(b'{"schema": "other", "version": 1}'), "is not a snapshot"),
        (packed(b'{"schema": "quarterdeck.snapshot", "version": 99}'), "newer Quarterdeck"),
        (packed(b'{"schema": "quarterdeck.snapshot", "version": 1}'), "no longer read"),
        (packed(b'{"schema": "quarterdeck.snapshot", "version": 3}'), "is damaged"),
        (packed(b'{"schema": "quarterdeck.snapshot", "version": 2}', b"{"), "is damaged"),
        (
            packed(b'{"schema": "quarterdeck.snapshot", "version": 2}', b'{"x": ' + b"[" * 99_999),
            "is damaged",
        ),
        (
            packed(
                b'{"schema": "quarterdeck.snapshot", "version": 2}',
                b'{"x": "%s' % random.Random(0).randbytes(2000).hex().encode(),
            )[:900],
            "is cut short",
        ),
        (gzip.compress(b"a" * 2000, mtime=0)[:-6] + b"\x00" * 6, "is damaged"),
    ],
)
def test_what_is_no_snapshot_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(BadSnapshot) as caught:
        load(path)
    assert said in caught.value.message
    assert caught.value.next_step


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadSnapshot, match="No such file"):
        load(tmp_path / "nowhere")


def test_a_bomb_is_refused_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    with gzip.open(path, "wb", compresslevel=9) as file:
        for _ in range(300):
            file.write(bytes(1 << 20))
    program = (
        "import re, sys; from pathlib import Path\n"
        "from checks.cluster import snapshot_file as s; from checks.cluster.errors import BadSnapshot\n"
        "s.MAX_BYTES = 64 << 20\n"
        "try: s.load(Path(sys.argv[1]))\n"
        "except BadSnapshot as error: print(error.message)\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])\n"
    )
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    said, kilobytes = done.stdout.splitlines()
    assert "unpacks to more than 64 MiB" in said
    assert int(kilobytes) < 250_000


def test_a_full_disk(tmp_path: Path, sample: Snapshot) -> None:
    """A limit on the size of files stands in for the disk: the write fails half way, as on a full one."""
    path = tmp_path / "file"
    path.write_text("older")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, before[1]))
    try:
        with pytest.raises(CannotWrite) as caught:
            save(sample, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_text() == "older"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
    assert str(path) in caught.value.message


def test_no_space_says_to_free_some(
    tmp_path: Path, sample: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("checks.cluster.snapshot_file.os.fsync", full)
    with pytest.raises(CannotWrite, match="Free some space"):
        save(sample, tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(tmp_path: Path, sample: Snapshot) -> None:
    with pytest.raises(CannotWrite, match="No such file"):
        save(sample, tmp_path / "nowhere" / "file")


def test_a_device_and_a_link_stay_what_they_are(tmp_path: Path, sample: Snapshot) -> None:
    pipe, link, target = tmp_path / "pipe", tmp_path / "link", tmp_path / "target"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    try:
        save(sample, pipe)
        assert os.read(reader, 2) == b"\x1f\x8b"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    link.symlink_to(target)
    save(sample, link)
    assert link.is_symlink()
    assert load(target).cluster == sample.cluster


def test_a_full_device_is_said(sample: Snapshot) -> None:
    with pytest.raises(CannotWrite, match="No space left"):
        save(sample, Path("/dev/full"))
    assert not Path("/dev/full").is_file()
