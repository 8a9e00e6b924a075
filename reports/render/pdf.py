"""The PDF for auditors: PDF/A-3a and PDF/UA-1, with the evidence inside, the same bytes for the same scan.

It is drawn in a child process with limits on memory and time: drawing libraries give memory back only by
ending, and one hostile document must not take the service with it. The child gets no environment but what it
needs, so no token is ever in reach of what parses the page.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec

from reports.document.model import Document
from reports.render.errors import CannotWrite, DrawingFailed, MissingLibrary, TookTooLong, TooMuchMemory
from reports.render.files import replace_file
from reports.render.job import Job, Outcome, Said
from reports.render.page import Medium, page, stylesheet

MEMORY = 1 << 30
SECONDS = 120
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


class Pdf:
    media_type = "application/pdf"

    def __init__(self, *, memory: int = MEMORY, seconds: int = SECONDS) -> None:
        self._memory = memory
        self._seconds = seconds

    def render(self, document: Document, output: Path) -> None:
        """Draw the PDF. Raises RenderError, or OSError when the place cannot be written to."""
        html = page(document, Medium.PRINT, style=stylesheet("print"))
        with replace_file(output) as file:
            job = Job(
                html=html,
                evidence=document.evidence,
                sha256=document.sha256,
                moment=document.finished,
                output=str(file.path.absolute()),
                memory=self._memory,
                seconds=self._seconds,
            )
            draw(job, shown_as=output)


def draw(job: Job, *, shown_as: Path) -> tuple[str, ...]:
    """Have a child process draw `job.output`; the drawing library's warnings. Raises RenderError."""
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
        raise TookTooLong(job.seconds) from None
    return _judge(done.returncode, done.stdout, done.stderr, job, shown_as)


def _judge(code: int, out: bytes, err: bytes, job: Job, shown_as: Path) -> tuple[str, ...]:
    if -code == signal.SIGXCPU:
        raise TookTooLong(job.seconds)
    if -code in _OUT_OF_MEMORY:
        raise TooMuchMemory(job.memory)
    try:
        said = msgspec.json.decode(out, type=Said)
    except msgspec.DecodeError as error:
        last = err.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise DrawingFailed(last or f"the drawing process ended with {code}") from error
    match said.outcome:
        case Outcome.DONE:
            return said.warnings
        case Outcome.MISSING_LIBRARY:
            raise MissingLibrary(said.detail)
        case Outcome.CANNOT_WRITE:
            raise CannotWrite(shown_as, OSError(said.errno, said.detail))
        case Outcome.TOO_MUCH_MEMORY:
            raise TooMuchMemory(job.memory)
        case Outcome.FAILED:
            raise DrawingFailed(said.detail)
