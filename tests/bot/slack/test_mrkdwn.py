"""Strings from a cluster stay strings."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.slack import mrkdwn
from tests.bot.slack.limits import breaches


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("my_service_x", "my_service_x"),
        ("system:masters", "system:masters"),
        ("system:serviceaccounts:ci", "`system:serviceaccounts:ci`"),
        ("*bold* and _sly_ ~x~", "`*bold*` and `_sly_` `~x~`"),
        ("a`b", "`a'b`"),
        ("Set `data_dir` or `quarterdeck run`.", "Set `data_dir` or `quarterdeck run`."),
        ("`a <!here> *b*`, `c`*d*", "`a &lt;!here&gt; *b*`, `'c'*d*`"),
        ("<!channel> <@U1> & <http://x|y>", "&lt;!channel&gt; `&lt;@U1&gt;` &amp; `&lt;http://x|y&gt;`"),
        ("@here http://evil.example mailto:x", "`@here` `http://evil.example` `mailto:x`"),
        ("verbs: *", "verbs: `*`"),
        ("as a@b.example, which", "as `a@b.example`, which"),
        ("(User a@b.example), f(*x).", "(User `a@b.example`), `f(*x)`."),
        (">quote", "`&gt;quote`"),
        ("two\nlines\ttab\u00a0here", "two lines tab here"),
        ("pay\u200bments\u202e\x00", r"pay\u200bments\u202e\u0000"),
        ("\ud800", r"\ud800"),
    ],
)
def test_running_text_is_shown_as_it_is_and_does_nothing(given: str, shown: str) -> None:
    assert mrkdwn.literal(given) == shown


@settings(deadline=None)
@given(st.text())
def test_no_text_can_format_link_mention_or_hide(text: str) -> None:
    section = {
        "type": "section",
        "text": {"type": "mrkdwn", "verbatim": True, "text": f"x {mrkdwn.literal(text)}"},
    }
    assert breaches(f"x {mrkdwn.literal(text)}", [section]) == []
    assert breaches(f"x {mrkdwn.code(text)}", [section]) == []


@settings(deadline=None)
@given(st.text(), st.integers(1, 60))
def test_what_is_shortened_fits_and_says_so(text: str, limit: int) -> None:
    limit += 4
    for encode in (mrkdwn.literal, mrkdwn.code, mrkdwn.visible):
        shown = mrkdwn.fit(text, limit, encode)
        assert len(shown) <= limit
        assert shown == encode(text) or "…" in shown


def test_an_entity_is_never_cut_in_two() -> None:
    assert mrkdwn.fit("<<<<", 10, mrkdwn.escape) == "&lt;&lt;…"


def test_a_date_falls_back_to_utc() -> None:
    moment = datetime(2026, 11, 24, 1, 2, tzinfo=UTC)
    assert mrkdwn.date(moment) == "<!date^1795482120^{date_short_pretty} {time}|2026-11-24 01:02 UTC>"


def test_only_an_id_becomes_a_mention() -> None:
    assert mrkdwn.person("U0ERIN") == "<@U0ERIN>"
    assert mrkdwn.person("schedule weekly <!here>") == "schedule weekly &lt;!here&gt;"
