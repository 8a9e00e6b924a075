"""Questions about ways to more rights, as people put them. Names keep their case, as in RBAC."""

from __future__ import annotations

import re

from bot.commands.escalate import Escalate

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


def about_escalation(text: str, cluster: str | None) -> Escalate | None:
    """The question about becoming somebody else, if it is one."""
    for question in _ESCALATE:
        if match := question.match(text):
            said = match.groupdict()
            return Escalate(_written(said.get("subject") or ""), cluster or said["cluster"])
    return None


def _written(subject: str) -> str:
    """`the service account ci/deployer` as a command has it: `sa:ci/deployer`."""
    plain = re.sub(r"^(?:the )?service ?account[: ]\s?", "sa:", subject, flags=re.IGNORECASE)
    return re.sub(r"^(?:the )?(sa|user|group)[: ]\s?", r"\1:", plain, flags=re.IGNORECASE)
