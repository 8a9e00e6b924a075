"""What is filled into a form is what one would have typed; what is wrong stays in the form, with why."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.views import View

from bot.commands.overview import Choices
from bot.commands.scan import RunScan
from bot.commands.schedule_made import AddSchedule
from bot.grammar import understand
from bot.slack.forms import (
    FILLED,
    check_form,
    explain_form,
    filled_check,
    filled_explain,
    filled_schedule,
    schedule_form,
)
from bot.slack.proof import view_breaches

CHOICES = Choices(("production", "staging"), (("cis-kubernetes-2.0.1", "CIS Kubernetes"),))
MANY = Choices(
    tuple(f"cluster-{number}" for number in range(140)),
    tuple((f"framework-{number}", "T" * 200) for number in range(120)),
)


def chosen(value: str) -> dict[str, Any]:
    return {"selected_option": {"value": value}}


def values(**blocks: dict[str, Any]) -> dict[str, Any]:
    return {block: {block: element} for block, element in blocks.items()}


def a_schedule(**changed: dict[str, Any]) -> dict[str, Any]:
    return values(
        **{
            "name": {"value": "weekly"},
            "cluster": chosen("production"),
            "kind": chosen("report"),
            "days": chosen("* * 1"),
            "time": {"selected_time": "07:05"},
            "timezone": {"value": "Europe/Berlin"},
            "channel": {"selected_conversation": "C0SECURITY"},
        }
        | changed
    )


@pytest.mark.parametrize("choices", [CHOICES, MANY])
def test_rule_5_every_form_keeps_slacks_limits(choices: Choices) -> None:
    for form in (
        check_form(choices),
        schedule_form(choices, "America/Argentina/ComodRivadavia"),
        explain_form(
            [f"explain check-{n} cluster=production" for n in range(20)], "https://hooks.slack.com/x"
        ),
    ):
        assert view_breaches(form) == ()
        assert View(**form).to_dict()["callback_id"] in FILLED


def test_clusters_that_have_no_place_in_the_menu_are_counted() -> None:
    (cluster, *_) = check_form(MANY)["blocks"]
    assert len(cluster["element"]["options"]) == 100
    assert cluster["hint"]["text"] == "40 more are not listed: type `scan CLUSTER` for those."
    assert "hint" not in check_form(CHOICES)["blocks"][0]


def test_a_check_becomes_the_words_of_a_scan() -> None:
    filled = filled_check(
        values(
            cluster=chosen("production"),
            framework=chosen("nsa-cisa-1.2"),
            namespaces={"value": " payments, web\n"},
            channel={"selected_conversation": "C0SECURITY"},
        )
    )
    assert (filled.channel, filled.errors) == ("C0SECURITY", {})
    assert understand(filled.text) == RunScan("production", ("nsa-cisa-1.2",), ("payments", "web"))


def test_what_is_left_empty_is_left_to_the_settings() -> None:
    filled = filled_check(values(cluster=chosen("staging"), namespaces={"value": None}))
    assert (filled.text, filled.channel) == ("scan staging", "")


@pytest.mark.parametrize("name", ["Payments", "a b;c", "-x", "<!channel>", "x" * 64])
def test_a_wrong_namespace_stays_in_the_form_with_why(name: str) -> None:
    filled = filled_check(values(cluster=chosen("production"), namespaces={"value": name}))
    assert filled.text == ""
    assert "is no namespace" in filled.errors["namespaces"]


def test_a_schedule_becomes_its_words() -> None:
    filled = filled_schedule(a_schedule(framework=chosen("nsa-cisa-1.2")))
    assert filled.errors == {}
    assert isinstance(understand(filled.text), AddSchedule)
    assert shlex.split(filled.text) == [
        "schedule-add",
        "weekly",
        "production",
        "cron=5 7 * * 1",
        "timezone=Europe/Berlin",
        "channel=C0SECURITY",
        "report",
        "framework=nsa-cisa-1.2",
    ]


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"name": {"value": "Weekly report"}}, "name"),
        ({"name": {"value": "x" * 64}}, "name"),
        ({"timezone": {"value": "Berlin"}}, "timezone"),
        ({"timezone": {"value": "../../etc/passwd"}}, "timezone"),
        ({"timezone": {"value": ""}}, "timezone"),
        ({"time": {"selected_time": None}}, "time"),
        ({"time": {"selected_time": "25:00"}}, "time"),
    ],
)
def test_what_is_wrong_in_a_schedule_is_said_beside_it(changed: dict[str, Any], wrong: str) -> None:
    filled = filled_schedule(a_schedule(**changed))
    assert (filled.text, set(filled.errors)) == ("", {wrong})


def test_a_chosen_finding_becomes_its_explanation() -> None:
    form = explain_form(["explain pod-privileged cluster=production"], "https://example.com/reply")
    option = form["blocks"][0]["element"]["options"][0]
    assert option["text"]["text"] == "pod-privileged"
    assert form["private_metadata"] == "https://example.com/reply"
    assert filled_explain(values(finding={"selected_option": option})).text == option["value"]


@given(
    st.sampled_from(sorted(FILLED)),
    st.dictionaries(
        st.sampled_from(["name", "cluster", "kind", "days", "time", "timezone", "namespaces", "channel"]),
        st.text(max_size=80),
    ),
)
def test_nonsense_becomes_words_or_errors(form: str, said: dict[str, str]) -> None:
    given_ = values(
        **{
            block: {"value": text, "selected_option": {"value": text}, "selected_time": text}
            for block, text in said.items()
        }
    )
    filled = FILLED[form](given_)
    assert not (filled.errors and filled.text)
    assert understand(filled.text).canonical
