"""The local Slack's process: found, started on a free loopback port, and sure to end with its starter."""

import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HOME = Path(__file__).parents[1] / "slack" / "local"
BINARY = HOME / "node_modules" / "local-slack-linux-x64" / "bin" / "local-slack"
START_TIMEOUT = 20.0
STOP_TIMEOUT = 5.0


class LocalSlackError(Exception):
    """The local Slack is not installed or cannot be started."""


class SlackProcess:
    """A running emulator: `url` is where it answers, `stop()` ends it and forgets its files.

    `port` 0 takes any free one.

    Raises LocalSlackError when it is not installed or does not come up.
    """

    def __init__(self, config: Mapping[str, Any], port: int = 0) -> None:
        command = [str(binary()), "--port", str(port), "--base-host", "127.0.0.1"]
        self._folder = tempfile.TemporaryDirectory(prefix="local-slack-")
        folder = Path(self._folder.name)
        (folder / "workspace.json").write_text(json.dumps(config), "utf-8")
        self._output = folder / "output.txt"
        with self._output.open("wb") as sink:
            # leash.mjs: loopback only, and an end as soon as this end of its standard input closes.
            self._process = subprocess.Popen(  # noqa: S603 - our own binary, fixed arguments
                [*command, "--config", folder / "workspace.json", "--files-dir", folder / "files"],
                stdin=subprocess.PIPE,
                stdout=sink,
                stderr=subprocess.STDOUT,
                cwd=HOME,
                env={"BUN_OPTIONS": "--preload ./leash.mjs", "TMPDIR": str(folder)},
            )
        try:
            self.url = self._await_address()
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        """The emulator's process id."""
        return self._process.pid

    def stop(self) -> None:
        """End the emulator and remove its files; harmless when it has ended already."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    def _await_address(self) -> str:
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            if found := re.search(r"Web UI:\s+(http://127\.0\.0\.1:\d+)", self._said()):
                return found[1]
            if self._process.poll() is not None:
                break
            time.sleep(0.02)
        raise LocalSlackError(f"The local Slack did not start. It said:\n{self._said()}")

    def _said(self) -> str:
        return self._output.read_text("utf-8", "replace")


def binary() -> Path:
    """The emulator's path: the one npm installed, else `local-slack` on the PATH (Homebrew has it).

    Raises LocalSlackError that says how to install it.
    """
    if BINARY.exists():
        return BINARY
    if other := shutil.which("local-slack"):
        return Path(other)
    node = "" if shutil.which("npm") else " npm is missing too: install Node.js 20 or newer first."
    raise LocalSlackError(f"The local Slack is not installed. Run `npm ci --prefix slack/local`.{node}")
