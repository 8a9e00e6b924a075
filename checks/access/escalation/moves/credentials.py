"""Getting hold of credentials: tokens minted, ordered or read, certificates (E9-E11, E13, E22).

A kubelet's certificate needs nobody to approve it: the controller manager does so itself for whoever may
create `certificatesigningrequests/nodeclient` (pkg/controller/certificates/approver/sarapprove.go).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from checks.access.escalation.estate import Estate
from checks.access.escalation.held import Held, Hold, common
from checks.access.escalation.needs import (
    APPROVE_REQUEST,
    APPROVE_SIGNER,
    APPROVED_AS_NODE,
    CREATE_ACCOUNTS,
    CREATE_SECRETS,
    MINT,
    READ_SECRETS,
    REQUEST_CERTIFICATE,
    START_PODS,
)
from checks.access.escalation.places import Accounts, Anybody, Missing, NodeIdentity, Place, Tokens
from checks.access.escalation.steps import Move

_KUBELETS = "kubernetes.io/kube-apiserver-client-kubelet"
_BY_ITSELF = "the controller manager approves and signs kubelets' certificates, as it does by default"
_SIGNERS: tuple[tuple[str, Place], ...] = (
    ("kubernetes.io/kube-apiserver-client", Anybody.BY_CERTIFICATE),
    (_KUBELETS, NodeIdentity(None)),
)
"""What is signed becomes a client certificate; the first refuses only the group system:masters."""


def moves(there: Estate, held: Held) -> Iterator[Move]:
    """Every move by tokens, secrets and certificates."""
    for hold in held.of(MINT):
        yield from _minted(there, hold)
    yield from _ordered(there, held)
    for hold in held.of(READ_SECRETS):
        yield from _read(there, hold)
    yield from _made(there, held)
    yield from _signed(held)


def _minted(there: Estate, hold: Hold) -> Iterator[Move]:
    if hold.names is None:
        yield Move(Accounts(hold.where), "E9", (hold.permission(),))
    for name in hold.names or ():
        for account in there.called(name, hold.where):
            if there.exists(account):
                yield Move(account, "E9", (hold.permission(name, account.namespace),))


def _read(there: Estate, hold: Hold) -> Iterator[Move]:
    if hold.names is None:
        yield Move(Tokens(hold.where), "E11", (hold.permission(),))
        return
    for namespace in there.tokens if hold.where is None else (hold.where,):
        for secret, account in there.tokens.get(namespace, ()):
            if hold.allows(secret) and there.exists(account):
                asked = hold.permission(secret, namespace)
                yield Move(account, "E11", (asked,), f"Secret {namespace}/{secret}")


def _ordered(there: Estate, held: Held) -> Iterator[Move]:
    """A Secret that a controller fills with a token, under a name that is free and may be read."""
    for create in held.of(CREATE_SECRETS):
        for read in held.of(READ_SECRETS):
            together, where = common(create, read)
            names = _of_both(create.names, read.names)
            candidates = ("",) if names is None else names
            free = (each for each in candidates if (where, each) not in there.secrets)
            for name in islice(free, 1 if together else 0):
                asked = create.permission(name or None, where), read.permission(name or None, where)
                yield Move(Accounts(where), "E10", asked)


def _made(there: Estate, held: Held) -> Iterator[Move]:
    """An account that is bound and not there: made, and then used in any way that takes an existing one."""
    for create in held.of(CREATE_ACCOUNTS):
        used: set[tuple[int, str | None, tuple[str, ...] | None]] = set()
        for use in held.of(MINT, *START_PODS):
            together, where = common(create, use)
            minted = use.need is MINT
            names = _of_both(create.names, use.names if minted else None)
            if not together or (key := (id(use.bound), where, names)) in used:
                continue
            used.add(key)
            if names is None:
                yield Move(Missing(where), "E22", (create.permission(), use.permission()))
            for account in (each for name in names or () for each in there.called(name, where)):
                if not there.exists(account):
                    at = account.namespace
                    by = use.permission(account.name if minted else None, at)
                    yield Move(account, "E22", (create.permission(account.name, at), by))


def _of_both(some: tuple[str, ...] | None, others: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The names that both allow; None for all."""
    if some is None or others is None:
        return some if others is None else others
    return tuple(name for name in some if name in others)


def _signed(held: Held) -> Iterator[Move]:
    for request in held.of(REQUEST_CERTIFICATE):
        for approval in held.of(APPROVE_REQUEST):
            for approve in held.of(APPROVE_SIGNER):
                for signer, gains in _SIGNERS:
                    domain = f"{signer.partition('/')[0]}/*"
                    name = next((each for each in (signer, domain) if approve.allows(each)), None)
                    if name is not None:
                        asked = (request.permission(), approval.permission(), approve.permission(name))
                        yield Move(gains, "E13", asked, f"signer {signer}")
        for approved in held.of(APPROVED_AS_NODE):
            if approved.names is None:
                both = (request.permission(), approved.permission())
                yield Move(NodeIdentity(None), "E13", both, f"signer {_KUBELETS}", condition=_BY_ITSELF)
