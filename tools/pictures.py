"""Takes the pictures in the README from the demonstration: `python -m tools.pictures`.

Needs the local Slack, Debian's chromium and poppler-utils.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from bot.answer import Answer
from bot.cli.app import app
from bot.commands.progress import silent
from bot.demo import CHANNEL, in_slack, slack_page
from tests.harness.browser import Page
from tests.harness.screenshot import screenshot

PERSON = "U0ENGINEER"
WHO = "sa:ingress/cert-manager"
IMAGES = Path(__file__).parents[1] / "docs" / "images"


def main() -> None:
    """Write docs/images/slack.png, home.png, report-cover.png, report-summary.png and escalation.png."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    ways(IMAGES / "escalation.png")
    with tempfile.TemporaryDirectory() as name, slack_page() as slack:

        def shown(answer: Answer, _: str) -> None:
            ask(slack.url, "what would break if monitoring became restricted?")
            screenshot(f"{slack.url}/archives/{CHANNEL}", IMAGES / "slack.png", 1100, 1390)
            home(slack.url, IMAGES / "home.png")
            pages(answer.files[0].path, Path(name))

        in_slack(Path(name), slack.url, silent, shown)


def ways(image: Path) -> None:
    """What `quarterdeck escalate SUBJECT --picture FILE` draws of the sample."""
    CliRunner().invoke(app, ["escalate", WHO, "--sample", "--picture", str(image)], catch_exceptions=False)


def ask(page: str, question: str) -> None:
    """Ask as a person in the channel, and wait for the answer."""
    typed = {"channel": CHANNEL, "user": PERSON, "command": "/quarterdeck", "text": question}
    _control(page, "command", typed)
    for _ in range(50):
        time.sleep(0.2)
        found = _control(page, f"messages/{CHANNEL}?user={PERSON}")["messages"]
        if any("Evidence" in str(each.get("blocks")) for each in found):
            return
    raise SystemExit(f"Nobody answered {question!r}.")


def home(page: str, image: Path) -> None:
    """The Home tab of whoever asked, which has no address."""
    _control(page, "open-home", {"user": PERSON})
    with Page(page, 1100, 520) as opened:
        opened.press(".sidebar-item", "Quarterdeck")
        opened.wait("document.body.innerText.includes('Recent runs')", "Home")
        opened.picture(image)


def _control(page: str, verb: str, body: dict[str, str] | None = None) -> Any:
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(  # noqa: S310 - our own page on loopback
        f"{page}/_control/{verb}", data, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
        return json.load(response)


def pages(pdf: Path, folder: Path) -> None:
    """The report's cover and summary as pictures."""
    program = shutil.which("pdftoppm")
    if program is None:
        raise SystemExit("pdftoppm is missing: apt-get install poppler-utils")
    for name, page in (("report-cover", "1"), ("report-summary", _page_of(pdf, "1 Summary"))):
        subprocess.run(  # noqa: S603
            [program, "-png", "-r", "80", "-singlefile", "-f", page, "-l", page, pdf, folder / name],
            check=True,
        )
        shutil.copy(folder / f"{name}.png", IMAGES / f"{name}.png")


def _page_of(pdf: Path, heading: str) -> str:
    from pypdf import PdfReader  # noqa: PLC0415

    for number, page in enumerate(PdfReader(pdf).pages, 1):
        if page.extract_text().lstrip().partition(heading)[1] and number > 2:
            return str(number)
    raise SystemExit(f"The report has no page headed {heading!r}.")


if __name__ == "__main__":
    main()
