"""Which files make up an audit log, rotated and packed ones too, and what they say together."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import msgspec

from checks.cluster import objects as o
from checks.cluster.audit_log.events import Event, events_in
from checks.cluster.audit_log.lines import lines_of
from checks.cluster.audit_log.tally import Tally
from checks.cluster.errors import BadAuditLog
from checks.cluster.evidence import Given
from checks.cluster.files import STANDARD_INPUT, readable
from checks.model import Problem

_LOOKED_AT = 50
"""Lines in which a file's first event is looked for, to know which file is the older one."""
_GIVE = "Give what --audit-log-path names on the control plane nodes: lines of JSON, with the rotated files."


def read_audit_logs(paths: tuple[Path, ...]) -> Given:
    """What these files and folders say was used. Raises BadAuditLog where no event is in any of them."""
    if not paths:
        return Given({}, (), "")
    found, origin = _Read(), ", ".join(readable(path) for path in paths)
    for path in _oldest_first(list(_files(paths, found.problems))):
        found.read(path)
    if not found.tally.events:
        more = f" {found.problems[0]}." if found.problems else ""
        raise BadAuditLog(f"There are no audit events in {origin}.{more}", _GIVE)
    usage = found.tally.usage(tuple(found.names), found.other, found.broken)
    return Given({o.AuditUsage.__name__: (usage,)}, tuple(found.problems), origin)


class _Read:
    """What was read so far, and what could not be."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.problems: list[Problem] = []
        self.names: list[str] = []
        self.other = self.broken = 0

    def read(self, path: Path) -> None:
        """Count a file's events in."""
        name, before = readable(path), self.tally.events
        try:
            with lines_of(path) as lines:
                for line in lines:
                    self._count(line)
                self.broken += lines.too_long
        except OSError as error:
            self.problems.append(Problem(name, None, f"cannot be read: {error.strerror}"))
            return
        if lines.cut:
            self.problems.append(Problem(name, None, lines.cut))
        elif self.tally.events == before:
            self.problems.append(Problem(name, None, "holds no audit events"))
        self.names.append(name)

    def _count(self, line: bytes) -> None:
        if not line.strip():
            return
        try:
            events = list(events_in(line))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.broken += 1
            return
        self.other += not events
        for event in events:
            self.tally.add(event)


def _files(paths: Iterable[Path], problems: list[Problem]) -> Iterator[Path]:
    """Every file meant, once; of a folder those that are not hidden. Raises BadAuditLog for one not there."""
    seen: set[tuple[int, int]] = set()
    for path in paths:
        if path == STANDARD_INPUT:
            yield path
            continue
        try:
            folder = stat.S_ISDIR(path.stat().st_mode)
            inside = sorted(path.iterdir()) if folder else [path]
        except OSError as error:
            raise BadAuditLog(
                f"The audit log {readable(path)} cannot be read: {error.strerror}.", _GIVE
            ) from error
        for each in inside:
            if folder and each.name.startswith("."):
                continue
            try:
                status = each.stat()
            except OSError as error:
                problems.append(Problem(readable(each), None, f"cannot be read: {error.strerror}"))
                continue
            if (stat.S_ISREG(status.st_mode) or not folder) and (status.st_dev, status.st_ino) not in seen:
                seen.add((status.st_dev, status.st_ino))
                yield each


def _oldest_first(files: list[Path]) -> list[Path]:
    """By their first event, so that a request's start comes before its end in another file."""
    if len(files) < 2:
        return files
    return sorted(files, key=lambda path: (_first_moment(path), os.fsencode(path)))


def _first_moment(path: Path) -> str:
    """When a file begins; what can be read but once, or has no event near its beginning, comes last."""
    last = "~"
    if not path.is_file():
        return last
    try:
        with lines_of(path) as lines:
            moments = (_moment_in(line) for line in islice(lines, _LOOKED_AT))
            return next(filter(None, moments), last)
    except OSError:
        return last  # said when it is read


def _moment_in(line: bytes) -> str:
    try:
        events: list[Event] = list(events_in(line))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return next((each.request_received_timestamp or "" for each in events), "")
