"""The table: every control of the standards by its upstream name, with the rule of each version.

A control of `restricted` may stand in the place of one of `baseline`. Versions are the N of Kubernetes 1.N.
Verified against k8s.io/pod-security-admission v0.37 and, pod by pod, against a real API server.
"""

from __future__ import annotations

from functools import cache

from msgspec import Struct

from checks.pod_security import baseline as b
from checks.pod_security import restricted as r
from checks.pod_security.levels import Level
from checks.pod_security.parts import Rule, Violation
from checks.workloads import Spec

_SELINUX = frozenset(("container_t", "container_init_t", "container_kvm_t"))
_SELINUX_31 = _SELINUX | {"container_engine_t"}
_SYSCTLS = frozenset(
    (
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range",
        "net.ipv4.ip_unprivileged_port_start",
    )
)
_SYSCTLS_27 = _SYSCTLS | {"net.ipv4.ip_local_reserved_ports"}
_SYSCTLS_29 = _SYSCTLS_27 | {
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
}
_SYSCTLS_32 = _SYSCTLS_29 | {"net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"}
_SYSCTLS_37 = _SYSCTLS_32 | {"net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat"}


class Control(Struct, frozen=True):
    """One control. `rules`: (since which 1.N, the rule), oldest first. `instead_of`: the control of baseline
    that it replaces under restricted. `stricter_since`: the version from which on it refuses what it or the
    control in its place let through before."""

    id: str
    level: Level
    rules: tuple[tuple[int, Rule], ...]
    instead_of: str = ""
    stricter_since: int = 0

    def rule_at(self, minor: int) -> Rule | None:
        """The rule that a version has; None where the control came later."""
        return next((rule for since, rule in reversed(self.rules) if since <= minor), None)


def _baseline(id_: str, *rules: tuple[int, Rule], stricter_since: int = 0) -> Control:
    return Control(id_, Level.BASELINE, rules, stricter_since=stricter_since)


def _restricted(id_: str, *rules: tuple[int, Rule], instead_of: str = "", stricter_since: int = 0) -> Control:
    return Control(id_, Level.RESTRICTED, rules, instead_of, stricter_since)


_CONTROLS = (
    _baseline("appArmorProfile", (0, b.app_armor)),
    _baseline("capabilities_baseline", (0, b.capabilities)),
    _baseline("hostNamespaces", (0, b.host_namespaces)),
    _baseline("hostPathVolumes", (0, b.host_path_volumes)),
    _baseline("hostPorts", (0, b.host_ports)),
    _baseline("hostProbesAndHostLifecycle", (34, b.host_probes), stricter_since=34),
    _baseline("privileged", (0, b.privileged)),
    _baseline("procMount", (0, b.proc_mount), (35, b.proc_mount_without_user_namespace)),
    _baseline("seLinuxOptions", (0, b.se_linux(_SELINUX)), (31, b.se_linux(_SELINUX_31))),
    _baseline("seccompProfile_baseline", (0, b.seccomp_annotations), (19, b.seccomp), stricter_since=19),
    _baseline(
        "sysctls",
        (0, b.sysctls(_SYSCTLS)),
        (27, b.sysctls(_SYSCTLS_27)),
        (29, b.sysctls(_SYSCTLS_29)),
        (32, b.sysctls(_SYSCTLS_32)),
        (37, b.sysctls(_SYSCTLS_37)),
    ),
    _baseline("windowsHostProcess", (0, b.host_process)),
    _restricted(
        "allowPrivilegeEscalation",
        (8, r.privilege_escalation),
        (25, r.not_on_windows(r.privilege_escalation)),
        stricter_since=8,
    ),
    _restricted(
        "capabilities_restricted",
        (22, r.capabilities),
        (25, r.not_on_windows(r.capabilities)),
        instead_of="capabilities_baseline",
        stricter_since=22,
    ),
    _restricted("procMount_restricted", (35, b.proc_mount), instead_of="procMount"),
    _restricted("restrictedVolumes", (0, r.volumes), instead_of="hostPathVolumes"),
    _restricted("runAsNonRoot", (0, r.non_root), (35, r.not_in_user_namespace(r.non_root))),
    _restricted("runAsUser", (23, r.user), (35, r.not_in_user_namespace(r.user)), stricter_since=23),
    _restricted(
        "seccompProfile_restricted",
        (19, r.seccomp),
        (25, r.not_on_windows(r.seccomp)),
        instead_of="seccompProfile_baseline",
        stricter_since=19,
    ),
)

CONTROLS = {control.id: control for control in _CONTROLS}
"""By upstream name, baseline first, as the API server lists them."""


@cache
def controls_at(level: Level, minor: int) -> tuple[tuple[str, Rule], ...]:
    """What a level of a version asks, in the order in which the API server lists it."""
    if level is Level.PRIVILEGED:
        return ()
    there = {control.id: rule for control in _CONTROLS if (rule := control.rule_at(minor)) is not None}
    if level is Level.BASELINE:
        return tuple((id_, rule) for id_, rule in there.items() if CONTROLS[id_].level is Level.BASELINE)
    replaced = {CONTROLS[id_].instead_of for id_ in there}
    return tuple((id_, rule) for id_, rule in there.items() if id_ not in replaced)


def evaluate(level: Level, minor: int, spec: Spec) -> dict[str, tuple[Violation, ...]]:
    """What a level of a version refuses in a pod, by control; empty for a pod that it admits."""
    found = ((id_, tuple(rule(spec))) for id_, rule in controls_at(level, minor))
    return {id_: violations for id_, violations in found if violations}


def missing_at(level: Level, minor: int, newest: int) -> tuple[str, ...]:
    """The controls of a level that a version has not yet, or only in a weaker form, and a newer one has."""
    return tuple(
        id_ for id_, _ in controls_at(level, newest) if minor < CONTROLS[id_].stricter_since <= newest
    )
