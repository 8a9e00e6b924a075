"""A page in headless Chromium that a test can press things in, through the DevTools protocol.

For what has no address of its own; where an address is enough, `screenshot` is simpler.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import websocket

from tests.harness.screenshot import NAMES, QUIET, ScreenshotError

TIMEOUT = 30.0


class Page:
    """One page, alive inside a `with` block. Raises ScreenshotError when Chromium is missing or fails."""

    def __init__(self, url: str, width: int = 1100, height: int = 900) -> None:
        self._url = url
        self._size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._number = 0
        self._open = ExitStack()

    def __enter__(self) -> Self:
        chromium = next(filter(None, map(shutil.which, NAMES)), None)
        if chromium is None:
            raise ScreenshotError("Chromium is not installed. Run `apt-get install chromium`.")
        profile = Path(
            self._open.enter_context(tempfile.TemporaryDirectory(prefix="c-", ignore_cleanup_errors=True))
        )
        command = [chromium, *QUIET, f"--user-data-dir={profile}", "--remote-debugging-port=0"]
        process = subprocess.Popen(
            [*command, "--remote-allow-origins=*", "about:blank"], stderr=subprocess.DEVNULL
        )
        self._open.callback(process.wait)
        self._open.callback(process.terminate)
        self._socket = self._open.enter_context(closing(_socket_of(profile / "DevToolsActivePort")))
        self._call("Page.enable")
        self._call("Emulation.setDeviceMetricsOverride", **self._size)
        self._call("Page.navigate", url=self._url)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def press(self, selector: str, text: str) -> None:
        """Press what fits a CSS selector and says this, once it is there."""
        says = f"e => e.innerText.includes({json.dumps(text)})"
        found = f"[...document.querySelectorAll({json.dumps(selector)})].find({says})"
        self.wait(f"Boolean({found})", f"{selector} with the text {text!r}")
        self.run(f"{found}.click()")

    def wait(self, condition: str, what: str) -> None:
        """Wait until a JavaScript expression holds."""
        deadline = time.monotonic() + TIMEOUT
        while not self.run(condition):
            if time.monotonic() > deadline:
                raise ScreenshotError(f"Waited {TIMEOUT:g} s in vain for {what}.")
            time.sleep(0.1)

    def text(self) -> str:
        """All that can be read."""
        return str(self.run("document.body?.innerText ?? ''"))

    def picture(self, path: Path) -> Path:
        """Save what is seen as PNG."""
        path.write_bytes(base64.b64decode(self._call("Page.captureScreenshot")["data"]))
        return path

    def run(self, expression: str) -> Any:
        """The value of a JavaScript expression, None where it fails."""
        done = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        return done.get("result", {}).get("value")

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while (answer := json.loads(self._socket.recv())).get("id") != self._number:
            pass
        result: dict[str, Any] = answer.get("result", {})
        return result


def _socket_of(port_file: Path) -> websocket.WebSocket:
    """The connection to Chromium's only page; it writes its port into a file once it listens."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        with suppress(OSError, IndexError, StopIteration):
            port = int(port_file.read_text().splitlines()[0])
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=TIMEOUT) as response:
                page = next(each for each in json.load(response) if each["type"] == "page")
            return websocket.create_connection(page["webSocketDebuggerUrl"], timeout=TIMEOUT)
        time.sleep(0.1)
    raise ScreenshotError(f"Chromium did not start within {TIMEOUT:g} s.")
