"""Who a container runs as: certainly root, certainly not, or whoever its image says, which nobody asked."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster.snapshot import Snapshot
from checks.judge import Finding, Said, Unknown, by_container
from checks.model import Evidence, Severity, Theme, Verdict
from checks.registry import check
from checks.workloads import POD_KINDS, Placed, Spec

THEME = Theme.WORKLOADS

_ADMINISTRATORS = ("containeradministrator", "nt authority\\system")


@check(
    id="pod-runs-as-root",
    title="Container runs as root",
    severity=Severity.HIGH,
    because="With root inside any leak in the container's walls is root on the node.",
    population=POD_KINDS,
    rationale=(
        "Root in a container is root on the node as soon as anything about the container leaks: a mount, a "
        "kernel bug, a runtime bug. It costs an intruder nothing."
    ),
    remediation="Run as a user other than 0 and say so in the pod, whatever the image says.",
    snippet="""\
spec:
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
""",
)
def runs_as_root(snapshot: Snapshot) -> Iterator[Verdict]:
    """Three answers from effective values (the container's, else the pod's): runAsUser 0 is root; any other
    is not, nor is runAsNonRoot; without either it depends on the image's USER, which was not read, so it is
    not evaluated. In a user namespace (`hostUsers: false`) root is not the node's root, so that passes."""
    return by_container(snapshot, _runs_as_root)


def _runs_as_root(spec: Spec, placed: Placed) -> Said:
    name = placed.container.name
    if spec.windows:
        return _windows(spec, placed)
    if spec.pod.host_users is False:
        return None
    user, fact = user_of(spec, placed)
    if user == 0:
        return Finding(f"Container {name} runs as user 0.", (fact,))
    if user is not None or non_root_of(spec, placed)[0]:
        return None
    return Unknown(
        f"Neither runAsUser nor runAsNonRoot is set: who {name} runs as depends on its image's USER."
    )


def _windows(spec: Spec, placed: Placed) -> Said:
    own, whole = placed.container.security_context, spec.pod.security_context
    name = own.windows_options.run_as_user_name if own and own.windows_options else None
    path = f"{placed.path}.securityContext" if name else f"{spec.path}.securityContext"
    name = name or (whole.windows_options.run_as_user_name if whole and whole.windows_options else None)
    if not name:
        return Unknown(f"runAsUserName is not set: who {placed.container.name} runs as depends on its image.")
    if name.lower() not in _ADMINISTRATORS:
        return None
    path = f"{path}.windowsOptions.runAsUserName"
    fact = Evidence(path, name, "ContainerUser", spec.source, spec.uid, spec.resource_version)
    return Finding(f"Container {placed.container.name} runs as {name}.", (fact,))


@check(
    id="pod-root-not-prevented",
    title="Nothing keeps the container from running as root",
    severity=Severity.MEDIUM,
    because=("The image decides: it may run as somebody else today and as root after the next build."),
    population=POD_KINDS,
    rationale=(
        "Where the pod does not insist on another user, the image decides, and a new build of it can "
        "silently turn a service into root. With runAsNonRoot the kubelet refuses to start it instead."
    ),
    remediation="Set runAsNonRoot on the pod; a container must not turn it off again.",
    snippet="""\
spec:
  securityContext:
    runAsNonRoot: true
""",
)
def root_not_prevented(snapshot: Snapshot) -> Iterator[Verdict]:
    """Effective runAsNonRoot true, or an effective runAsUser other than 0, prevents it."""
    return by_container(snapshot, _root_not_prevented, linux_only=True)


def _root_not_prevented(spec: Spec, placed: Placed) -> Said:
    insisted, fact = non_root_of(spec, placed)
    user, _ = user_of(spec, placed)
    if insisted or user:
        return None
    why = "it is turned off" if insisted is False else "it is not asked for"
    return Finding(f"Container {placed.container.name} is not kept from running as root: {why}.", (fact,))


def user_of(spec: Spec, placed: Placed) -> tuple[int | None, Evidence]:
    """The effective runAsUser and where it was seen."""
    own, whole = placed.container.security_context, spec.pod.security_context
    if own and own.run_as_user is not None:
        return own.run_as_user, spec.observed(
            placed, "securityContext.runAsUser", own.run_as_user, "a user other than 0"
        )
    user = whole.run_as_user if whole else None
    return user, spec.evidence("securityContext.runAsUser", user, "a user other than 0")


def non_root_of(spec: Spec, placed: Placed) -> tuple[bool | None, Evidence]:
    """The effective runAsNonRoot and where it was seen."""
    own, whole = placed.container.security_context, spec.pod.security_context
    if own and own.run_as_non_root is not None:
        return own.run_as_non_root, spec.observed(
            placed, "securityContext.runAsNonRoot", own.run_as_non_root, "true"
        )
    insisted = whole.run_as_non_root if whole else None
    return insisted, spec.evidence("securityContext.runAsNonRoot", insisted, "true")
