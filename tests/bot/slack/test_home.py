"""Home shows each cluster, what needs somebody first, and never breaks a limit, whatever names it holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.answer import Answer, Tone
from bot.commands.dashboard import Cluster
from bot.commands.overview import Overview
from bot.slack.buttons import Signer
from bot.slack.home import home
from bot.slack.proof import texts, view_breaches
from tests.bot.slack.commands import DASHBOARD, dashboard, run

SIGNER = Signer("xoxb-one")
NAMES = st.from_regex(r"[a-z0-9][a-z0-9.-]{0,62}", fullmatch=True)


def shown(*clusters: Cluster, notice: str = "") -> dict[str, Any]:
    return home(Overview(dashboard(*clusters), ("viewer everywhere",)), SIGNER.seal, notice)


def first_line(view: dict[str, Any]) -> str:
    return str(view["blocks"][0]["text"]["text"])


def actions(view: dict[str, Any]) -> dict[str, Any]:
    """Every element that can be pressed, by its action_id, and what it says, unsealed."""
    found: dict[str, Any] = {}
    for block in view["blocks"]:
        for element in [*block.get("elements", ()), block.get("accessory", {})]:
            if "action_id" in element:
                values = [each["value"] for each in element.get("options", (element,))]
                assert element["action_id"] not in found
                found[element["action_id"]] = [SIGNER.unseal(value) for value in values]
    return found


def test_the_first_line_says_what_needs_somebody_most() -> None:
    view = home(Overview(DASHBOARD, ()), SIGNER.seal)
    assert first_line(view) == "*🔴 3 critical findings open in 1 of 3 clusters.*"
    calm = Cluster("a", run("a", low=1), timedelta(days=1), (90,))
    assert first_line(shown(calm)) == "*✅ No critical finding open in 1 cluster, every scan is fresh.*"
    old = Cluster("b", run("b"), timedelta(days=9), (90,))
    assert first_line(shown(calm, old)) == "*⚠️ b: no scan for over a week.*"
    assert first_line(shown()) == "*⚠️ No cluster is set up yet, or none that you may see.*"


def test_a_cluster_has_score_trend_age_and_what_is_open() -> None:
    said = [block["text"]["text"] for block in home(Overview(DASHBOARD, ()), SIGNER.seal)["blocks"][3:6]]
    assert said[0] == (
        "🔴 `production`  *71* of 100 (+3)  ▆▆▆\n"
        "3 critical, 9 high, 20 lower · data of "
        "<!date^1795512600^{date_short_pretty} {time}|2026-11-24 09:30 UTC> · `r-20261124-1`"
    )
    assert said[1].startswith("⚠️ `staging`  *92* of 100\n0 critical, 0 high, 4 lower · old data, of ")
    assert said[2] == "⚪ `new`  *never scanned*"


def test_what_can_be_pressed_says_what_one_would_type_and_is_signed() -> None:
    assert actions(home(Overview(DASHBOARD, ()), SIGNER.seal)) == {
        "form.check": ["run_a_check"],
        "form.schedule": ["make_a_schedule"],
        "say.status": ["status"],
        "say.help": ["help"],
        "say.cluster.0": [
            "scan production",
            "report production",
            "list critical cluster=production",
            "who-has cluster-admin production",
        ],
        "say.cluster.1": [
            "scan staging",
            "report staging",
            "list critical cluster=staging",
            "who-has cluster-admin staging",
        ],
        "say.cluster.2": ["scan new", "report new", "list critical cluster=new", "who-has cluster-admin new"],
    }


def test_whoever_may_see_nothing_is_told_why_and_who_can_change_that() -> None:
    refusal = Answer(
        command="status",
        verdict="This takes the role viewer; you have none.",
        tone=Tone.REFUSED,
        notes=("Ask in a minute.",),
        contacts=("U0ADMIN", "S0ADMINS"),
    )
    view = home(refusal, SIGNER.seal)
    assert [*texts(view)] == [
        "*⛔ This takes the role viewer; you have none.*",
        "Ask in a minute.",
        "Who can grant it: <@U0ADMIN>, <!subteam^S0ADMINS>",
    ]
    assert view_breaches(view) == ()


@given(
    st.lists(
        st.builds(
            lambda name, score, counts, age, scores: Cluster(
                name,
                None if score is None else run(name, score, critical=counts[0], high=counts[1]),
                None if score is None else age,
                scores,
            ),
            NAMES,
            st.none() | st.integers(0, 100),
            st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)),
            st.timedeltas(timedelta(0), timedelta(days=4000)),
            st.lists(st.integers(0, 100), max_size=12).map(tuple),
        ),
        max_size=60,
    ),
    st.text(max_size=5000),
)
def test_rule_7_home_is_legal_whatever_there_is_to_see(clusters: list[Cluster], notice: str) -> None:
    view = shown(*clusters, notice=notice)
    assert view_breaches(view) == ()
    assert len(view["blocks"]) <= 100
    assert len(msgspec.json.encode(view)) < 250_000
    for block in Block.parse_all(view["blocks"]):
        block.to_dict()  # the SDK's own validation
    assert View(**view).to_dict()["type"] == "home"
    if len(clusters) > 25:
        assert any(f"25 of {len(clusters)} clusters shown." in text for text in texts(view))


@pytest.mark.parametrize("notice", ["<!channel> *x* <@U0ERIN>", "`scan` done"])
def test_rule_20_nothing_in_a_notice_can_mention_anybody(notice: str) -> None:
    said = first_line(shown(notice=notice))
    assert "<!channel>" not in said
    assert "<@" not in said
