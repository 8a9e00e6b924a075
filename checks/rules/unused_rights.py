"""Rights that were given and not used, by what the API server's audit log says.

What the log could not show is never called unused. What would have been enough is worked out by
`quarterdeck review --audit-log`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec
from msgspec import Struct

from checks.access.index import RBAC_KINDS
from checks.access.subjects import SERVICE_ACCOUNT
from checks.access.usage.excess import Excess, excess
from checks.access.usage.merging import merged
from checks.access.usage.record import Record, record
from checks.access.usage.rights import NOT_RECORDED, BoundUse, Right, Usage, usage
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Severity, Subject, Theme, Verdict
from checks.network.policies import namespace_of
from checks.registry import check
from checks.verdict import failed, manual, not_evaluated, passed
from checks.wording import some

THEME = Theme.ACCESS

_MOST_FACTS = 10
_MOST_RULES = 5


@check(
    id="service-account-unused-rights",
    title="Service account holds more rights than it uses",
    severity=Severity.MEDIUM,
    because="Somebody must first take the account; what it holds and never uses is then theirs for nothing.",
    needs=(*RBAC_KINDS, "AuditUsage"),
    population=("ServiceAccount",),
    also=("AuditPolicy",),
    hints=("CustomResourceDefinition",),
    rationale=(
        "A right that a program does not use can be taken away without anybody noticing, but for an intruder "
        "who holds its token. The audit log says what is used; nobody else does."
    ),
    remediation=(
        "Take the account out of the binding, or give it the narrower role that `quarterdeck review "
        "--audit-log FILE --proposals FOLDER` writes; look at what runs less often than the log is long."
    ),
    snippet="""\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: "sa:web:shop:used", namespace: web}
rules:
  - {apiGroups: [""], resources: [configmaps], resourceNames: [shop], verbs: [get]}
""",
)
def unused_rights(snapshot: Snapshot) -> Iterator[Verdict]:
    """Each right that a binding gives the account by name, beside the requests that the audit log has as
    allowed. Too much is a binding of which nothing was used, a resource that was not read (get, list, watch)
    or not written at all, a star, and a right in the whole cluster that was used in a few namespaces. Not
    known is what the audit policy does not record, and what is asked for without a request (signers,
    finalizers, kubelets). It fails if the log covers a week and the audit policy is given; else a person must
    say."""
    known = record(snapshot)
    if known is None:
        return
    for account in snapshot.all(o.ServiceAccount):
        subject = Subject(SERVICE_ACCOUNT, account.metadata.name, namespace_of(account))
        found = usage(snapshot, subject)
        if found is not None:
            yield _judged(account, found, known)


class _TooMuch(Struct, frozen=True):
    """What of one binding is more than was used."""

    use: BoundUse
    what: tuple[Excess, ...]


def _judged(account: o.ServiceAccount, found: Usage, known: Record) -> Verdict:
    resource = account.resource
    if not found.bounds:
        return passed(resource, "No binding names it.")
    too_much = [_TooMuch(each, what) for each in found.bounds if (what := excess(each))]
    old = [each for each in too_much if not each.use.young]
    if not too_much:
        blank = [right for each in found.bounds for right in _unrecorded(each)]
        if blank:
            kept_out = some(dict.fromkeys(f"{each.how} {each.what}" for each in blank))
            reason = f"The audit policy keeps out of the log whether these rights were used: {kept_out}."
            return not_evaluated(resource, reason)
        return passed(resource, "What it was given was used.")
    if found.beyond:
        reason = f"{found.beyond:,} of its requests differ too much to be kept: what they were is not known."
        return not_evaluated(resource, reason)
    if not old:
        return not_evaluated(resource, "It was given its rights too short before the audit log ends.")
    facts = tuple(islice(_facts(old, known), _MOST_FACTS))
    said = f"Not used in {known.period}: {some([one.what for each in old for one in each.what], 4)}."
    if not known.long_enough:
        short = f"{said} That is too short to tell (a week at least): is it needed?"
        return manual(resource, short, facts)
    if not found.policy:
        blind = f"{said} The audit policy was not given, so that it may not have been recorded: is it needed?"
        return manual(resource, blind, facts)
    return failed(resource, said, facts)


def _unrecorded(use: BoundUse) -> Iterator[Right]:
    """The rights that were not seen to be used because the audit policy does not record it."""
    used = set(use.used)
    yield from (each.right for each in use.unknown if each.why == NOT_RECORDED and each.right not in used)


def _facts(too_much: list[_TooMuch], known: Record) -> Iterator[Evidence]:
    """The rules that are too much, with what they say, and the binding that gives them."""
    expected = f"used in {known.period}"
    for each in too_much:
        bound = each.use.bound
        for one in each.what:
            places = sorted({right.rule for right in one.rights})
            where = f"rules[{places[0]}]" if len(places) == 1 else "rules"
            said = [_plain(rule) for rule in merged(right.part for right in one.rights)[:_MOST_RULES]]
            role, binding = bound.role.resource, bound.binding
            yield Evidence(
                f"{where} of {role}",
                {"not used": one.what, "rights": said},
                expected,
                str(binding.resource),
                binding.metadata.uid,
                binding.metadata.resource_version,
            )


def _plain(rule: o.PolicyRule) -> Any:
    return msgspec.json.decode(msgspec.json.encode(rule))
