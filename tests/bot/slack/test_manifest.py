"""The manifest asks for what the code uses: no scope more, none less."""

import ast
import re
from pathlib import Path

import pytest
import yaml
from slack_sdk import WebClient

import bot.slack
from bot.commands.help import AskBack, ShowHelp
from bot.grammar import understand
from bot.rights.settings import RightsSettings
from bot.slack import manifest
from bot.slack.forms import FILLED

ROOM = Path(bot.slack.__file__).parent
INSIDE = {"files_upload_v2": ("files.getUploadURLExternal", "files.completeUploadExternal")}


def called_methods() -> set[str]:
    """The Web API methods that this room's code names, as Slack spells them."""
    known = {name for name in vars(WebClient) if not name.startswith("_") and "_" in name} - {"api_call"}
    used = {
        node.attr
        for path in ROOM.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in known
    }
    return {method for name in used for method in INSIDE.get(name, (name.replace("_", "."),))}


def subscribed_events() -> set[str]:
    return set(
        manifest.manifest("/quarterdeck", "", RightsSettings())["settings"]["event_subscriptions"][
            "bot_events"
        ]
    )


def test_rule_36_the_table_of_scopes_names_exactly_the_methods_that_are_called() -> None:
    assert called_methods() == set(manifest.SCOPES_OF_METHODS)


def test_rules_47_and_48_no_status_is_set_and_nothing_is_streamed() -> None:
    asked = {method for method in called_methods() if "setStatus" in method or "Stream" in method}
    code = "".join(path.read_text("utf-8") for path in ROOM.glob("*.py"))
    assert asked == set()
    assert re.findall(r"\b(?:say_stream|set_status)\b", code) == []


def test_the_manifest_asks_for_these_scopes() -> None:
    asked = yaml.safe_load(manifest.render())["oauth_config"]["scopes"]["bot"]
    assert asked == [
        "app_mentions:read",
        "channels:read",
        "chat:write",
        "commands",
        "files:write",
        "groups:read",
        "im:history",
        "users:read",
    ]


def test_rule_28_every_subscribed_event_has_a_listener() -> None:
    code = "".join((ROOM / name).read_text("utf-8") for name in ("app.py", "surfaces.py"))
    heard = set(re.findall(r'bolt\.event\("([^"]+)"\)', code))
    assert {event.split(".")[0] for event in subscribed_events()} == heard


def test_rule_35_it_keeps_slacks_limits() -> None:
    about = manifest.manifest("/quarterdeck", "", RightsSettings())
    display = about["display_information"]
    assert len(display["name"]) <= 35
    assert len(display["description"]) <= 140
    assert 174 <= len(display["long_description"]) <= 4000
    assert len(about["features"]["bot_user"]["display_name"]) <= 80
    (command,) = about["features"]["slash_commands"]
    assert len(command["command"]) <= 32
    assert len(command["usage_hint"]) <= 1000
    assert command["should_escape"] is True
    assert about["settings"]["socket_mode_enabled"] is True
    assert about["settings"]["token_rotation_enabled"] is False


def test_rule_35_a_workspace_with_agents_gets_a_conversation_with_prompts() -> None:
    plain, agent = (yaml.safe_load(manifest.render(agent=each)) for each in (False, True))
    view = agent["features"].pop("agent_view")
    assert len(view["agent_description"]) <= 300
    assert 1 <= len(view["suggested_prompts"]) <= 4
    for prompt in view["suggested_prompts"]:
        understood = understand(prompt["message"])
        assert not isinstance(understood, AskBack)
        assert isinstance(understood, ShowHelp) == (prompt["message"] == "help")
    assert agent["oauth_config"]["scopes"]["bot"] == sorted(
        [*plain["oauth_config"]["scopes"]["bot"], "assistant:write"]
    )
    events = agent["settings"]["event_subscriptions"]["bot_events"]
    assert set(events) - set(plain["settings"]["event_subscriptions"]["bot_events"]) == {
        "app_context_changed"
    }
    assert agent["features"] == plain["features"]


def test_rule_35_shortcuts_keep_slacks_limits_and_have_listeners() -> None:
    shortcuts = yaml.safe_load(manifest.render())["features"]["shortcuts"]
    assert len(shortcuts) <= 10
    assert {each["callback_id"] for each in shortcuts} <= set(FILLED)
    for each in shortcuts:
        assert len(each["name"]) <= 24
        assert len(each["description"]) <= 150


def test_the_command_can_be_named_otherwise() -> None:
    rendered = yaml.safe_load(manifest.render("/qd-test"))
    assert rendered["features"]["slash_commands"][0]["command"] == "/qd-test"


def test_the_committed_manifest_is_the_rendered_one() -> None:
    committed = ROOM.parents[1] / "slack" / "manifest.yaml"
    assert committed.read_text("utf-8") == manifest.render()


def test_in_http_mode_every_way_in_names_the_address() -> None:
    address = "https://quarterdeck.example.com/slack/events"
    about = manifest.manifest("/quarterdeck", address, RightsSettings())
    (command,) = about["features"]["slash_commands"]
    settings = about["settings"]
    ways = (command["url"], settings["event_subscriptions"]["request_url"])
    assert {*ways, settings["interactivity"]["request_url"]} == {address}
    assert settings["socket_mode_enabled"] is False


@pytest.mark.parametrize(
    ("grant", "more"),
    [
        ({"users": ["U0ERIN"]}, set()),
        ({"channels": ["C0OPS"]}, set()),
        ({"groups": ["S0OPS"]}, {"usergroups:read"}),
        ({"email_domains": ["example.com"]}, {"users:read.email"}),
    ],
)
def test_rule_36_only_what_the_rights_are_granted_by_is_asked_for(
    grant: dict[str, list[str]], more: set[str]
) -> None:
    rights = RightsSettings.model_validate({"grants": [{"role": "viewer", **grant}]})
    asked = yaml.safe_load(manifest.render(rights=rights))["oauth_config"]["scopes"]["bot"]
    assert set(asked) - set(manifest.scopes(RightsSettings())) == more
