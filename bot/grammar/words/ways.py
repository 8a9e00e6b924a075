"""Questions about ways to more rights, as words and as sentences. Names keep their case, as in RBAC."""

from __future__ import annotations

import re

from bot.commands.blast_radius import BlastRadius
from bot.commands.escalate import Escalate
from bot.grammar.sentences import Said, spoken
from bot.grammar.word import Arguments, Word

WaysQuestion = Escalate | BlastRadius


def _escalate(arguments: Arguments) -> Escalate:
    return Escalate(arguments.word(0), arguments.one("cluster"))


def _blast_radius(arguments: Arguments) -> BlastRadius | None:
    *kind, name = arguments.words or ("",)
    return BlastRadius(name, "".join(kind), arguments.one("cluster")) if "/" in name else None


def _said_escalate(said: Said) -> Escalate:
    return Escalate(_written(said["identity"]), said.cluster)


def _said_blast(said: Said) -> BlastRadius:
    return BlastRadius(said["workload"], said["kind"], said.cluster)


def _written(subject: str) -> str:
    """`service account ci/deployer` as a command has it: `sa:ci/deployer`."""
    plain = re.sub(r"^service ?account[: ]\s?", "sa:", subject, flags=re.IGNORECASE)
    return re.sub(r"^(sa|user|group)[: ]\s?", r"\1:", plain, flags=re.IGNORECASE)


_PHRASES = {
    "become": "(become|get|reach|escalate to|get to|turn into|be)",
    "goal": "[(a|an|the)] (<admin>|admin of the cluster|root on the cluster|admin)",
    "could": "(could|can|would|may|might|does)",
    "one": "[the] [{kind}] {workload}",
    "somebody": "[(someone|somebody|an attacker|an intruder|attacker|a hacker)] [who (is|gets|got)]"
    " [(inside|in|into|inside of)]",
}
_ESCALATE = spoken(
    _said_escalate,
    "[how] <could> [the] {identity} <become> <goal> <cluster>",
    "(what|whom|who) <could> [the] {identity} (become|escalate to|turn into) <cluster>",
    "[how far] <could> [the] {identity} (get|escalate) <cluster>",
    "<who> (could|can|may|might) <become> <goal> <cluster>",
    "(show|list) [me] [the] (escalation paths|privilege escalation paths|ways to <goal>)"
    " [(of|from) [the] {identity}] <cluster>",
    **_PHRASES,
)
_BLAST = spoken(
    _said_blast,
    "[(what is|show [me])] [the] (blast-radius|blast radius) (of|for) <one> <cluster>",
    "what (could|can|may) <somebody> <one> do <cluster>",
    "what (happens|is at risk) if <one> <broken> <cluster>",
    "what if <one> <broken> <cluster>",
    **_PHRASES,
)

WORDS: tuple[Word[WaysQuestion], ...] = (
    Word(
        "escalate",
        "escalate [sa:NAMESPACE/NAME|user:NAME|group:NAME] [cluster=NAME]",
        "How somebody becomes cluster-admin, or who can, and what to remove to end it",
        (
            "escalate sa:ci/deployer",
            "how could sa:ci/deployer become cluster-admin",
            "which service accounts can become cluster-admin",
        ),
        frozenset({"cluster"}),
        _escalate,
        ("identity",),
        sentences=_ESCALATE,
    ),
    Word(
        "blast-radius",
        "blast-radius [pod|KIND] NAMESPACE/NAME [cluster=NAME]",
        "What somebody inside a pod could do: rights, ways to more, its node, secrets, neighbours",
        (
            "blast-radius pod payments/api-0",
            "blast radius of deployment payments/ledger",
            "what could someone inside payments/ledger do",
        ),
        frozenset({"cluster"}),
        _blast_radius,
        ("kind", "workload"),
        sentences=_BLAST,
    ),
)
