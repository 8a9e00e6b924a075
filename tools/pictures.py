"""Takes the pictures in the README from the demonstration: `python -m tools.pictures`.

Needs the local Slack, Debian's chromium and poppler-utils.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from bot.answer import Answer
from bot.commands.progress import silent
from bot.demo import CHANNEL, in_slack, slack_page
from tests.harness.screenshot import screenshot

IMAGES = Path(__file__).parents[1] / "docs" / "images"


def main() -> None:
    """Write docs/images/slack.png, report-cover.png and report-summary.png."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, slack_page() as slack:

        def shown(answer: Answer, ts: str) -> None:
            url = f"{slack.url}/archives/{CHANNEL}?thread_ts={ts}&cid={CHANNEL}"
            screenshot(url, IMAGES / "slack.png", 1500, 1000)
            pages(answer.files[0].path, Path(name))

        in_slack(Path(name), slack.url, silent, shown)


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
