"""Drawing in a child process with limits on memory and time.

Drawing libraries give memory back only by ending, and one hostile document must not take the service with it.
The child gets no environment but what it needs, so no token is ever in reach of what parses the page.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec

from reports.render.errors import (
    PDF,
    PICTURE,
    CannotWrite,
    DrawingFailed,
    MissingLibrary,
    TookTooLong,
    TooMuchMemory,
)
from reports.render.job import Job, Outcome, PdfJob, Said

_PASSED_ON = (
    *("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "XDG_CACHE_HOME", "PYTHONPATH", "PYTHONSAFEPATH"),
    *(
        "PYTHONHASHSEED",
        "FONTCONFIG_FILE",
        "FONTCONFIG_PATH",
        "LD_LIBRARY_PATH",
        "DYLD_FALLBACK_LIBRARY_PATH",
    ),
)
_OUT_OF_MEMORY = (signal.SIGKILL, signal.SIGABRT, signal.SIGTRAP, signal.SIGSEGV)
"""How a C library, or the kernel, ends a process that gets no more memory."""


def draw(job: Job, *, shown_as: Path) -> tuple[str, ...]:
    """Have a child process draw `job.output`; the drawing library's warnings. Raises RenderError."""
    what = PDF if isinstance(job, PdfJob) else PICTURE
    try:
        done = subprocess.run(
            [sys.executable, "-B", "-m", "reports.render.child"],
            input=msgspec.msgpack.encode(job),
            capture_output=True,
            timeout=job.seconds,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            cwd="/",
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TookTooLong(job.seconds, what) from None
    if -done.returncode == signal.SIGXCPU:
        raise TookTooLong(job.seconds, what)
    if -done.returncode in _OUT_OF_MEMORY:
        raise TooMuchMemory(job.memory, what)
    try:
        said = msgspec.json.decode(done.stdout, type=Said)
    except msgspec.DecodeError as error:
        last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise DrawingFailed(last or f"the drawing process ended with {done.returncode}", what) from error
    match said.outcome:
        case Outcome.DONE:
            return said.warnings
        case Outcome.MISSING_LIBRARY:
            raise MissingLibrary(said.detail)
        case Outcome.CANNOT_WRITE:
            raise CannotWrite(shown_as, OSError(said.errno, said.detail))
        case Outcome.TOO_MUCH_MEMORY:
            raise TooMuchMemory(job.memory, what)
        case Outcome.FAILED:
            raise DrawingFailed(said.detail, what)
