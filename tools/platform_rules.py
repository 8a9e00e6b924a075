"""The page about Slack's own rules: which tests hold each, by their names, and which has none and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

ROOT = Path(__file__).parents[1]
FOLDERS = ("tests/bot", "tests/slack", "tests/helm", "tests/scenario")
"""Elsewhere the numbers in tests' names are those of other rules."""
NAMED = re.compile(r"^def (test_rules?_(\d+(?:_and_\d+)*)_\w+)", re.MULTILINE)
NUMBERS = re.compile(r"^test_rules?_[\d_]+?(?:and_[\d_]+)*(?=[a-z])")

INTRODUCTION = """\
# Slack's rules, and the tests that hold them

What Slack asks of an app, in our words: from its documentation and, where that is silent, from what users of
its libraries measured and reported. Each rule has tests that carry its number. Generated from their names; a
rule with neither a test nor a reason fails the build.

| # | Rule | Held by |
| --- | --- | --- |
"""

RULES = (
    "Commands, buttons, shortcuts and forms are acknowledged within a second, whatever a cluster does",
    "Nothing is looked up, in Slack, a database or a cluster, before a request is acknowledged",
    "With twenty scans running, 99 of 100 requests are acknowledged within a second",
    "A form opens within two seconds of the press that asks for it, and each press opens one",
    "No more than three forms on each other; title and buttons of 24 characters, hidden data of 3,000",
    "A private answer is given five times and half an hour at most, then as an ordinary message",
    "50 blocks in a message, 100 in a form or on Home, and no view of 250 kB",
    "10,000 characters in all blocks of a message together",
    "3,000 characters in a section, and ten fields of 2,000",
    "150 characters in a header, 10 parts in a context, 25 buttons in a row; ids of 255, each but once",
    "75 characters on a button and 2,000 behind it; 100 options in a menu, 5 in an overflow menu",
    "100 characters in the title of a confirmation, 300 in its text, 30 on its buttons",
    "One table in a message, of 100 rows and 20 columns, without empty cells; none in forms and on Home",
    "No alert block in messages",
    "Every message has text of 4,000 characters at most, which is its verdict, as is its first block",
    "An edit sends text and blocks together, and names the channel by its id",
    "Markdown blocks of 12,000 characters in all, in messages only",
    "A picture has words for who does not see it; a button of a sign only has a label",
    "Blocks that Slack refuses become plain text and a file: the answer is seen",
    "Names from a cluster cannot mention, link or format; links are not unfolded",
    "One message a second in a channel; a 429 is waited out as long as it says, by that method alone",
    "Progress is edited at most 20 times a minute in a run, and 50 times in all",
    "User groups are asked for 20 times a minute at most; what is remembered ends, and then grants nothing",
    "Nothing is repeated that may have happened already, by the library neither",
    "A message whose fate is unknown is not posted again as if nothing had been",
    "Delivered three times, and to two replicas, a request is answered once",
    "A repeated delivery is answered where the first one was not",
    "Every event that the app subscribes to has a listener, as only those are acknowledged",
    "A signed request that is older, or newer, than five minutes is refused, and so is a wrong signature",
    "Slack may prove the address (url_verification) and look at its certificate (ssl_check)",
    "Messages of bots, of ourselves, edits and joins are no requests",
    "A file is uploaded in the three steps of today, to a channel's id and the first message of a thread",
    "A file's length is told in bytes; one file a call; its name may have any letters",
    "Where a file cannot be put the summary stays, and the file is made up for without it",
    "The manifest keeps Slack's limits for names, descriptions, shortcuts and prompts",
    "The manifest asks for the scopes of the methods that are called, and no other",
    "A missing scope is named, by doctor and in the log",
    "Socket Mode needs no signing secret; signed requests do not start without one",
    "Slack away at the start is not ready, and no crash",
    "A socket that went deaf is noticed within 90 seconds, and replaced",
    "Told to end, it begins nothing, ends what it does, and tells whoever gets no answer",
    "A proxy and authorities of one's own reach calls, socket and private answers",
    "Replicas and those that an update adds keep below Slack's ten sockets",
    "Guests and people of other workspaces are refused",
    "Nothing of a scheduled post is for one person's eyes only",
    "Of two that show somebody their Home the last one holds",
    "A status beside the bot's name is renewed or ends before it expires",
    "An answer that is streamed names its reader, and is ended",
    "Smart quotes, hard spaces, links and mentions in what is typed are understood",
    "What travels with a message or button is ids only",
    "A scheduled run missed over a restart is made up for once, and told if it is too late",
    "A weekly time within the change of the clocks comes once",
    "Of two that take themselves for the leader one posts",
    "Messages are legal by Slack's own judgement (`blocks.validate`)",
)
REASONS = {
    54: "Not tested here: it takes Slack itself. `bot.slack.proof` judges every message before it is sent, "
    "and two other readings of the same rules judge it in the tests (`tests/harness/slack_rules.py`, "
    "`tests/bot/slack/limits.py`). Where there is a network: "
    "`curl -d @message.json https://slack.com/api/blocks.validate`",
}
"""Rules that no test here can hold, and why."""


class Test(Struct, frozen=True, order=True):
    """A test by its file (from the root) and name."""

    file: str
    name: str


def tests() -> dict[int, list[Test]]:
    """The tests that carry each rule's number."""
    found: dict[int, list[Test]] = {number: [] for number in range(1, len(RULES) + 1)}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("test_*.py")):
            for name, numbers in NAMED.findall(path.read_text("utf-8")):
                for number in numbers.split("_and_"):
                    found.setdefault(int(number), []).append(Test(str(path.relative_to(ROOT)), name))
    return {number: sorted(each) for number, each in found.items()}


def markdown() -> str:
    """The page."""
    found = tests()
    rows = (
        f"| {number} | {rule} | {'<br>'.join(_held(found[number], REASONS.get(number, '')))} |"
        for number, rule in enumerate(RULES, 1)
    )
    return INTRODUCTION + "".join(f"{row}\n" for row in rows)


def _held(found: list[Test], reason: str) -> Iterator[str]:
    for each in found:
        words = NUMBERS.sub("", each.name).replace("_", " ")
        yield f"[{words}](../{each.file})"
    if reason:
        yield reason
