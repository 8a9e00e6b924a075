"""Pictures of web pages, taken by headless Chromium, so that a person can look at what people will see."""

import shutil
import subprocess
import tempfile
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
TIMEOUT = 60.0
SETTLE_MILLISECONDS = 3000  # of page time: data arrives over a websocket after loading
QUIET = (
    "--headless",
    "--no-sandbox",  # needs privileges that containers and CI lack; only our own loopback pages are opened
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


class ScreenshotError(AssertionError):
    """Chromium is missing or took no picture."""


def screenshot(url: str, path: Path, width: int = 1280, height: int = 900) -> Path:
    """Save a PNG of the page at `url` to `path` and return `path`. Raises ScreenshotError."""
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        raise ScreenshotError(
            "Chromium is not installed. Run `apt-get install chromium fonts-noto-color-emoji`."
        )
    path.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        command = [
            chromium,
            *QUIET,
            f"--user-data-dir={profile}",
            f"--window-size={width},{height}",
            f"--virtual-time-budget={SETTLE_MILLISECONDS}",
            f"--screenshot={path.absolute()}",
            url,
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
        except subprocess.TimeoutExpired as error:
            raise ScreenshotError(f"Chromium took more than {TIMEOUT:g} s for {url}.") from error
    if done.returncode or not path.exists():
        raise ScreenshotError(f"Chromium took no picture of {url}:\n{done.stderr}")
    return path
