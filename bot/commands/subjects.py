"""Whom a person means: `sa:ci/deployer`, `user:alice`, `group:sre`, or the same in words."""

from __future__ import annotations

import difflib
import re

from bot.errors import CommandError
from checks.access.escalation.estate import bound_subjects, estate
from checks.access.subjects import GROUP, SERVICE_ACCOUNT, USER, user
from checks.cluster.snapshot import Snapshot
from checks.model import Subject

_KINDS = {
    "sa": SERVICE_ACCOUNT,
    "serviceaccount": SERVICE_ACCOUNT,
    "service account": SERVICE_ACCOUNT,
    "user": USER,
    "group": GROUP,
}
_SPOKEN = re.compile(r"(?:the )?(sa|service ?account|user|group)[:= ] ?(\S+)", re.IGNORECASE)


def subject_of(text: str) -> Subject:
    """The subject that was named. Raises CommandError."""
    found = _SPOKEN.fullmatch(text.strip())
    if found is None and (plain := user(text)).kind == SERVICE_ACCOUNT:
        return plain
    kind = _KINDS.get(found[1].casefold(), "") if found else ""
    name = found[2] if found else ""
    namespace, _, short = name.partition("/")
    if kind == SERVICE_ACCOUNT and namespace and short and "/" not in short:
        return Subject(SERVICE_ACCOUNT, short, namespace)
    if kind == USER:
        return user(name)
    if kind == GROUP:
        return Subject(GROUP, name)
    raise CommandError(f"“{text[:80]}” names nobody.", "Write sa:NAMESPACE/NAME, user:NAME or group:NAME.")


def written(subject: Subject) -> str:
    """A subject as it is written in a command."""
    if subject.kind == SERVICE_ACCOUNT:
        return f"sa:{subject.namespace}/{subject.name}"
    return f"{subject.kind.lower()}:{subject.name}"


def must_exist(snapshot: Snapshot, subject: Subject) -> None:
    """Of service accounts it is known which there are. Raises CommandError for one that neither exists nor is
    bound, with the nearest that does."""
    if subject.kind != SERVICE_ACCOUNT or not snapshot.saw("ServiceAccount"):
        return
    accounts = {each for found in estate(snapshot).accounts.values() for each in found}
    known = accounts | {each for each in bound_subjects(snapshot) if each.kind == SERVICE_ACCOUNT}
    if subject in known:
        return
    near = difflib.get_close_matches(written(subject), [written(each) for each in known], n=1)
    hint = f"Did you mean {near[0]}?" if near else "See kubectl get serviceaccounts -A."
    raise CommandError(f"There is no service account {subject.namespace}/{subject.name}.", hint)
