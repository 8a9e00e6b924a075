"""What somebody was given by name, right by right: used, not seen to be used, or not known.

A right is as small as a rule can say it (`checks.access.matching.parts`). It counts as used when it allows a
request that was made, whichever binding the API server looked at first. What the log cannot show is not
known, never unused: what the audit policy keeps out of it, and what is asked for without a request.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from checks.access.engine import consulted
from checks.access.index import Bound, Index, index
from checks.access.matching import ALL, Request, allows, parts
from checks.access.scopes import reaches_namespaces
from checks.access.stock import RoleKey, is_stock_subject, key_of
from checks.access.usage.beside import What, no_request, written
from checks.access.usage.record import Done, Record, record
from checks.access.usage.unlogged import Asker, Policies, Unlogged, askers, policies
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.model import Subject

NOT_RECORDED = "the audit policy does not record it"
_READ = frozenset({"get", "list", "watch"})
_WRITE = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_NODES = "system:nodes"
_REVIEWS = frozenset({"subjectaccessreviews", "localsubjectaccessreviews"})


class Right(Struct, frozen=True, gc=False):
    """The smallest part of a rule, by the index of that in its role. `order`: its place among the rights.

    how, what: how something is handled (read, write, do anything to) and what: what is taken away together.
    """

    order: int
    rule: int
    part: o.PolicyRule
    how: str
    what: str

    @property
    def starred(self) -> bool:
        """Whether it stands for more than one thing: by a star, but among names, where that is a name."""
        part = self.part
        lists = (part.verbs, part.api_groups, part.resources, part.non_resource_urls)
        return any(ALL in word for words in lists for word in words or ())


class Unknown(Struct, frozen=True, gc=False):
    """A right of which the log cannot say that it was not used, or only some of it (`what`), and why."""

    right: Right
    what: Unlogged
    why: str

    @property
    def whole(self) -> bool:
        """Whether nothing of the right would be seen."""
        return self.what.part == self.right.part


class BoundUse(Struct, frozen=True):
    """What was used of what one binding gives somebody.

    unused: the rights of which nothing was used, and that the log would show; with a star, most of it.
    unknown: what is not known of any right, the used ones included.
    done: the requests that it allows. young: it was there for too little of the log.
    """

    bound: Bound
    done: tuple[Done, ...]
    used: tuple[Right, ...]
    unused: tuple[Right, ...]
    unknown: tuple[Unknown, ...]
    young: bool

    @property
    def idle(self) -> bool:
        """Whether nothing was used of it, and all of it would have been seen."""
        return not self.used and not self.unknown and bool(self.unused)


class Usage(Struct, frozen=True):
    """What somebody holds by name, but for what Kubernetes itself grants, and what of it was used.

    done: all that they did. beyond: requests of theirs that the log's summary does not have, so that nothing
    can be called unused. policy: whether the audit policy is known.
    """

    subject: Subject
    bounds: tuple[BoundUse, ...]
    done: tuple[Done, ...]
    beyond: int
    policy: bool


def usage(snapshot: Snapshot, subject: Subject) -> Usage | None:
    """What somebody's rights were used for; None where there is no audit log."""
    ledger = _ledger(snapshot)
    return ledger.usage(subject) if ledger else None


def reviewers(known: Record) -> tuple[str, ...]:
    """Who, besides kubelets, asked the API server about rights of others: which, the log does not say."""
    return tuple(
        actor.user
        for actor, done in zip(known.actors, known.done, strict=True)
        if _NODES not in actor.groups
        and any(each.request.verb == "create" and each.request.resource in _REVIEWS for each in done)
    )


@derived
def _ledger(snapshot: Snapshot) -> _Ledger | None:
    known = record(snapshot)
    return _Ledger(index(snapshot), known, policies(snapshot)) if known else None


class _Rights(Struct, frozen=True):
    """A role's rights: all, those that a RoleBinding can give, and by what they say of resources."""

    everywhere: tuple[Right, ...]
    inside: tuple[Right, ...]
    by_word: dict[str, tuple[Right, ...]]

    def allowing(self, request: Request) -> list[Right]:
        """The rights that allow a request."""
        words = ["/"] if request.path else [ALL, request.resource]
        if request.subresource:
            words = [ALL, f"{request.resource}/{request.subresource}", f"*/{request.subresource}"]
        rights = (each for word in dict.fromkeys(words) for each in self.by_word.get(word, ()))
        return [each for each in rights if allows(each.part, request)]


class _Blank(Struct, frozen=True):
    """What is not known of a role's rights, and the orders of those that are not unused for it."""

    unknown: tuple[Unknown, ...]
    orders: frozenset[int]


class _Doer(Struct, frozen=True):
    """What of somebody bears on what the log can show."""

    askers: tuple[Asker, ...]
    writes: frozenset[What]


