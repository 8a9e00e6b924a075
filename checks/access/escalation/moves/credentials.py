"""Getting hold of credentials: tokens minted, ordered or read, certificates (E9-E11, E13, E22)."""

from __future__ import annotations

from collections.abc import Iterator

from checks.access.escalation.estate import Estate
from checks.access.escalation.held import Held, Hold, common
from checks.access.escalation.needs import (
    APPROVE_REQUEST,
    APPROVE_SIGNER,
    CREATE_ACCOUNTS,
    CREATE_SECRETS,
    MINT,
    READ_SECRETS,
    REQUEST_CERTIFICATE,
    START_PODS,
)
from checks.access.escalation.places import Accounts, Anybody, Missing, NodeIdentity, Place, Tokens
from checks.access.escalation.steps import Move

_SIGNERS: tuple[tuple[str, Place], ...] = (
    ("kubernetes.io/kube-apiserver-client", Anybody.BY_CERTIFICATE),
    ("kubernetes.io/kube-apiserver-client-kubelet", NodeIdentity(None)),
)
"""What is signed becomes a client certificate; the first refuses only the group system:masters."""


def moves(there: Estate, held: Held) -> Iterator[Move]:
    """Every move by tokens, secrets and certificates."""
    for hold in held.of(MINT):
        yield from _minted(there, hold)
    for create in held.of(CREATE_SECRETS):
        for read in held.of(READ_SECRETS):
            together, where = common(create, read)
            if together:
                yield Move(Accounts(where), "E10", (create.permission(), read.permission()))
    for hold in held.of(READ_SECRETS):
        yield from _read(there, hold)
    yield from _made(held)
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


def _made(held: Held) -> Iterator[Move]:
    """An account that is bound and not there: made, and then used in any way that takes an existing one."""
    for create in held.of(CREATE_ACCOUNTS):
        used: set[tuple[int, str | None]] = set()
        for use in held.of(MINT, *START_PODS):
            together, where = common(create, use)
            if together and use.names is None and (id(use.bound), where) not in used:
                used.add((id(use.bound), where))
                yield Move(Missing(where), "E22", (create.permission(), use.permission()))


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
