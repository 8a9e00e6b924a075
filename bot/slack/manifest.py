"""The Slack app's manifest: just the features and scopes that the code uses, no more.

The tables say which scope each Web API method and event needs (docs.slack.dev, reference); a test compares
them with the methods this room calls.
"""

from __future__ import annotations

from typing import Any

import yaml

from bot.rights.settings import RightsSettings
from bot.slack.forms import EXPLAIN_FINDING, MAKE_A_SCHEDULE, RUN_A_CHECK

SCOPES_OF_METHODS: dict[str, tuple[str, ...]] = {
    "auth.test": (),
    "bots.info": ("users:read",),
    "apps.connections.open": (),  # connections:write, of the app-level token, which a manifest cannot hold
    "chat.postEphemeral": ("chat:write",),
    "chat.postMessage": ("chat:write",),
    "chat.update": ("chat:write",),
    "conversations.info": ("channels:read", "groups:read"),
    "files.getUploadURLExternal": ("files:write",),
    "files.completeUploadExternal": ("files:write",),
    "usergroups.users.list": ("usergroups:read",),
    "users.info": ("users:read",),
    "views.open": (),
    "views.publish": (),
}
SCOPES_OF_EVENTS: dict[str, str] = {
    "app_home_opened": "",
    "app_mention": "app_mentions:read",
    "message.im": "im:history",
}
SCOPE_OF_COMMANDS = "commands"

SCOPE_OF_EMAIL = "users:read.email"
"""Without it users.info leaves addresses out."""


def scopes(rights: RightsSettings, *, agent: bool = False) -> tuple[str, ...]:
    """The bot scopes that the app needs: user groups and addresses are read only where a grant names some."""
    unused = set() if rights.groups else {"usergroups.users.list"}
    called = (needed for method, needed in SCOPES_OF_METHODS.items() if method not in unused)
    addresses = {SCOPE_OF_EMAIL} if rights.by_email else set()
    return tuple(
        sorted(
            {scope for needed in called for scope in needed}
            | set(filter(None, SCOPES_OF_EVENTS.values()))
            | {SCOPE_OF_COMMANDS}
            | addresses
            | ({SCOPE_OF_AGENTS} if agent else set())
        )
    )


EVENTS_PATH = "/slack/events"
"""Where the service receives Slack's requests in http mode."""
NAME = "Quarterdeck"
DESCRIPTION = "Checks Kubernetes clusters, answers who has cluster-admin, files compliance reports."
LONG_DESCRIPTION = (
    "Quarterdeck checks Kubernetes clusters against CIS-style benchmarks on demand and on a schedule, "
    "answers questions such as who has cluster-admin with evidence, and puts compliance reports for auditors "
    "into the thread. It only reads from clusters, never sees a secret's value, and "
    "reads no messages but those addressed to it."
)
USAGE_HINT = "scan [cluster] | ask who has cluster-admin | report [cluster] | status | help"


SHORTCUTS: tuple[dict[str, str], ...] = (
    {
        "name": "Run a check",
        "type": "global",
        "callback_id": RUN_A_CHECK,
        "description": "Choose a cluster, frameworks and namespaces to check",
    },
    {
        "name": "Make a schedule",
        "type": "global",
        "callback_id": MAKE_A_SCHEDULE,
        "description": "Scan a cluster at certain times from now on",
    },
    {
        "name": "Explain this finding",
        "type": "message",
        "callback_id": EXPLAIN_FINDING,
        "description": "Why it matters, how it was decided and how to mend it",
    },
)
AGENT_EVENT = "app_context_changed"
SCOPE_OF_AGENTS = "assistant:write"
PROMPTS = (
    ("Who has cluster-admin?", "who has cluster-admin"),
    ("What is critical?", "list critical"),
    ("What changed since yesterday?", "what changed since yesterday"),
    ("What can I ask?", "help"),
)
"""Suggested where a conversation begins; Slack shows four at most."""


def render(
    command: str = "/quarterdeck", url: str = "", rights: RightsSettings | None = None, *, agent: bool = False
) -> str:
    """The manifest as YAML, to paste at https://api.slack.com/apps (Create New App, From a manifest)."""
    about = manifest(command, url, rights or RightsSettings(), agent=agent)
    return yaml.safe_dump(about, sort_keys=False, allow_unicode=True, width=100)


def manifest(command: str, url: str, rights: RightsSettings, *, agent: bool = False) -> dict[str, Any]:
    """The manifest as data. Schema: docs.slack.dev, app manifest reference.

    `url` is where Slack's requests are received; without one it is Socket Mode, which needs no address.
    `agent`: the Messages tab is a conversation with suggested prompts, where the workspace has that.
    """
    return {
        "display_information": {
            "name": NAME,
            "description": DESCRIPTION,
            "long_description": LONG_DESCRIPTION,
            "background_color": "#1d3557",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            **({"agent_view": _agent_view()} if agent else {}),
            "bot_user": {"display_name": NAME, "always_online": False},
            "shortcuts": [dict(each) for each in SHORTCUTS],
            "slash_commands": [
                {
                    "command": command,
                    **({"url": url} if url else {}),
                    "description": "Ask Quarterdeck about your clusters",
                    "usage_hint": USAGE_HINT,
                    "should_escape": True,
                }
            ],
        },
        "oauth_config": {"scopes": {"bot": list(scopes(rights, agent=agent))}},
        "settings": {
            "event_subscriptions": {
                **({"request_url": url} if url else {}),
                "bot_events": [*SCOPES_OF_EVENTS, *([AGENT_EVENT] if agent else ())],
            },
            "interactivity": {"is_enabled": True, **({"request_url": url} if url else {})},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not url,
            "token_rotation_enabled": False,
        },
    }


def _agent_view() -> dict[str, Any]:
    prompts = [{"title": title, "message": message} for title, message in PROMPTS]
    return {"agent_description": DESCRIPTION, "suggested_prompts": prompts}
