"""The walk that checks on RBAC share: which grants did people make, and which of them give this right?

Judged is what people granted. A grant that Kubernetes itself made is left out and counted in the message;
it is recognised by content, not by its name (see `checks.access.stock`). A binding to a role with everything
has its finding in `rbac-cluster-admin` and is not repeated for each single right.

A right in the whole cluster, or one given to a crowd, is a failure. Inside one namespace a person must say
whether whoever holds it needs it: manual.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from checks.access.admins import everything
from checks.access.engine import granting
from checks.access.index import Bound, index
from checks.access.matching import Request
from checks.access.stock import is_stock_rule, is_stock_subject, key_of
from checks.access.subjects import crowd
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Subject, Verdict
from checks.verdict import cluster_resource, failed, manual, not_evaluated, passed
from checks.wording import some

ROLES = ("Role", "ClusterRole")
BINDINGS = ("ClusterRoleBinding", "RoleBinding")

_MOST_NAMED = 5
_MOST_REQUESTS = 3


class Grant(Struct, frozen=True, gc=False):
    """A subject of a binding, by its position there, and the rules of the role that matter now."""

    bound: Bound
    position: int
    subject: Subject
    rules: tuple[int, ...]

    @property
    def own(self) -> bool:
        """Whether Kubernetes itself made this grant: the binding, the subject and each of the rules."""
        role = self.bound.role
        return is_stock_subject(self.bound.binding, self.subject) and all(
            is_stock_rule(role, (role.rules or ())[number]) for number in self.rules
        )

    @property
    def locus(self) -> str:
        return locus(self.subject)

    @property
    def who(self) -> str:
        """The subject in words, with who stands behind it."""
        behind = crowd(self.subject)
        return f"{self.subject} ({behind})" if behind else str(self.subject)

    @property
    def where(self) -> str:
        return _where(self.bound)

    def evidence(self, expected: str) -> tuple[Evidence, ...]:
        """The chain: the binding's subject, its role, the role's rules. `expected` is about the subject."""
        binding, role = self.bound.binding.metadata, self.bound.role
        subject = (self.bound.binding.subjects or ())[self.position]
        uid, version = binding.uid, binding.resource_version
        return (
            Evidence(f"subjects[{self.position}]", _plain(subject), expected, None, uid, version),
            Evidence("roleRef", str(role.resource), "a role with no more than is needed", None, uid, version),
            *(
                Evidence(
                    f"rules[{number}]",
                    _plain((role.rules or ())[number]),
                    "no more than is needed",
                    str(role.resource),
                    role.metadata.uid,
                    role.metadata.resource_version,
                )
                for number in self.rules
            ),
        )


def _plain(part: o.Part) -> Any:
    """A piece of an object as JSON has it, so that evidence is the same before and after it is stored."""
    return msgspec.json.decode(msgspec.json.encode(part))


def _where(bound: Bound) -> str:
    return "in the whole cluster" if bound.namespace is None else f"in namespace {bound.namespace}"


def locus(subject: Subject) -> str:
    """A subject's place in a finding about a binding: the same wherever it stands in the list."""
    where = f"{subject.namespace}/" if subject.namespace else ""
    return f"subjects/{subject.kind}/{where}{subject.name}"


def grants(bound: Bound, rules: tuple[int, ...]) -> Iterator[Grant]:
    """One grant for each subject of a binding, the same one once."""
    seen: set[Subject] = set()
    for position, subject in enumerate(bound.subjects):
        if subject is not None and subject not in seen:
            seen.add(subject)
            yield Grant(bound, position, subject, rules)


def every_grant(snapshot: Snapshot) -> Iterator[Grant]:
    """Every grant of any right, with all rules of its role."""
    for bound in index(snapshot).bounds():
        rules = tuple(range(len(bound.role.rules or ())))
        if rules:
            yield from grants(bound, rules)


def of_right(snapshot: Snapshot, requests: tuple[Request, ...], can: str) -> Iterator[Verdict]:
    """Judge who holds a right: any one of these requests. `can` says it in words: `read secrets`."""
    found = own = whole = 0
    complete = everything(snapshot)
    for bound, allowed in _granting(snapshot, requests):
        if key_of(bound.role) in complete:
            whole += 1
            continue
        made = list(grants(bound, tuple(sorted(allowed.rules))))
        by_people = [grant for grant in made if not grant.own]
        own += len(made) - len(by_people)
        found += len(by_people)
        yield from _verdicts(
            bound, by_people, f"{can} {_where(bound)} ({some(allowed.requests, _MOST_REQUESTS)})"
        )
    yield from unresolved(snapshot)
    if not found:
        yield from nobody(snapshot, f"Nobody was given the right to {can}", own, whole)


class _Allowed(NamedTuple):
    rules: set[int]
    requests: list[str]


def _granting(snapshot: Snapshot, requests: tuple[Request, ...]) -> list[tuple[Bound, _Allowed]]:
    """Every binding that allows one of the requests, with the rules that do and the requests in words."""
    rbac = index(snapshot)
    found: dict[int, tuple[Bound, _Allowed]] = {}
    for request in requests:
        for bound, rules in granting(rbac, request):
            _, allowed = found.setdefault(id(bound), (bound, _Allowed(set(), [])))
            allowed.rules.update(rules)
            allowed.requests.append(str(request))
    return list(found.values())


def _verdicts(bound: Bound, by_people: list[Grant], can: str) -> Iterator[Verdict]:
    resource, expected = bound.binding.resource, f"somebody who must {can}"
    few = [grant for grant in by_people if bound.namespace is not None and not crowd(grant.subject)]
    for grant in by_people:
        if grant not in few:
            yield failed(resource, f"{grant.who} can {can}.", grant.evidence(expected), grant.locus)
    if few:
        whom = some([str(grant.subject) for grant in few], _MOST_NAMED)
        by_path = {fact.path: fact for grant in few[:_MOST_NAMED] for fact in grant.evidence(expected)}
        yield manual(resource, f"{whom} can {can}: is that needed?", tuple(by_path.values()))


def unresolved(snapshot: Snapshot, kinds: tuple[str, ...] = BINDINGS) -> Iterator[Verdict]:
    """In files, a role that is not among them may grant anything: its bindings cannot be judged."""
    if snapshot.cluster.source != "manifests":
        return
    for each in index(snapshot).dangling:
        if each.binding.kind not in kinds:
            continue
        role = f"{each.role.kind} {each.role.name}"
        reason = f"{role} is not in the files: what this binding grants is not known."
        yield not_evaluated(each.binding.resource, reason)


def nobody(
    snapshot: Snapshot,
    claim: str,
    own: int = 0,
    whole: int = 0,
    *,
    kinds: tuple[str, ...] = BINDINGS,
    unseen: str = "",
) -> Iterator[Verdict]:
    """One pass for all bindings that were looked at, saying what was left out. None where there were none."""
    looked = sum(bound.binding.kind in kinds for bound in index(snapshot).bounds())
    if not looked:
        return
    left_out = [f"what Kubernetes itself grants ({own})"] if own else []
    if whole:
        left_out.append(f"bindings to a role with everything ({whole}), which have findings of their own")
    besides = f", besides {' and '.join(left_out)}" if left_out else ""
    yield passed(cluster_resource(snapshot), f"{claim}{besides}. Bindings looked at: {looked}.{unseen}")
