"""Exit codes, and the one place where an error becomes a message and a code."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path

import typer

from bot.columns import Column, Columns
from bot.errors import CommandError
from bot.terminal import messages, plain
from checks.cluster.errors import CannotWrite, ClusterError
from checks.errors import QuarterdeckError


class Exit(IntEnum):
    """The documented exit codes."""

    DONE = 0
    FAIL_ON_MET = 1
    USAGE = 2
    NOT_READ = 3
    READ_IN_PART = 4


class Finished(typer.Exit):
    """The end of a command that leaves nothing but memory behind. `bot.__main__` then ends the process at
    once, because giving a large cluster back one object after the other takes 0.15 s for 10,000 pods."""


class Stopped(SystemExit):
    """Ctrl-C, or a signal to end: it unwinds what is at work, so that no process and no half file stays."""


def stop_on_signals() -> None:
    """From now on SIGINT and SIGTERM, unless they are ignored, raise Stopped with the code shells know."""

    def stop(number: int, _: object) -> None:
        raise Stopped(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)


errors = messages(stderr=True)


@contextmanager
def one_message() -> Iterator[None]:
    """Turn expected errors into one message on standard error and the documented exit code."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(Exit.DONE) from None
    except QuarterdeckError as error:
        fail(error.message, error.next_step, _code(error))


def _code(error: Exception) -> Exit:
    read = isinstance(error, ClusterError) and not isinstance(error, CannotWrite)
    return Exit.NOT_READ if read else Exit.USAGE


def fail(message: str, next_step: str, code: Exit) -> None:
    """Print a message with its next step and end."""
    errors.print(plain("Error: ", "bold red").append_text(plain(message)))
    errors.print(plain(next_step))
    raise typer.Exit(code)


def suggest(steps: Iterable[tuple[str, str]]) -> None:
    """Name what can be typed next and what for, to a person: nothing when the output goes elsewhere."""
    if not (errors.is_terminal and sys.stdout.isatty()):
        return
    errors.print()
    errors.print("Next", style="bold")
    commands, reasons = zip(*steps, strict=True)
    errors.print(
        Columns(
            [
                Column("", tuple(plain(each, "cyan") for each in commands), whole=True),
                Column("", tuple(plain(each) for each in reasons)),
            ]
        )
    )


@contextmanager
def output_to(path: Path | None) -> Iterator[None]:
    """Say clearly when an output file cannot be written. Raises CommandError."""
    try:
        yield
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        where = path or "standard output"
        step = (
            "Free some space." if error.errno in (errno.ENOSPC, errno.EDQUOT) else "Choose another --output."
        )
        raise CommandError(f"{where} cannot be written: {error.strerror}.", step) from error
