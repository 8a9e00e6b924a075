"""Slack's documented rules that the local Slack does not enforce, as pure functions.

Each takes a Web API call's arguments and returns Slack's answer to a breach, or None. Sources: Slack's
reference for the methods and Block Kit; the total of 13,200 characters in blocks is measured by users, not
documented.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.harness.slack_workspace import APP, CHANNELS, Channel

MAX_BLOCKS = 50
MAX_BLOCK_TEXT = 13_200
MAX_POST_TEXT = 40_000
MAX_UPDATE_TEXT = 4_000
LIMITS = {"section": 3_000, "header": 150, "field": 2_000, "button": 75, "value": 2_000}
ELEMENTS = {"actions": 25, "context": 10}
TABLES = {"table", "data_table"}

SCOPES = {
    "apps.connections.open": "connections:write",
    "bots.info": "users:read",
    "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.history": "channels:history",
    "conversations.info": "channels:read",
    "conversations.list": "channels:read",
    "conversations.members": "channels:read",
    "conversations.open": "im:write",
    "conversations.replies": "channels:history",
    "files.completeUploadExternal": "files:write",
    "files.delete": "files:write",
    "files.getUploadURLExternal": "files:write",
    "files.info": "files:read",
    "files.list": "files:read",
    "reactions.add": "reactions:write",
    "reactions.remove": "reactions:write",
    "team.info": "team:read",
    "usergroups.users.list": "usergroups:read",
    "users.conversations": "channels:read",
    "users.info": "users:read",
    "users.list": "users:read",
    "users.lookupByEmail": "users:read.email",
}
POSTS = {"chat.postMessage", "chat.postEphemeral", "chat.update"}
NEEDS_MEMBERSHIP = {"chat.postMessage", "chat.postEphemeral", "files.completeUploadExternal"}
SEES_PRIVATE = {
    "conversations.info",
    "conversations.members",
    "conversations.history",
    "conversations.replies",
}

Refusal = dict[str, Any]


def refusal(method: str, token: str, arguments: Mapping[str, Any], scopes: frozenset[str]) -> Refusal | None:
    """Slack's answer to a call that breaks a rule, else None."""
    return (
        _token(method, token)
        or _scope(method, scopes)
        or _membership(method, arguments, scopes)
        or (_content(method, arguments) if method in POSTS else None)
    )


def _no(error: str, **more: Any) -> Refusal:
    return {"ok": False, "error": error, **more}


def _token(method: str, token: str) -> Refusal | None:
    if not token:
        return _no("not_authed")
    if token not in (APP.bot_token, APP.app_token):
        return _no("invalid_auth")
    if (token == APP.app_token) != (method == "apps.connections.open"):
        return _no("not_allowed_token_type")
    return None


def _scope(method: str, scopes: frozenset[str]) -> Refusal | None:
    needed = SCOPES.get(method)
    if needed in (None, "connections:write") or needed in scopes:
        return None
    return _no("missing_scope", needed=needed, provided=",".join(sorted(scopes)))


def _membership(method: str, arguments: Mapping[str, Any], scopes: frozenset[str]) -> Refusal | None:
    asked = str(arguments.get("channel") or arguments.get("channel_id") or "")
    channel = next((c for c in CHANNELS if asked in (c.id, c.name, f"#{c.name}")), None)
    if channel is None or is_member(channel):
        return None
    if channel.private and method in NEEDS_MEMBERSHIP | SEES_PRIVATE:
        return _no("channel_not_found")
    text_only = method == "chat.postMessage" and "chat:write.public" in scopes
    return _no("not_in_channel") if method in NEEDS_MEMBERSHIP and not text_only else None


def is_member(channel: Channel) -> bool:
    """Whether the app is a member of the channel."""
    return APP.bot_user_id in channel.members


def _content(method: str, arguments: Mapping[str, Any]) -> Refusal | None:
    text = str(arguments.get("text") or "")
    blocks = arguments.get("blocks") or ()
    if not isinstance(blocks, list | tuple) or not all(isinstance(block, dict) for block in blocks):
        return _no("invalid_blocks_format")
    if not text and not blocks and not arguments.get("attachments"):
        return _no("no_text")
    if len(text) > (MAX_UPDATE_TEXT if method == "chat.update" else MAX_POST_TEXT):
        return _no("msg_too_long")
    if problems := list(_block_problems(blocks)):
        return _no("invalid_blocks", errors=problems, response_metadata={"messages": problems})
    if sum(map(_text_length, blocks)) > MAX_BLOCK_TEXT:
        return _no("msg_blocks_too_long")
    return None


def _block_problems(blocks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if len(blocks) > MAX_BLOCKS:
        yield f"no more than {MAX_BLOCKS} items allowed [json-pointer:/blocks]"
    if sum(block.get("type") in TABLES for block in blocks) > 1:
        yield "only one table is allowed in a message [json-pointer:/blocks]"
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        yield "block_id already exists [json-pointer:/blocks]"
    for index, block in enumerate(blocks):
        for problem in _problems(block):
            yield f"{problem} [json-pointer:/blocks/{index}]"


def _problems(block: Mapping[str, Any]) -> Iterator[str]:
    kind = block.get("type", "")
    if kind == "section" and not block.get("text") and not block.get("fields"):
        yield "a section needs text or fields"
    yield from _length(kind, block.get("text"))
    fields = block.get("fields", ())
    if len(fields) > 10:
        yield "no more than 10 fields allowed"
    for field in fields:
        yield from _length("field", field)
    elements = [*block.get("elements", ()), *filter(None, [block.get("accessory")])]
    if len(elements) > ELEMENTS.get(kind, len(elements)):
        yield f"no more than {ELEMENTS[kind]} elements allowed"
    if kind in ELEMENTS and not elements:
        yield "must have at least one element"
    for element in elements:
        yield from _element_problems(element)


def _element_problems(element: Mapping[str, Any]) -> Iterator[str]:
    yield from _length(
        "section" if element.get("type") == "mrkdwn" else str(element.get("type")), element.get("text")
    )
    if len(str(element.get("value", ""))) > LIMITS["value"]:
        yield f"value must be at most {LIMITS['value']} characters"
    if element.get("type") == "image" and not element.get("alt_text"):
        yield "an image needs alt_text"


def _length(kind: str, text: Any) -> Iterator[str]:
    said = text.get("text", "") if isinstance(text, dict) else text
    limit = LIMITS.get(kind)
    if limit is None or said is None:
        return
    if not said:
        yield f"the text of a {kind} must not be empty"
    elif len(said) > limit:
        yield f"the text of a {kind} must be at most {limit} characters"


def _text_length(part: Any) -> int:
    """All characters under any "text" key, however deep."""
    if isinstance(part, dict):
        own = part.get("text")
        return sum(map(_text_length, part.values())) + (len(own) if isinstance(own, str) else 0)
    return sum(map(_text_length, part)) if isinstance(part, list) else 0
