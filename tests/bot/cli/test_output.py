"""What other programs read is exact; shown to a person on a terminal it can do nothing but be read."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.output import inert

ROOT = Path(__file__).parents[3]
STEERING = "\x07\x08\x1b[31m\x7f\x9b31m\u202e\u2066\u200b\u2028\r"
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"containers": [{"name": "app", "image": f"evil{STEERING}"}]},
}


def test_json_means_the_same() -> None:
    text = json.dumps({"name": STEERING, "list": ["é", "船"]}, ensure_ascii=False, indent=2)
    shown = inert(text.encode()).decode()
    assert json.loads(shown) == json.loads(text)
    assert shown.replace("\n", "").isprintable()


def test_lines_stay_lines() -> None:
    assert inert(b"a,\xc2\x9b\r\nb\tc\rd\n") == b"a,\\u009b\r\nb\tc\\u000dd\n"


def on_a_terminal(*arguments: str | Path) -> str:
    terminal, side = pty.openpty()
    with subprocess.Popen([sys.executable, "-m", "bot", *arguments], stdout=side, cwd=ROOT) as process:
        os.close(side)
        said = bytearray()
        try:
            while piece := os.read(terminal, 1 << 16):
                said += piece
        except OSError:  # how a terminal says that nobody writes to it any more
            os.close(terminal)
        process.wait()
    return said.decode().replace("\r\n", "\n")


@pytest.mark.slow
@pytest.mark.parametrize("form", ["json", "csv", "sarif", "junit"])
def test_a_document_on_a_terminal(tmp_path: Path, form: str) -> None:
    (tmp_path / "pod.json").write_text(json.dumps(POD))
    shown = on_a_terminal("scan", "--manifests", tmp_path, "--format", form)
    assert "evil" in shown
    assert [char for char in set(shown) if not (char.isprintable() or char in "\n\r\t")] == []
