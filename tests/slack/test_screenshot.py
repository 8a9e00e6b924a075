"""The pictures taken of the local Slack show the page, loaded and filled."""

from pathlib import Path

import pytest

from tests.harness import screenshot as camera
from tests.harness.local_slack import LocalSlack
from tests.harness.screenshot import ScreenshotError, screenshot
from tests.harness.slack_workspace import ERIN, GENERAL, SECURITY

pytestmark = pytest.mark.slack


def test_a_picture_has_the_asked_size_and_differs_with_what_is_shown(
    local_slack: LocalSlack, tmp_path: Path
) -> None:
    posted = local_slack.message(ERIN, SECURITY, "twelve checks failed")
    pages = (
        local_slack.page(SECURITY),
        local_slack.page(GENERAL),
        local_slack.page(SECURITY, thread_ts=posted.ts),
    )
    pictures = [
        screenshot(page, tmp_path / f"{n}.png", 900, 500).read_bytes() for n, page in enumerate(pages)
    ]
    assert {int.from_bytes(png[16:20]) for png in pictures} == {900}
    assert {int.from_bytes(png[20:24]) for png in pictures} == {500}
    assert len(set(pictures)) == 3


def test_no_chromium_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(camera, "NAMES", ("no-such-browser",))
    with pytest.raises(ScreenshotError, match="apt-get install chromium"):
        screenshot("http://127.0.0.1:9/", tmp_path / "page.png")
