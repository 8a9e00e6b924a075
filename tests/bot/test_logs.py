"""Nothing secret reaches a log line."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from bot import logs

BOT, APP = "xoxb-1234-abcdEFGH", "xapp-1-A0-99-beef"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize("style", ["json", "text"])
def test_tokens_and_passwords_are_taken_out(style: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(style, "info")
    log = logs.get("test")
    log.info(
        "with %s", BOT, header=f"Bearer {APP}", url="postgresql://quarterdeck:hunter2@db/q", deep={"a": [BOT]}
    )
    log.error("broke", exc_info=ValueError(f"bad token {BOT}"))
    logging.getLogger("quarterdeck.other").warning("library says %s", APP)
    text = capsys.readouterr().err
    assert "[redacted]" in text
    assert not [secret for secret in (BOT, APP, "hunter2") if secret in text]


def test_json_lines_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "info")
    logs.get("test").info("started", clusters=["a"])
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["logger"], line["clusters"]) == ("started", "quarterdeck.test", ["a"])


def test_standard_error_is_where_it_is_now_not_where_it_was_at_import(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logs.configure("json", "info")
    replaced = io.StringIO()
    monkeypatch.setattr("sys.stderr", replaced)
    logs.get("test").error("broke")
    assert json.loads(replaced.getvalue())["event"] == "broke"
