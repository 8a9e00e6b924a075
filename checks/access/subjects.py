"""Who RBAC can name, and who that is in the end: users, groups that stand for crowds, service accounts.

A service account is the user `system:serviceaccount:<namespace>:<name>` and always in three groups. Sources
(Kubernetes v1.37): pkg/registry/rbac/validation/rule.go (appliesToUser), k8s.io/apiserver
pkg/authentication/serviceaccount/util.go and pkg/authentication/user/user.go.
"""

from __future__ import annotations

from collections.abc import Iterable

from checks.cluster import objects as o
from checks.model import Subject

USER, GROUP, SERVICE_ACCOUNT = "User", "Group", "ServiceAccount"
MASTERS = Subject(GROUP, "system:masters")
AUTHENTICATED = Subject(GROUP, "system:authenticated")
UNAUTHENTICATED = Subject(GROUP, "system:unauthenticated")
ANONYMOUS = Subject(USER, "system:anonymous")
ALL_SERVICE_ACCOUNTS = Subject(GROUP, "system:serviceaccounts")
BOOTSTRAPPERS = Subject(GROUP, "system:bootstrappers")

_USER_PREFIX = "system:serviceaccount:"
_GROUP_PREFIX = "system:serviceaccounts:"


def named(subject: o.RbacSubject, binding_namespace: str | None) -> Subject | None:
    """Whom a binding's subject names; None where it names nobody.

    A service account without a namespace is one of the RoleBinding's own namespace. A `User` with a service
    account's user name is that service account. Other kinds match nobody; `apiGroup` is not looked at.
    """
    match subject.kind:
        case "User":
            return user(subject.name)
        case "Group":
            return Subject(GROUP, subject.name)
        case "ServiceAccount":
            namespace = subject.namespace or binding_namespace
            return Subject(SERVICE_ACCOUNT, subject.name, namespace) if namespace else None
        case _:
            return None


def user(name: str) -> Subject:
    """The user of this name, as a service account where the name is one's."""
    if name.startswith(_USER_PREFIX):
        namespace, _, account = name.removeprefix(_USER_PREFIX).partition(":")
        if namespace and account and ":" not in account:
            return Subject(SERVICE_ACCOUNT, account, namespace)
    return Subject(USER, name)


def identities(user_name: str, groups: Iterable[str]) -> frozenset[Subject]:
    """Everything that a binding may name to mean this user with these groups."""
    return frozenset((user(user_name), *(Subject(GROUP, group) for group in groups)))


def groups_of(subject: Subject) -> tuple[Subject, ...]:
    """The groups that a user, a service account or a member of a group is in without anybody saying so."""
    if subject.kind == SERVICE_ACCOUNT:
        own = Subject(GROUP, f"{_GROUP_PREFIX}{subject.namespace}")
        return (ALL_SERVICE_ACCOUNTS, own, AUTHENTICATED)
    if subject == ANONYMOUS:
        return (UNAUTHENTICATED,)
    if subject in (AUTHENTICATED, UNAUTHENTICATED):
        return ()
    return (ALL_SERVICE_ACCOUNTS, AUTHENTICATED) if namespace_of_group(subject) else (AUTHENTICATED,)


def namespace_of_group(subject: Subject) -> str | None:
    """The namespace whose service accounts this group holds; None for every other subject."""
    if subject.kind == GROUP and subject.name.startswith(_GROUP_PREFIX):
        return subject.name.removeprefix(_GROUP_PREFIX) or None
    return None


def crowd(subject: Subject) -> str:
    """Who stands behind a subject that is not somebody in particular; empty for all others."""
    if subject in (ANONYMOUS, UNAUTHENTICATED):
        return "anonymous: anybody who reaches the API server, without logging in"
    if subject == AUTHENTICATED:
        return "EVERYONE who is authenticated, all service accounts included"
    if subject == ALL_SERVICE_ACCOUNTS:
        return "every service account of the cluster, and so every pod with a token"
    namespace = namespace_of_group(subject)
    return f"every service account in namespace {namespace}" if namespace else ""
