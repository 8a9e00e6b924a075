"""Takes the pictures in docs/slack-setup.md by doing what it says: `python -m tools.setup_pictures`.

Needs the local Slack and Debian's chromium.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from bot.rights.settings import RightsSettings
from bot.slack.manifest import scopes
from tests.harness.local_slack import LocalSlack
from tests.harness.processes import Server, free_ports
from tests.harness.screenshot import screenshot
from tests.harness.slack_workspace import APP, ERIN, SECURITY
from tests.harness.strict_slack import StrictSlack

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
COLUMNS, ROW, MARGIN = 96, 19, 28
BIN = Path(sys.executable).parent
SETTINGS = ("quarterdeck", "--settings", "quarterdeck.yaml")
PAGE = """<style>body {{ background: {background}; color: {foreground}; margin: 14px; }}
pre {{ font: 14px/19px "DejaVu Sans Mono", monospace; margin: 0; }} {stylesheet}</style><pre>{code}</pre>"""


def main() -> None:
    """Write setup-manifest.png, setup-start.png, setup-doctor.png and setup-answer.png."""
    with tempfile.TemporaryDirectory() as name, LocalSlack() as slack, StrictSlack(slack) as strict:
        folder = Path(name)
        manifest = said(folder, "quarterdeck", "slack", "manifest")
        terminal(
            [("quarterdeck slack manifest", "…\n" + manifest[manifest.index("oauth_config") :])], "manifest"
        )
        strict.scopes = frozenset(scopes(RightsSettings()))
        (folder / "bot-token").write_text(APP.bot_token)
        (folder / "app-token").write_text(APP.app_token)
        (folder / "quarterdeck.yaml").write_text(settings(strict.api_url), "utf-8")
        checked = said(folder, *SETTINGS, "settings", "check")
        log = folder / "log"
        typed = " ".join(SETTINGS)
        server = Server(["/bin/sh", "-euc", f"cd {folder}; exec {BIN}/{typed} run"], log)
        try:
            slack.wait_connected(30)
            slack.wait_for(lambda: "connected" in log.read_text(), what="the log")
            terminal([(f"{typed} settings check", checked), (f"{typed} run", log.read_text())], "start")
            terminal([(f"{typed} doctor", said(folder, *SETTINGS, "doctor"))], "doctor")
            slack.command(ERIN, SECURITY, "status")
            slack.wait_for(lambda: len(slack.messages(SECURITY, ERIN)) >= 1, 20)
            slack.command(ERIN, SECURITY, "who has cluster-admin")
            slack.wait_for(lambda: "Holders" in str(slack.messages(SECURITY, ERIN)), 20, "the answer")
            screenshot(slack.page(SECURITY), IMAGES / "setup-answer.png", 1000, 940)
        finally:
            server.kill()


def settings(api_url: str) -> str:
    """The page's settings, with what the local Slack takes besides."""
    page = (ROOT / "docs" / "slack-setup.md").read_text("utf-8")
    (first, *_) = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    values = yaml.safe_load(first)
    values["slack"] |= {"api_url": api_url, "draws_tables": False}
    values |= {"http": {"port": free_ports(1)[0]}, "log": {"format": "text"}}
    return yaml.safe_dump(values)


def said(folder: Path, *command: str) -> str:
    """What a command says on a terminal of 96 columns."""
    done = subprocess.run(  # noqa: S603
        [str(BIN / command[0]), *command[1:]],
        cwd=folder,
        env={**os.environ, "COLUMNS": str(COLUMNS), "FORCE_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    return done.stdout


def terminal(commands: list[tuple[str, str]], name: str) -> None:
    """Draw commands and what they said, with their colours, as docs/images/setup-NAME.png."""
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True)
        for command, output in commands:
            console.print(Text(f"$ {command}", style="bold"))
            console.print(Text.from_ansi(output.rstrip()))
        lines = len(console.export_text(clear=False).splitlines())
        html = console.export_html(theme=MONOKAI, code_format=PAGE)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(f'<meta charset="utf-8">{html}', "utf-8")
        screenshot(page.as_uri(), IMAGES / f"setup-{name}.png", 850, lines * ROW + MARGIN)


if __name__ == "__main__":
    main()
