"""What is meant in a thread by what means nothing alone; and that nothing else is taken for it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.help import AskBack, ShowHelp
from bot.grammar import WORDS, understand
from bot.grammar.follow_up import Context, follow_up

CLUSTERS = ("production", "staging")


def after(before: str, text: str, run: str | None = None, offered: str = "") -> str | None:
    """The canonical command that a text means after another one."""
    context = Context(understand(before), run, understand(offered) if offered else None)
    command = follow_up(context, text, CLUSTERS)
    return command.canonical if command else None


@pytest.mark.parametrize(
    ("before", "text", "meant"),
    [
        ("who can read secrets", "and in staging?", "who-can read secrets cluster=staging"),
        ("who can read secrets", "what about the staging cluster?", "who-can read secrets cluster=staging"),
        ("who can read secrets", "In production", "who-can read secrets cluster=production"),
        ("who can read secrets", "only payments", "who-can read secrets namespace=payments"),
        (
            "who can read secrets in web",
            "and in the namespace payments, please",
            "who-can read secrets namespace=payments",
        ),
        (
            "who can read secrets on staging",
            "only payments",
            "who-can read secrets namespace=payments cluster=staging",
        ),
        ("scan", "only payments", "scan namespace=payments"),
        ("scan", "in production", "scan production"),
        ("scan", "same in staging", "scan staging"),
        ("matrix", "for payments", "matrix payments"),
        ("what-if payments", "and web?", "what-if web restricted"),
        ("encryption secrets", "and in island", "encryption secrets island"),
        ("list privileged", "show all", "list privileged --full"),
        ("list privileged", "show me everything", "list privileged --full"),
        ("who-has cluster-admin", "show all", "export of='who-has cluster-admin' as=csv"),
        ("can sa:ci/a", "more", "can sa:ci/a --full"),
        ("list privileged", "as CSV", "export of='list privileged' as=csv"),
        (
            "who-has cluster-admin",
            "send me that as a spreadsheet pls",
            "export of='who-has cluster-admin' as=csv",
        ),
        ("who-has cluster-admin", "json", "export of='who-has cluster-admin' as=json"),
        ("scan production", "as csv", "export production as=csv"),
        (
            "export of='who-has cluster-admin staging' as=csv",
            "only payments",
            "export 'of=who-has cluster-admin staging namespace=payments' as=csv",
        ),
        (
            "export of='list privileged' as=json",
            "and in staging?",
            "export 'of=list privileged cluster=staging' as=json",
        ),
        ("export production as=csv", "and as sarif", "export production as=sarif"),
        ("can alice delete pods", "why?", "why alice delete pods"),
        ("can alice delete pods", "but why is that", "why alice delete pods"),
        ("list run-as-root", "why?", "explain pod-runs-as-root"),
        ("list pod-net-raw", "explain this", "explain pod-net-raw"),
        ("fix pod-net-raw payments/a", "why", "explain pod-net-raw payments/a"),
        ("exposed web/shop", "why?", "reach internet web/shop"),
        ("scan", "why?", "drift"),
        ("list run-as-root", "fix?", "fix pod-runs-as-root"),
        ("explain pod-privileged", "how do I fix it?", "fix pod-privileged"),
        ("explain pod-privileged", "and payments/ledger?", "explain pod-privileged payments/ledger"),
        ("who-has cluster-admin", "again", "who-has cluster-admin"),
        ("list privileged", "run it again", "list privileged"),
        ("list privileged", "and now?", "list privileged"),
        ("drift", "since monday", "drift since=monday"),
        ("diff", "and yesterday?", "diff since=yesterday"),
        ("scan staging", "since 3 days ago", "drift since='3 days ago' cluster=staging"),
        ("can sa:ci/a", "and sa:ci/b?", "can sa:ci/b"),
        ("escalate sa:ci/a", "what about group:sre", "escalate group:sre"),
        ("exposed web/shop", "and data/db?", "exposed data/db"),
        ("blast-radius pod web/a", "and web/b", "blast-radius pod web/b"),
    ],
)
def test_a_follow_up_changes_the_command_before(before: str, text: str, meant: str) -> None:
    found = after(before, text)
    assert found is not None
    assert understand(found) == understand(meant)
    assert not isinstance(understand(found), ShowHelp | AskBack)


def test_a_run_that_was_answered_is_the_one_that_is_exported() -> None:
    assert after("scan production", "as csv", run="r-1") == "export run=r-1 as=csv"
    assert after("report", "as sarif", run="r-2") == "export run=r-2 as=sarif"


def test_yes_is_what_was_offered() -> None:
    assert after("status", "yes please", offered="scan harbour") == "scan harbour"
    assert after("status", "yes") is None


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("status", "in staging"),
        ("help", "why?"),
        ("who-has cluster-admin", "fix?"),
        ("who-has cluster-admin", "as sarif"),
        ("scan", "thanks!"),
        ("scan", "who has cluster-admin"),
        ("scan", "scan staging"),
        ("scan", ""),
        ("scan", "in " + "x" * 500),
        ("explain 5.1.3", "fix?"),
        ("explain pod-privileged", "only payments"),
    ],
)
def test_what_does_not_fit_is_no_follow_up(before: str, text: str) -> None:
    assert after(before, text) is None


@pytest.mark.parametrize("example", [each for word in WORDS for each in word.examples])
def test_a_whole_command_is_never_taken_for_a_follow_up(example: str) -> None:
    for before in ("scan", "who can read secrets", "list privileged", "drift", "can sa:ci/a get pods"):
        assert after(before, example) is None


@given(st.sampled_from([each for word in WORDS for each in word.examples]), st.text(max_size=300))
def test_no_text_breaks_it_or_takes_long(before: str, text: str) -> None:
    began = time.thread_time()
    after(before, text)
    assert time.thread_time() - began < 0.25
