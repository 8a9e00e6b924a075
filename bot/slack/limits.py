"""Slack's limits, once, as data with where each was read. `bot.slack.proof` holds every payload against them.

`tests/harness/slack_rules.py` and `tests/bot/slack/limits.py` are readings of the same sources that share
nothing with this one.
"""

from __future__ import annotations

from typing import NamedTuple

_BLOCKS = "docs.slack.dev/reference/block-kit/blocks"
_ELEMENTS = "docs.slack.dev/reference/block-kit/block-elements"
_OBJECTS = "docs.slack.dev/reference/block-kit/composition-objects"
_VIEWS = "docs.slack.dev/reference/views"
_REPLIES = "docs.slack.dev/interactivity/handling-user-interaction"
_MESSAGES = "docs.slack.dev/reference/methods/chat.postMessage, chat.update"


class Limit(NamedTuple):
    """At most so many, of what, and who says so."""

    most: int
    of: str
    source: str


TEXT = Limit(4_000, "characters of a message's text", _MESSAGES)
BLOCKS = Limit(50, "blocks in a message", _BLOCKS)
VIEW_BLOCKS = Limit(100, "blocks in a modal or Home", _BLOCKS)
ALL_TEXT = Limit(
    10_000,
    "characters in all blocks of a message",
    "bolt-js issues 2509 and 2867: refusals from 11,300 on, undocumented",
)
SECTION = Limit(3_000, "characters in a section's text", f"{_BLOCKS}/section-block")
FIELDS = Limit(10, "fields in a section", f"{_BLOCKS}/section-block")
FIELD = Limit(2_000, "characters in a field", f"{_BLOCKS}/section-block")
HEADER = Limit(150, "characters in a header", f"{_BLOCKS}/header-block")
CONTEXT = Limit(10, "elements in a context", f"{_BLOCKS}/context-block")
CONTEXT_TEXT = Limit(3_000, "characters in a context's text", f"{_OBJECTS}/text-object")
ACTIONS = Limit(25, "elements in an actions block", f"{_BLOCKS}/actions-block")
ID = Limit(255, "characters in a block_id or action_id", _BLOCKS)
BUTTON_TEXT = Limit(75, "characters on a button", f"{_ELEMENTS}/button-element")
BUTTON_VALUE = Limit(2_000, "characters in a button's value", f"{_ELEMENTS}/button-element")
BUTTON_LABEL = Limit(75, "characters in an accessibility_label", f"{_ELEMENTS}/button-element")
URL = Limit(3_000, "characters in an address", f"{_ELEMENTS}/button-element")
OPTIONS = Limit(100, "options in a menu", f"{_ELEMENTS}/select-menu-element")
OVERFLOW = Limit(5, "options in an overflow menu", f"{_ELEMENTS}/overflow-menu-element")
PLACEHOLDER = Limit(150, "characters in a placeholder", _ELEMENTS)
CHOICES = Limit(10, "checkboxes or radio buttons", f"{_ELEMENTS}/checkboxes-element")
OPTION_TEXT = Limit(75, "characters in an option's text", f"{_OBJECTS}/option-object")
OPTION_VALUE = Limit(150, "characters in an option's value", f"{_OBJECTS}/option-object")
CONFIRM_TITLE = Limit(100, "characters in a confirmation's title", f"{_OBJECTS}/confirmation-dialog-object")
CONFIRM_TEXT = Limit(300, "characters in a confirmation's text", f"{_OBJECTS}/confirmation-dialog-object")
CONFIRM_LABEL = Limit(30, "characters on its buttons", f"{_OBJECTS}/confirmation-dialog-object")
ALT_TEXT = Limit(2_000, "characters in a picture's alt_text", f"{_BLOCKS}/image-block")
TABLES = Limit(1, "tables in a message", f"{_BLOCKS}/table-block")
TABLE_ROWS = Limit(100, "rows in a table, its header among them", f"{_BLOCKS}/table-block")
TABLE_COLUMNS = Limit(20, "columns in a table", f"{_BLOCKS}/table-block")
LABEL = Limit(2_000, "characters in an input's label or hint", f"{_BLOCKS}/input-block")
VIEW_TITLE = Limit(24, "characters in a view's title or on its buttons", _VIEWS)
VIEW_METADATA = Limit(3_000, "characters in private_metadata", _VIEWS)
VIEW_BYTES = Limit(250_000, "bytes in a view", "docs.slack.dev/reference/methods/views.publish")
VIEW_DEPTH = Limit(3, "modals on each other", "docs.slack.dev/surfaces/modals")
REPLIES = Limit(5, "messages through one response_url", _REPLIES)
REPLY_SECONDS = Limit(30 * 60, "seconds that a response_url lives", _REPLIES)
