"""What AppArmor and SELinux, where a node has them, still keep a container from: their profiles and types."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.judge import Finding, Said, by_container
from checks.model import Evidence, Severity, Theme, Verdict
from checks.registry import check
from checks.workloads import POD_KINDS, Placed, Spec

THEME = Theme.WORKLOADS

_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"
_CONFINED = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")


@check(
    id="pod-apparmor-unconfined",
    title="Container runs without an AppArmor profile",
    severity=Severity.MEDIUM,
    population=POD_KINDS,
    because="It takes one more hole to use it, and then a layer that would have held is gone.",
    rationale=(
        "On nodes with AppArmor the runtime's default profile keeps containers from mounting, tracing others "
        "and writing kernel files. `Unconfined`, and privileged mode, take it away."
    ),
    remediation="Leave the profile at the runtime's default, or name one that was made for the program.",
    snippet="""\
spec:
  securityContext:
    appArmorProfile:
      type: RuntimeDefault
""",
)
def apparmor(snapshot: Snapshot) -> Iterator[Verdict]:
    """Effective value: the container's field, else the older annotation for it, else the pod's field. Not set
    means the runtime's default; a privileged container that says nothing gets none."""
    return by_container(snapshot, _apparmor, linux_only=True)


def _apparmor(spec: Spec, placed: Placed) -> Said:
    name, own = placed.container.name, placed.container.security_context
    profile, fact = _profile(spec, placed)
    if profile.lower() == "unconfined":
        return Finding(f"Container {name} runs with the AppArmor profile {profile}.", (fact,))
    if not profile and own and own.privileged:
        fact = spec.observed(placed, "securityContext.privileged", observed=True, expected="false")
        return Finding(f"Container {name} is privileged and so runs without an AppArmor profile.", (fact,))
    return None


def _profile(spec: Spec, placed: Placed) -> tuple[str, Evidence]:
    own, whole = placed.container.security_context, spec.pod.security_context
    expected = "RuntimeDefault, Localhost or not set"
    if own and own.app_armor_profile:
        profile = own.app_armor_profile.type
        return profile, spec.observed(placed, "securityContext.appArmorProfile.type", profile, expected)
    key = f"{_ANNOTATION}{placed.container.name}"
    annotated = spec.annotations.get(key)
    if annotated is not None:
        path = f"{spec.path.removesuffix('spec')}metadata.annotations['{key}']"
        return annotated, Evidence(path, annotated, expected, spec.source, spec.uid, spec.resource_version)
    profile = whole.app_armor_profile.type if whole and whole.app_armor_profile else ""
    return profile, spec.evidence("securityContext.appArmorProfile.type", profile or None, expected)


@check(
    id="pod-selinux-relaxed",
    title="Container sets its own SELinux type, user or role",
    severity=Severity.MEDIUM,
    population=POD_KINDS,
    because="On nodes with SELinux it undoes what keeps a container from the node's files; others ignore it.",
    rationale=(
        "SELinux confines containers by their type. Types such as spc_t or unconfined_t, or another user or "
        "role, lift that, and the container is as free as a process of the node."
    ),
    remediation="Leave user and role out, and the type out or among those made for containers.",
    snippet="""\
spec:
  securityContext:
    seLinuxOptions:
      level: "s0:c123,c456"
""",
)
def selinux(snapshot: Snapshot) -> Iterator[Verdict]:
    """Effective options: the container's, else the pod's. The types that the Pod Security Standards accept,
    and any level, are fine."""
    return by_container(snapshot, _selinux, linux_only=True)


def _selinux(spec: Spec, placed: Placed) -> Said:
    own, whole = placed.container.security_context, spec.pod.security_context
    mine = own.se_linux_options if own else None
    options = mine or (whole.se_linux_options if whole else None)
    if options is None:
        return None
    wrong = {field: value for field, value in _fields(options) if value}
    if not wrong:
        return None
    path = "securityContext.seLinuxOptions"
    expected = f"no user, no role, and a type among {', '.join(filter(None, _CONFINED))}"
    fact = spec.observed(placed, path, wrong, expected) if mine else spec.evidence(path, wrong, expected)
    said = ", ".join(f"{field} {value}" for field, value in wrong.items())
    return Finding(f"Container {placed.container.name} sets the SELinux {said}.", (fact,))


def _fields(options: o.SELinuxOptions) -> Iterator[tuple[str, str]]:
    yield "type", "" if options.type in _CONFINED else options.type
    yield "user", options.user
    yield "role", options.role
