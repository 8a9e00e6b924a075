"""Approving and signing certificate requests: two rights at once, both of which the API server asks for.

Whoever approves changes the request's `approval`, and must be allowed `approve` on the signer that it names,
either by its name or by `domain/*`; whoever signs changes its `status`, and must be allowed `sign`. Source:
plugin/pkg/admission/certificates and pkg/certauthorization (Kubernetes v1.37).
"""

from __future__ import annotations

from collections.abc import Collection
from types import MappingProxyType

from checks.access.catalog import find
from checks.access.matching import Request
from checks.cluster.snapshot import Snapshot
from checks.errors import QuarterdeckError

GROUP = "certificates.k8s.io"
REQUESTS = "certificatesigningrequests"
_CHANGED: MappingProxyType[str, str] = MappingProxyType({"approve": "approval", "sign": "status"})
_CHANGING = ("update", "patch")

_BOTH = (
    "Both rights are needed: to change the request, and to act for its signer, by its name or by its "
    "domain (example.com/*)."
)
_GROUPS = (
    "Counted is what one subject holds with the groups it is always in. Whoever is in two groups that hold "
    "one of the rights each may do it too: Kubernetes does not know who is in a group."
)
NOTES = (_BOTH, _GROUPS)


class TwoActs(QuarterdeckError):
    """Approving or signing was asked about together with something else."""


def meant(snapshot: Snapshot, verbs: Collection[str], what: str) -> str | None:
    """Which of the two acts a question is about; None for any other. Raises UnknownResource, TwoActs."""
    acts = [verb for each in verbs if (verb := each.casefold()) in _CHANGED]
    words = what.split(",")
    if not acts or any("/" in word for word in words):
        return None
    about = [
        (named.group, named.resource) == (GROUP, REQUESTS) for named in (find(snapshot, w) for w in words)
    ]
    if not any(about):
        return None
    if len(acts) > 1 or len(verbs) > 1 or not all(about):
        raise TwoActs(
            "Approving or signing certificate requests takes two rights at once.",
            "Ask about it alone, as in: who-can approve csr.",
        )
    return acts[0]


def needs(act: str, name: str = "") -> tuple[tuple[Request, ...], ...]:
    """The requests, of each group of which one must be allowed. name: of a signer (it has a slash), else of
    one certificate request."""
    signer = name if "/" in name else ""
    change = tuple(
        Request(verb, REQUESTS, GROUP, _CHANGED[act], "" if signer else name) for verb in _CHANGING
    )
    return change, tuple(Request(act, "signers", GROUP, name=each) for each in _as_asked(signer))


def _as_asked(signer: str) -> tuple[str, ...]:
    """The names by which a signer is asked about; one that stands for a domain is its own."""
    if not signer or signer.endswith("/*"):
        return (signer,)
    return signer, f"{signer.partition('/')[0]}/*"
