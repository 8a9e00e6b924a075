"""Server processes for the tests that never outlive them.

A test run can end in any way, a kill included. Each server is therefore the leader of its own process group,
is killed when its user or the interpreter ends, and on Linux has the kernel kill it when its parent dies.
"""

import atexit
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_DIE_WITH_PARENT = """
import ctypes, os, signal, sys
parent, command = int(sys.argv[1]), sys.argv[2:]
if sys.platform == "linux":
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
if os.getppid() == parent:
    os.execv(command[0], command)
"""


class Server:
    """One running server, whose output goes to `log`. Its state is throw-away, so it is killed, not asked."""

    def __init__(self, command: Sequence[str | Path], log: Path) -> None:
        self.name = Path(command[0]).name
        self.log = log
        wrapper = [sys.executable, "-I", "-S", "-c", _DIE_WITH_PARENT, str(os.getpid())]
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*wrapper, *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        atexit.register(self.kill)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def status(self) -> int | None:
        """What it ended with; None while it runs."""
        return self._process.poll()

    def terminate(self) -> None:
        """Ask it to end, as Kubernetes does."""
        self._process.terminate()

    def kill(self) -> None:
        """End the server and whatever it started; harmless when it has ended."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        atexit.unregister(self.kill)

    def tail(self, lines: int = 25) -> str:
        """Return the last lines of the log, for a failure's message."""
        text = self.log.read_text(errors="replace").splitlines()[-lines:]
        return "\n".join([f"last lines of {self.log}:", *text])


def free_ports(count: int) -> list[int]:
    """Return ports that were free on loopback just now; the caller retries when one has been taken since."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