class _Ledger:
    """Everybody's rights beside what they did, each worked out once, when asked."""

    def __init__(self, rbac: Index, known: Record, given: Policies | None) -> None:
        self._rbac = rbac
        self._record = known
        self._policies = given
        self._reviews = bool(reviewers(known))
        self._roles: dict[RoleKey, _Rights] = {}
        self._blanks: dict[tuple[object, ...], _Blank] = {}
        self._usages: dict[Subject, Usage] = {}

    def usage(self, subject: Subject) -> Usage:
        """What of somebody's rights was used."""
        if subject not in self._usages:
            done = self._record.by(subject)
            doer = _Doer(askers(self._record, subject), written(each.request for each in done))
            bounds = self._rbac.by_subject.get(subject, ())
            self._usages[subject] = Usage(
                subject,
                tuple(
                    self._bound_use(each, done, doer)
                    for each in bounds
                    if not is_stock_subject(each.binding, subject)
                ),
                done,
                self._record.beyond(subject),
                self._policies is not None,
            )
        return self._usages[subject]

    def _bound_use(self, bound: Bound, done: Sequence[Done], doer: _Doer) -> BoundUse:
        role = self._rights(bound)
        rights = role.everywhere if bound.namespace is None else role.inside
        used: dict[int, Right] = {}
        allowed: list[Done] = []
        for each in done:
            if consulted(self._rbac, bound, each.request) and (found := role.allowing(each.request)):
                used |= {one.order: one for one in found}
                allowed.append(each)
        blank = self._blank(bound, rights, doer)
        return BoundUse(
            bound,
            tuple(allowed),
            tuple(used.values()),
            tuple([each for each in rights if each.order not in used and each.order not in blank.orders]),
            blank.unknown,
            self._young(bound),
        )

    def _young(self, bound: Bound) -> bool:
        made = (bound.binding.metadata.creation_timestamp, bound.role.metadata.creation_timestamp)
        return any(map(self._record.young, made))

    def _blank(self, bound: Bound, rights: Sequence[Right], doer: _Doer) -> _Blank:
        """What is not known of a role's rights in a place, for all who are alike to the policy."""
        alike = [self._policies.profile(each) for each in doer.askers] if self._policies else []
        key = (key_of(bound.role), bound.namespace, frozenset(alike), doer.writes)
        if key not in self._blanks:
            found = tuple(each for right in rights for each in self._unknown(bound, right, doer))
            wholly = (each.right for each in found if each.whole or not each.right.starred)
            self._blanks[key] = _Blank(found, frozenset(each.order for each in wholly))
        return self._blanks[key]

    def _unknown(self, bound: Bound, right: Right, doer: _Doer) -> Iterator[Unknown]:
        why = no_request(right.part, doer.writes, reviews=self._reviews)
        if why:
            yield Unknown(right, Unlogged(right.part, bound.namespace), why)
        elif self._policies is not None:
            found = (self._policies.unlogged(each, right.part, bound.namespace) for each in doer.askers)
            for each in dict.fromkeys(one for several in found for one in several):
                yield Unknown(right, each, NOT_RECORDED)

    def _rights(self, bound: Bound) -> _Rights:
        key = key_of(bound.role)
        if key not in self._roles:
            found: dict[o.PolicyRule, Right] = {}
            for number, rule in enumerate(bound.role.rules or ()):
                for part in parts(rule):
                    found.setdefault(part, Right(len(found), number, part, *_matter(part)))
            by_word: dict[str, list[Right]] = {}
            for part, right in found.items():
                word = "/" if part.non_resource_urls else (part.resources or ("",))[0]
                by_word.setdefault(word, []).append(right)
            self._roles[key] = _Rights(
                tuple(found.values()),
                tuple(each for each in found.values() if self._inside(each.part)),
                {word: tuple(rights) for word, rights in by_word.items()},
            )
        return self._roles[key]

    def _inside(self, part: o.PolicyRule) -> bool:
        """Whether a RoleBinding can give it."""
        if part.non_resource_urls:
            return False
        (verb,), (group,), (said,) = part.verbs or ("",), part.api_groups or ("",), part.resources or ("",)
        resource, _, subresource = said.partition("/")
        return reaches_namespaces(Request(verb, resource, group, subresource), self._rbac.cluster_scoped)


def _matter(part: o.PolicyRule) -> tuple[str, str]:
    (verb,) = part.verbs or ("",)
    if part.non_resource_urls:
        (url,) = part.non_resource_urls
        return ("ask for" if verb == ALL else verb, "every path" if url == ALL else url)
    how = (
        "read" if verb in _READ else "write" if verb in _WRITE else "do anything to" if verb == ALL else verb
    )
    (group,), (said,) = part.api_groups or ("",), part.resources or ("",)
    return (how, "everything" if (group, said) == (ALL, ALL) else f"{said}.{group}" if group else said)
