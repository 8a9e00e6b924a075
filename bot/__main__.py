"""`quarterdeck`: the entry point."""

from __future__ import annotations

import atexit
import errno
import io
import os
import sys

from bot.cli.app import app
from bot.cli.exits import Exit, Finished, Stopped, errors, stop_on_signals


def main() -> None:
    """Run the command line. Standard output that is full gets one message, whatever was being printed."""
    stop_on_signals()
    _stand_in_for_closed_streams()
    try:
        _run()
    except Stopped:
        errors.print("Stopped.")
        raise
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        errors.print(f"Error: standard output cannot be written: {error.strerror}.\nFree some space.")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.USAGE)


def _run() -> None:
    """Run the command, and after one that is finished leave without the clean-up of what is in memory.

    What is registered for the end is still done: a kubeconfig's keys lie in temporary files until then.
    """
    try:
        app()
    except SystemExit as end:
        if isinstance(end.__context__, Finished):
            atexit._run_exitfuncs()  # noqa: SLF001 - it has no public name
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(end.__context__.exit_code)
        raise


def _stand_in_for_closed_streams() -> None:
    """Keep a file opened later from becoming a closed standard stream, and print what its encoding lacks."""
    while any(_closed(descriptor) for descriptor in (0, 1, 2)):
        os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest free one, where there is a /dev
    sys.stdin = sys.stdin or os.fdopen(0, "r", encoding="utf-8")
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _closed(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return True
    return False


if __name__ == "__main__":
    main()
