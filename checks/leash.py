"""A child process that does not outlive the one that began it, even one that is killed outright."""

from __future__ import annotations

import ctypes
import signal
from contextlib import suppress

_PARENT_DEATH_SIGNAL = 1


def end_with_the_parent() -> None:
    """Called in the child: be killed when the thread that began this process ends.

    Where the system cannot (it is Linux's), the child's limit on processor time ends what is left over.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
