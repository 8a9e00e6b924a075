"""Whether an audit policy records what matters: asked with requests, not by reading its rules.

Each probe is a request that an attacker or an incident would leave behind. The policy's first matching rule
answers it, so order, wildcards, groups and exceptions for some user all count as they do in the API server.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from msgspec import Struct

from checks.audit.policy import Decision, Level, Request, decide
from checks.cluster import objects as o

_WRITES = ("create", "update", "patch", "delete", "deletecollection")
_READS = ("get", "list", "watch")
_AUTHENTICATED = "system:authenticated"
_SYSTEM_NAMESPACE = "kube-system"


class Asker(Struct, frozen=True, gc=False):
    """Somebody who may ask: what to call them, and what the API server sees."""

    label: str
    user: str
    groups: tuple[str, ...]


ASKERS = (
    Asker("a person", "jane", ("developers", _AUTHENTICATED)),
    Asker(
        "a service account",
        "system:serviceaccount:default:default",
        ("system:serviceaccounts", "system:serviceaccounts:default", _AUTHENTICATED),
    ),
    Asker("a node", "system:node:node-1", ("system:nodes", _AUTHENTICATED)),
    Asker("an administrator", "kubernetes-admin", ("system:masters", _AUTHENTICATED)),
)


class Subject(Struct, frozen=True, gc=False):
    """What is asked for. `secret`: a body has values that nobody should find in a log."""

    group: str
    resource: str
    subresource: str
    verbs: tuple[str, ...]
    secret: bool = False
    namespaced: bool = True


SUBJECTS = (
    Subject("", "secrets", "", (*_READS, *_WRITES), secret=True),
    Subject("", "configmaps", "", (*_READS, *_WRITES), secret=True),
    Subject("authentication.k8s.io", "tokenreviews", "", ("create",), secret=True, namespaced=False),
    Subject("", "serviceaccounts", "token", ("create",), secret=True),
    Subject("", "pods", "", _WRITES),
    Subject("apps", "deployments", "", _WRITES),
    Subject("", "pods", "exec", ("create", "get")),
    Subject("", "pods", "portforward", ("create", "get")),
    Subject("", "pods", "proxy", ("create", "get")),
    Subject("", "services", "proxy", ("create", "get")),
    Subject("rbac.authorization.k8s.io", "clusterrolebindings", "", _WRITES, namespaced=False),
    Subject("rbac.authorization.k8s.io", "rolebindings", "", _WRITES),
    Subject("", "serviceaccounts", "", _WRITES),
    Subject("", "namespaces", "", _WRITES, namespaced=False),
    Subject("example.com", "widgets", "", _WRITES),
)


class Probe(Struct, frozen=True, gc=False):
    """One request and what it is an example of."""

    subject: Subject
    asker: Asker
    request: Request


class Answered(Struct, frozen=True, gc=False):
    """A probe with what the policy decides of it."""

    probe: Probe
    decision: Decision

    @property
    def leaks(self) -> bool:
        return self.probe.subject.secret and self.decision.level > Level.METADATA

    @property
    def missed(self) -> bool:
        return not self.decision.recorded


@cache
def probes() -> tuple[Probe, ...]:
    """Every verb on everything that matters, by everybody who may ask, in two namespaces."""
    return tuple(
        Probe(
            subject,
            asker,
            Request(
                verb,
                asker.user,
                asker.groups,
                subject.group,
                subject.resource,
                subject.subresource,
                _namespace(subject, verb, namespace),
                _name(verb),
            ),
        )
        for subject in SUBJECTS
        for asker in ASKERS
        for verb in subject.verbs
        for namespace in (("default", _SYSTEM_NAMESPACE) if subject.namespaced else ("",))
    )


def _name(verb: str) -> str:
    return "" if verb in ("create", "list", "watch", "deletecollection") else "some-name"


def _namespace(subject: Subject, verb: str, namespace: str) -> str:
    """A request for a namespace is in that namespace, to the API server."""
    return _name(verb) if subject.resource == "namespaces" else namespace


def answers(policy: o.AuditPolicy) -> Iterator[Answered]:
    """Every probe with the policy's decision."""
    return (Answered(probe, decide(policy, probe.request)) for probe in probes())
