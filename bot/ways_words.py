"""Questions about ways to more rights, as words and as sentences. Names keep their case, as in RBAC."""

from __future__ import annotations

import re

from bot.commands.blast_radius import BlastRadius
from bot.commands.escalate import Escalate
from bot.words import Arguments, Word

WaysQuestion = Escalate | BlastRadius

_SUBJECT = (
    r"(?P<subject>(?:the )?(?:(?:sa|user|group):\s?|(?:service ?account|user|group) )\S+"
    r"|system:serviceaccount:\S+)"
)
_ADMIN = r"(?:an? |the )?(?:cluster[ -]?admin|admin of the cluster)"
_BECOME = r"(?:become|get|reach|escalate to|get to|turn into)"
_CLUSTER = r"(?: (?:in|on|of|for) (?:the )?(?:cluster )?(?P<cluster>[a-z0-9][a-z0-9.-]*))?$"
_ESCALATE = tuple(
    re.compile(f"^{pattern}{_CLUSTER}", re.IGNORECASE)
    for pattern in (
        rf"(?:how )?(?:could|can|would|may|might|does) {_SUBJECT} {_BECOME} {_ADMIN}",
        rf"(?:what|whom|who) (?:could|can|may|might) {_SUBJECT} (?:become|escalate to|turn into)",
        rf"(?:how far )?(?:could|can|may) {_SUBJECT} (?:get|escalate)",
        rf"(?:who|which (?:service accounts|users|groups)) (?:could|can|may|might) {_BECOME} {_ADMIN}",
        rf"(?:show|list) (?:me )?(?:the )?(?:escalation paths|ways to {_ADMIN})(?: (?:of|from) {_SUBJECT})?",
    )
)
_KINDS = r"pod|workload|deployment|statefulset|daemonset|replicaset|job|cronjob"
_PLACE = rf"(?:the )?(?:(?P<kind>{_KINDS}) )?(?P<name>[a-z0-9][a-z0-9.-]*/[a-z0-9][a-z0-9.-]*)"
_INSIDE = (
    r"(?:(?:someone|somebody|an? (?:attacker|intruder)) )?(?:(?:who (?:is|gets|got) )?(?:inside|in|into) )?"
)
_BLAST = tuple(
    re.compile(f"^{pattern}{_CLUSTER}", re.IGNORECASE)
    for pattern in (
        rf"(?:what is |what's |show (?:me )?)?(?:the )?blast[- ]radius (?:of|for) {_PLACE}",
        rf"what (?:could|can|may) {_INSIDE}{_PLACE} do",
        rf"what (?:happens )?if {_PLACE} (?:is|was|were|gets?) (?:compromised|hacked|broken into|owned)",
    )
)


def _blast_radius(arguments: Arguments) -> BlastRadius | None:
    *kind, name = arguments.words or ("",)
    return BlastRadius(name, "".join(kind), arguments.one("cluster")) if "/" in name else None


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
        lambda a: Escalate(a.words[0] if a.words else "", a.one("cluster")),
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
        most_words=2,
    ),
)


def question(text: str, cluster: str | None) -> WaysQuestion | None:
    """The question about becoming somebody else or about being inside a pod, if it is one."""
    for pattern in _ESCALATE:
        if match := pattern.match(text):
            said = match.groupdict()
            return Escalate(_written(said.get("subject") or ""), cluster or said["cluster"])
    for pattern in _BLAST:
        if match := pattern.match(text):
            kind, name = (match["kind"] or "").casefold(), match["name"].casefold()
            return BlastRadius(name, kind, cluster or match["cluster"])
    return None


def _written(subject: str) -> str:
    """`the service account ci/deployer` as a command has it: `sa:ci/deployer`."""
    plain = re.sub(r"^(?:the )?service ?account[: ]\s?", "sa:", subject, flags=re.IGNORECASE)
    return re.sub(r"^(?:the )?(sa|user|group)[: ]\s?", r"\1:", plain, flags=re.IGNORECASE)
