"""Modals, the discoverable twins of commands with many parameters: what is filled in becomes what one types.

A form is a view (docs.slack.dev, Views) and the way from its submitted values to words; the words then go the
same way as if they had been typed, so that there is one place that understands and one that decides rights.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from bot.slack import limits
from bot.slack.mrkdwn import fit, visible

if TYPE_CHECKING:
    from bot.commands.overview import Choices

RUN_A_CHECK = "run_a_check"
"""The form that runs a check: its callback id, the shortcut's and the button's."""
MAKE_A_SCHEDULE = "make_a_schedule"
EXPLAIN_FINDING = "explain_this_finding"
"""The shortcut beneath a message, and the form that asks which of its findings is meant."""
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_DAYS = (
    ("* * *", "Every day"),
    ("* * 1-5", "Every weekday"),
    ("* * 1", "Every Monday"),
    ("* * 2", "Every Tuesday"),
    ("* * 3", "Every Wednesday"),
    ("* * 4", "Every Thursday"),
    ("* * 5", "Every Friday"),
    ("* * 6", "Every Saturday"),
    ("* * 0", "Every Sunday"),
    ("1 * *", "On the first of each month"),
)
_KINDS = (("scan", "Scan, and post the summary"), ("report", "Scan, and post the PDF report"))

Values = Mapping[str, Mapping[str, Mapping[str, Any]]]
View = dict[str, Any]


class Filled(Struct, frozen=True):
    """A form that was filled in: what it says in words, and the channel for the answer ("" for none).

    `errors` says what is wrong, by block; then nothing is done and the form stays open.
    """

    text: str = ""
    channel: str = ""
    errors: dict[str, str] = {}


def check_form(choices: Choices) -> View:
    """The form that runs a check. Its first cluster is chosen already."""
    return _form(
        RUN_A_CHECK,
        "Run a check",
        "Run",
        [
            _cluster(choices),
            _framework(choices),
            _input(
                "namespaces",
                "Namespaces",
                _text("payments, web"),
                hint="Left empty, the whole cluster is checked, or all of it that you may.",
                optional=True,
            ),
            _channel("Left empty, the answer comes as a direct message.", optional=True),
        ],
    )


def schedule_form(choices: Choices, timezone: str) -> View:
    """The form that makes a schedule. `timezone`: where its asker lives (an IANA name), chosen already."""
    return _form(
        MAKE_A_SCHEDULE,
        "Make a schedule",
        "Schedule",
        [
            _input("name", "Name", _text("weekly-report"), hint="Small letters, digits and dashes."),
            _cluster(choices),
            _input("kind", "What to do", _one_of("Choose", _KINDS)),
            _input("days", "When", _one_of("Choose the days", _DAYS)),
            _input("time", "At", {"type": "timepicker", "initial_time": "07:00"}),
            _input("timezone", "Time zone", _text("Europe/Berlin", timezone)),
            _framework(choices),
            _channel("I must be a member of the channel.", optional=False),
        ],
    )


def explain_form(commands: Sequence[str], answer_to: str) -> View:
    """Which of the findings of a message to explain. `answer_to`: the response_url for the answer."""
    choices = [(each, each.split()[1]) for each in commands]
    form = _form(
        EXPLAIN_FINDING,
        "Explain a finding",
        "Explain",
        [_input("finding", "Which one?", _one_of("Choose a check", choices))],
    )
    return form | {"private_metadata": answer_to[: limits.VIEW_METADATA.most]}


def filled_check(values: Values) -> Filled:
    """What a submitted check says. Nothing of what a client sends is taken on trust."""
    named = [each for each in re.split(r"[\s,]+", _typed(values, "namespaces")) if each]
    if wrong := [each for each in named if not _NAMESPACE.fullmatch(each)]:
        what = fit(wrong[0], 60, visible)
        return Filled(errors={"namespaces": f"“{what}” is no namespace: small letters, digits and dashes."})
    words = ["scan", _selected(values, "cluster"), *_named_framework(values)]
    words += [f"namespace={each}" for each in named]
    return Filled(shlex.join(words), _conversation(values))


def filled_schedule(values: Values) -> Filled:
    """What a submitted schedule says."""
    name, timezone, time = (_typed(values, "name"), _typed(values, "timezone"), _time(values))
    errors = {}
    if not _NAME.fullmatch(name):
        errors["name"] = "Small letters, digits, dots and dashes, 63 at most."
    if not _is_zone(timezone):
        errors["timezone"] = "No such time zone. Write it as Europe/Berlin or America/New_York, or UTC."
    if not _TIME.fullmatch(time):
        errors["time"] = "Choose a time."
    if errors:
        return Filled(errors=errors)
    hour, minute = time.split(":")
    cron = f"{int(minute)} {int(hour)} {_selected(values, 'days')}"
    channel = _conversation(values)
    words = [
        *("schedule-add", name, _selected(values, "cluster")),
        *(f"cron={cron}", f"timezone={timezone}", f"channel={channel}"),
        *(["report"] if _selected(values, "kind") == "report" else []),
        *_named_framework(values),
    ]
    return Filled(shlex.join(words), "")


def filled_explain(values: Values) -> Filled:
    """Which finding is to be explained."""
    return Filled(_selected(values, "finding"))


FILLED: Mapping[str, Callable[[Values], Filled]] = MappingProxyType(
    {RUN_A_CHECK: filled_check, MAKE_A_SCHEDULE: filled_schedule, EXPLAIN_FINDING: filled_explain}
)
"""How each form is read, by its callback id."""


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # there is none of that name, or it cannot be one
        return False
    return True


def _named_framework(values: Values) -> list[str]:
    return [f"framework={named}"] if (named := _selected(values, "framework")) else []


def _element(values: Values, block: str) -> Mapping[str, Any]:
    return values.get(block, {}).get(block) or {}


def _selected(values: Values, block: str) -> str:
    return str((_element(values, block).get("selected_option") or {}).get("value", ""))


def _typed(values: Values, block: str) -> str:
    return str(_element(values, block).get("value") or "").strip()


def _time(values: Values) -> str:
    return str(_element(values, "time").get("selected_time") or "")


def _conversation(values: Values) -> str:
    return str(_element(values, "channel").get("selected_conversation") or "")


def _form(name: str, title: str, submit: str, blocks: list[View]) -> View:
    return {
        "type": "modal",
        "callback_id": name,
        "title": _plain(title),
        "submit": _plain(submit),
        "close": _plain("Cancel"),
        "blocks": blocks,
    }


def _cluster(choices: Choices) -> View:
    options = [(each, each) for each in choices.clusters]
    more = len(options) - limits.OPTIONS.most
    hint = f"{more} more are not listed: type `scan CLUSTER` for those." if more > 0 else ""
    return _input("cluster", "Cluster", _one_of("Choose a cluster", options), hint=hint)


def _framework(choices: Choices) -> View:
    menu = _one_of("Those of the settings", choices.frameworks, chosen=False)
    return _input("framework", "Framework", menu, hint="Left empty, those of the settings.", optional=True)


def _channel(hint: str, *, optional: bool) -> View:
    menu = {
        "type": "conversations_select",
        "default_to_current_conversation": True,
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    return _input("channel", "Where to post", menu, hint=hint, optional=optional)


def _text(placeholder: str, initial: str = "") -> View:
    begun = {"initial_value": initial} if initial else {}
    return {"type": "plain_text_input", "placeholder": _plain(placeholder), **begun}


def _input(block: str, label: str, element: View, *, hint: str = "", optional: bool = False) -> View:
    return {
        "type": "input",
        "block_id": block,
        "label": _plain(label),
        "element": {**element, "action_id": block},
        "optional": optional,
        **({"hint": _plain(hint)} if hint else {}),
    }


def _one_of(placeholder: str, choices: Sequence[tuple[str, str]], *, chosen: bool = True) -> View:
    """A menu; `chosen`: the first choice is made already."""
    options = [
        {"text": _plain(fit(label, limits.OPTION_TEXT.most, visible)), "value": value}
        for value, label in choices[: limits.OPTIONS.most]
    ]
    first = {"initial_option": options[0]} if chosen else {}
    return {"type": "static_select", "placeholder": _plain(placeholder), "options": options, **first}


def _plain(text: str) -> View:
    return {"type": "plain_text", "text": text, "emoji": False}
