"""Which numbers a container's processes carry: users that a node may know too, and the group root."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster.snapshot import Snapshot
from checks.judge import Finding, Said, Unknown, by_container
from checks.model import Evidence, Severity, Theme, Verdict
from checks.registry import check
from checks.rules.root import user_of
from checks.workloads import POD_KINDS, Placed, Spec

THEME = Theme.WORKLOADS

_FIRST_FREE = 10_000
"""Below are the users and groups that nodes and distributions give to their own."""


@check(
    id="pod-low-user-id",
    title="Container runs as a user that the node may know",
    severity=Severity.LOW,
    population=POD_KINDS,
    because="It takes a way out of the container, and gives the files of one user of the node at most.",
    rationale=(
        "A user number below 10000 may belong to somebody on the node. Who leaves the container then owns "
        "that user's files and processes. A high number is nobody there."
    ),
    remediation="Run as a user of 10000 or higher.",
    snippet="spec:\n  securityContext:\n    runAsUser: 10001\n",
)
def low_user_id(snapshot: Snapshot) -> Iterator[Verdict]:
    """The effective runAsUser (the container's, else the pod's). Without one the image decides, which was not
    read, so it is not evaluated. A pod in a user namespace of its own (`hostUsers: false`) passes."""
    return by_container(snapshot, _low_user_id, linux_only=True)


def _low_user_id(spec: Spec, placed: Placed) -> Said:
    if spec.pod.host_users is False:
        return None
    user, fact = user_of(spec, placed)
    if user is None:
        return Unknown(
            f"runAsUser is not set: who {placed.container.name} runs as depends on its image's USER."
        )
    if user >= _FIRST_FREE:
        return None
    fact = Evidence(fact.path, user, f"{_FIRST_FREE} or higher", fact.source, fact.uid, fact.resource_version)
    return Finding(f"Container {placed.container.name} runs as user {user}.", (fact,))


@check(
    id="pod-root-group",
    title="Container's processes are in the group root",
    severity=Severity.LOW,
    population=POD_KINDS,
    because="It takes another weakness to reach files of the node, and gives what its group root may read.",
    rationale=(
        "Files of an image and of volumes are often readable or writable by the group 0. A process in it has "
        "them although it does not run as root."
    ),
    remediation="Set runAsGroup, fsGroup and supplementalGroups to numbers other than 0.",
    snippet="""\
spec:
  securityContext:
    runAsGroup: 10001
    fsGroup: 10001
""",
)
def root_group(snapshot: Snapshot) -> Iterator[Verdict]:
    """The effective runAsGroup, and the pod's fsGroup and supplementalGroups, are 0. What an image's group is
    when none is set was not read, and is not asked here. A pod in its own user namespace passes."""
    return by_container(snapshot, _root_group, linux_only=True)


def _root_group(spec: Spec, placed: Placed) -> Said:
    if spec.pod.host_users is False:
        return None
    facts = tuple(_root_groups(spec, placed))
    if not facts:
        return None
    fields = ", ".join(fact.path.rpartition(".")[2] for fact in facts)
    return Finding(f"Container {placed.container.name} runs in the group 0: {fields}.", facts)


def _root_groups(spec: Spec, placed: Placed) -> Iterator[Evidence]:
    own, whole = placed.container.security_context, spec.pod.security_context
    expected = "a group other than 0"
    if own and own.run_as_group is not None:
        if own.run_as_group == 0:
            yield spec.observed(placed, "securityContext.runAsGroup", 0, expected)
    elif whole and whole.run_as_group == 0:
        yield spec.evidence("securityContext.runAsGroup", 0, expected)
    if whole and whole.fs_group == 0:
        yield spec.evidence("securityContext.fsGroup", 0, expected)
    if whole and 0 in (whole.supplemental_groups or ()):
        groups = list(whole.supplemental_groups or ())
        yield spec.evidence("securityContext.supplementalGroups", groups, expected)
