"""The rules of the level `baseline`: each says what of a pod its control refuses.

The allowed values are those of k8s.io/pod-security-admission v0.37; which version has which is in `standard`.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.pod_security.parts import Place, Rule, Violation, container_contexts, contexts
from checks.pods import container_lists
from checks.workloads import Spec

CAPABILITIES = frozenset(
    (
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    )
)
PROFILES = ("RuntimeDefault", "Localhost")

_UNSET = "false or not set"
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
_SECCOMP_ANNOTATIONS = ("runtime/default", "docker/default")


def host_namespaces(spec: Spec, only: str = "") -> Iterator[Violation]:
    """Of the pod alone, whatever its containers say. `only`: one of the three fields."""
    if spec.whole:
        pod = spec.pod
        for field, what, shared in (
            ("hostNetwork", "network", pod.host_network),
            ("hostPID", "process", pod.host_pid),
            ("hostIPC", "IPC", pod.host_ipc),
        ):
            if shared and only in ("", field):
                fact = spec.evidence(field, observed=True, expected=_UNSET)
                yield Violation("", f"It shares the node's {what} namespace.", fact)


def privileged(spec: Spec) -> Iterator[Violation]:
    for place, context in container_contexts(spec):
        if context.privileged:
            yield place.violation(
                "runs privileged", "securityContext.privileged", observed=True, expected=_UNSET
            )


def capabilities(spec: Spec) -> Iterator[Violation]:
    """Names exactly as in the list: `CAP_CHOWN` and `chown` are not on it."""
    for place, context in container_contexts(spec):
        added = (context.capabilities.add if context.capabilities else None) or ()
        beyond = sorted(set(added) - CAPABILITIES)
        if beyond:
            yield place.violation(
                f"adds {', '.join(beyond)}",
                "securityContext.capabilities.add",
                list(added),
                "baseline capabilities only",
            )


def host_path_volumes(spec: Spec) -> Iterator[Violation]:
    for placed in spec.volumes:
        source = placed.volume.host_path
        if source is not None:
            fact = spec.evidence(f"{placed.path}.hostPath.path", source.path, "no hostPath volume")
            message = f"Volume {placed.volume.name} is the path {source.path} of the node."
            yield Violation(placed.locus, message, fact)


def host_ports(spec: Spec) -> Iterator[Violation]:
    for placed in spec.containers:
        for index, port in enumerate(placed.container.ports or ()):
            if port.host_port:
                yield Place(spec, placed).violation(
                    f"takes port {port.host_port} of its node",
                    f"ports[{index}].hostPort",
                    port.host_port,
                    "not set",
                )


def host_process(spec: Spec) -> Iterator[Violation]:
    """Set on the pod it is refused even where every container turns it off again."""
    for place, context in contexts(spec):
        if context.windows_options is not None and context.windows_options.host_process:
            path = "securityContext.windowsOptions.hostProcess"
            yield place.violation("asks for a HostProcess container", path, observed=True, expected=_UNSET)


def app_armor(spec: Spec) -> Iterator[Violation]:
    """The field, and the annotation that came before it, whichever container that names."""
    for place, context in contexts(spec):
        profile = context.app_armor_profile
        if profile is not None and profile.type not in PROFILES:
            yield place.violation(
                f"sets the AppArmor profile {profile.type or '(empty)'}",
                "securityContext.appArmorProfile.type",
                profile.type,
                " or ".join(PROFILES),
            )
    if spec.whole:
        for key, value in spec.annotations.starting(_APPARMOR):
            if value and value != "runtime/default" and not value.startswith("localhost/"):
                yield _annotation(spec, key, value, "AppArmor")


def seccomp_annotations(spec: Spec) -> Iterator[Violation]:
    """Before v1.19 the profile was an annotation, of the pod or of a container that is there."""
    if not spec.whole or not spec.annotations:
        return
    names = [container.name for _, listed in container_lists(spec.pod) for container in listed]
    for key in dict.fromkeys((_SECCOMP_POD, *(_SECCOMP_CONTAINER + name for name in names))):
        value = spec.annotations.get(key)
        if value is not None and value not in _SECCOMP_ANNOTATIONS and not value.startswith("localhost/"):
            yield _annotation(spec, key, value, "seccomp")


def seccomp(spec: Spec) -> Iterator[Violation]:
    """From v1.19 on: what is set must be a filter; nothing need be set."""
    for place, context in contexts(spec):
        if context.seccomp_profile is not None and context.seccomp_profile.type not in PROFILES:
            yield bad_seccomp(place, context.seccomp_profile)


def bad_seccomp(place: Place, profile: o.SeccompProfile) -> Violation:
    """That the profile set here is none that filters."""
    what = f"sets the seccomp profile {profile.type or '(empty)'}"
    return place.violation(what, "securityContext.seccompProfile.type", profile.type, " or ".join(PROFILES))


def se_linux(types: frozenset[str]) -> Rule:
    """The rule with these allowed types; user and role may never be set."""
    allowed = frozenset(("", *types))

    def rule(spec: Spec) -> Iterator[Violation]:
        for place, context in contexts(spec):
            options = context.se_linux_options
            if options is None:
                continue
            path = "securityContext.seLinuxOptions"
            if options.type not in allowed:
                yield place.violation(
                    f"sets the SELinux type {options.type}",
                    f"{path}.type",
                    options.type,
                    " or ".join(sorted(types)),
                )
            for field, value in (("user", options.user), ("role", options.role)):
                if value:
                    yield place.violation(f"sets an SELinux {field}", f"{path}.{field}", value, "not set")

    return rule


def proc_mount(spec: Spec) -> Iterator[Violation]:
    for place, context in container_contexts(spec):
        mount = context.proc_mount
        if mount is not None and mount != "Default":
            yield place.violation(
                f"mounts /proc as {mount}", "securityContext.procMount", mount, "Default or not set"
            )


def proc_mount_without_user_namespace(spec: Spec) -> Iterator[Violation]:
    """From v1.35 on a pod in a user namespace of its own may mount /proc as it likes."""
    if spec.pod.host_users is not False:
        yield from proc_mount(spec)


def sysctls(allowed: frozenset[str]) -> Rule:
    """The rule with these safe names."""

    def rule(spec: Spec) -> Iterator[Violation]:
        context = spec.pod.security_context
        if not spec.whole or context is None:
            return
        for index, sysctl in enumerate(context.sysctls or ()):
            if sysctl.name not in allowed:
                yield Place(spec, None).violation(
                    f"sets the kernel parameter {sysctl.name}",
                    f"securityContext.sysctls[{index}].name",
                    sysctl.name,
                    "one that is safe to set for a pod",
                )

    return rule


def host_probes(spec: Spec) -> Iterator[Violation]:
    """A probe or hook that names a host makes the kubelet connect to it from the node."""
    for placed in spec.containers:
        container = placed.container
        cycle = container.lifecycle or _NO_LIFECYCLE
        for field, handler in (
            ("livenessProbe", container.liveness_probe),
            ("readinessProbe", container.readiness_probe),
            ("startupProbe", container.startup_probe),
            ("lifecycle.postStart", cycle.post_start),
            ("lifecycle.preStop", cycle.pre_stop),
        ):
            if handler is None:
                continue
            for how, action in (("httpGet", handler.http_get), ("tcpSocket", handler.tcp_socket)):
                if action is not None and action.host:
                    path = f"{field}.{how}.host"
                    yield Place(spec, placed).violation(
                        f"has a probe or hook that asks {action.host}", path, action.host, "not set"
                    )


_NO_LIFECYCLE = o.Lifecycle()


def _annotation(spec: Spec, key: str, value: str, what: str) -> Violation:
    fact = spec.annotation(key, value, "runtime/default or localhost/…")
    return Violation("", f"An annotation sets the {what} profile {value or '(empty)'}.", fact)
