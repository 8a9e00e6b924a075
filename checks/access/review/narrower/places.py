"""Instead of a ClusterRoleBinding: a RoleBinding in the one namespace where its accounts' pods run.

Proposed where every subject is a service account of one namespace that pods there run as, and every rule is
about what lives in namespaces, so that a RoleBinding can give it. Whether a pod works on other namespaces is
not in a snapshot: the proposal says that it takes those away.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.access.escalation.estate import estate
from checks.access.index import Bound, index
from checks.access.matching import ALL, parts
from checks.access.review.narrower.proposal import Proposal
from checks.access.review.privileges import kinds_given
from checks.access.scopes import effective
from checks.access.stock import AnyRole, is_stock_binding
from checks.access.subjects import SERVICE_ACCOUNT
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.model import Subject
from checks.wording import plural, some


def proposals(snapshot: Snapshot, bound: Bound) -> Iterator[Proposal]:
    """The RoleBinding instead of a ClusterRoleBinding that gives something dangerous."""
    given = kinds_given(bound.role.rules or (), wide=True)
    if bound.namespace is not None or not given or is_stock_binding(bound.binding):
        return
    accounts = [each for each in bound.subjects if each is not None and each.kind == SERVICE_ACCOUNT]
    spaces = {account.namespace for account in accounts}
    if not accounts or len(accounts) < len(bound.subjects) or len(spaces) > 1:
        return
    pods = [_pods(snapshot).get(account, 0) for account in accounts]
    if not all(pods) or not _fits(snapshot, bound.role):
        return
    space = str(accounts[0].namespace)
    who = some([account.name for account in dict.fromkeys(accounts)])
    yield Proposal(
        target=bound.ref,
        what="in every namespace",
        why=f"{who} runs only in {space} ({plural(sum(pods), 'pod')}); no rule is about the cluster itself",
        keeps=f"all of {bound.role_ref.name} in namespace {space}",
        drops="the same in every other namespace: ask whether it works there",
        wide=True,
        gives=given,
        role=bound.role,
        binding=_inside(bound.binding, space),
    )


def _inside(binding: o.RoleBinding | o.ClusterRoleBinding, space: str) -> o.RoleBinding:
    meta = binding.metadata
    return o.RoleBinding(
        metadata=o.ManagedMetadata(name=meta.name, namespace=space, labels=meta.labels),
        role_ref=binding.role_ref,
        subjects=binding.subjects,
    )


def _fits(snapshot: Snapshot, role: AnyRole) -> bool:
    """Whether all that a role says can be given inside a namespace; a star is for the cluster's own, too."""
    outside = index(snapshot).cluster_scoped
    return all(
        not any(said.partition("/")[0] == ALL for said in rule.resources or ())
        and all(effective(part, "any", outside) for part in parts(rule))
        for rule in role.rules or ()
    )


@derived
def _pods(snapshot: Snapshot) -> dict[Subject, int]:
    """How many pods run as each account."""
    found: dict[Subject, int] = {}
    for seats in estate(snapshot).seats.values():
        for seat in seats:
            if seat.account is not None:
                found[seat.account] = found.get(seat.account, 0) + 1
    return found
