"""Names that there are not are asked back where one that there is looks alike, and never taken for it."""

from __future__ import annotations

import pytest

from bot.commands.help import AskBack
from bot.grammar import understand
from bot.grammar.live import Live, built_in
from bot.grammar.meant import asked_back, near

LIVE = Live(
    {
        **built_in().names,
        "exposable": ("payments/ledger", "web/booking", "web/long-service-name"),
        "clusters": ("production", "staging-1", "staging-2"),
        "namespaces": ("payments", "team-a", "web"),
        "roles": ("cluster-admin", "view", "secret-reader"),
        "workloads": ("payments/ledger", "web/booking"),
    },
    of="production",
)


@pytest.mark.parametrize(
    ("text", "because", "meant"),
    [
        ("scan producton", "There is no cluster producton.", "scan production"),
        (
            "who can read secrets in paymnets",
            "The last scan of production saw no namespace paymnets.",
            "who-can read secrets namespace=payments",
        ),
        (
            "scan namespace=paymnts",
            "The last scan of production saw no namespace paymnts.",
            "scan namespace=payments",
        ),
        (
            "scan framework=cis-kuberntes-2.0.1",
            "There is no framework",
            "scan framework=cis-kubernetes-2.0.1",
        ),
        ("who has cluster-adimn", "saw no role cluster-adimn", "who-has cluster-admin"),
        ("who-has secret-raeder", "The last scan of production saw no role", "who-has secret-reader"),
        ("explain pod-priviledged", "There is no check pod-priviledged.", "explain pod-privileged"),
        ("fix pod-priviledged", "There is no check", "fix pod-privileged"),
        ("list priviledged", "There is no list priviledged.", "list privileged"),
        ("who can delte pods", "There is no verb delte.", "who-can delete pods"),
        ("exposed web/boking", "The last scan of production saw no workload", "exposed web/booking"),
        ("blast-radius payments/legder", "saw no workload", "blast-radius payments/ledger"),
        ("help expalin", "There is no word expalin.", "help explain"),
    ],
)
def test_a_misspelt_name_is_asked_back(text: str, because: str, meant: str) -> None:
    command = asked_back(understand(text), LIVE)
    assert isinstance(command, AskBack)
    assert because in command.because
    assert command.meant == meant


@pytest.mark.parametrize(
    "text",
    [
        "scan production",
        "exposed long-service-name",
        "exposed web/booking-canary",
        "who-has web/secret-reader",
        "who-has system:secret-reader",
        "blast-radius pod payments/ledger-abcde",
        "scan staging-3",
        "scan nowhere",
        "who can read secrets in team-b",
        "who can read secrets in pay",
        "who-has view",
        "explain 5.1.3",
        "status",
        "help",
        "what is love",
    ],
)
def test_a_name_that_is_there_or_is_like_none_is_left_alone(text: str) -> None:
    assert asked_back(understand(text), LIVE) is None


def test_without_names_nothing_is_asked_back() -> None:
    assert asked_back(understand("scan producton"), Live({})) is None


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("staging-11", None),
        ("team-b", None),
        ("teamm-a", "team-a"),
        ("payment", "payments"),
        ("payments-new", None),
        ("web", None),
        ("x" * 300, None),
    ],
)
def test_what_differs_in_a_number_or_a_short_part_is_another_name(name: str, found: str | None) -> None:
    assert near(name, ("staging-1", "team-a", "payments", "web")) == found
