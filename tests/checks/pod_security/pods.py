"""Pods for the oracle: known ones with a few changes each, which reach every field that Pod Security sees.

A change is a place, a path and a value, so that Hypothesis shrinks a disagreement to the changes that matter.
Where the API server would not store the outcome, `mended` changes what clashes.
"""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

Object = dict[str, Any]
Change = tuple[str, tuple[str, ...], Any]

SAFE: Object = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
CONTAINERS = ("c0", "c1", "i0", "e0")
_FIELDS = {"c0": "containers", "c1": "containers", "i0": "initContainers", "e0": "ephemeralContainers"}

_LOCAL = {"type": "Localhost", "localhostProfile": "p"}
_PROFILES = (None, {"type": "RuntimeDefault"}, _LOCAL, {"type": "Unconfined"})
_TYPES = (
    "container_t",
    "container_init_t",
    "container_kvm_t",
    "container_engine_t",
    "spc_t",
    "Container_t",
)
_SELINUX = (
    None,
    {},
    {"level": "s0:c1,c2"},
    *({"type": each} for each in _TYPES),
    {"user": "system_u"},
    {"role": "system_r"},
    {"type": "container_t", "user": "u", "role": "r"},
)
_CAPABILITIES = (
    None,
    {},
    {"drop": ["ALL"]},
    {"drop": ["all"]},
    {"drop": ["NET_RAW", "ALL"]},
    {"drop": ["CAP_ALL"]},
    {"drop": ["NET_RAW"]},
    {"add": ["NET_RAW"]},
    {"add": ["ALL"], "drop": ["ALL"]},
    {"add": ["CAP_CHOWN"]},
    {"add": ["chown"], "drop": ["ALL"]},
    {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]},
    *(
        {"add": [name], "drop": ["ALL"]}
        for name in (
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
            "SYS_PTRACE",
            "NET_ADMIN",
            "SYSLOG",
        )
    ),
)
_SYSCTLS = (
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem",
    "net.ipv4.tcp_slow_start_after_idle",
    "net.ipv4.tcp_notsent_lowat",
    "kernel.msgmax",
    "net.core.somaxconn",
    "net/ipv4/tcp_syncookies",
)
_SOURCES: tuple[Object, ...] = (
    {"hostPath": {"path": "/"}},
    {"hostPath": {"path": "/run/x.sock", "type": "Socket"}},
    {"emptyDir": {}},
    {"configMap": {"name": "x"}},
    {"secret": {"secretName": "x"}},
    {"downwardAPI": {"items": [{"path": "l", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
    {"projected": {"sources": [{"secret": {"name": "x"}}]}},
    {"projected": {"sources": []}},
    {"persistentVolumeClaim": {"claimName": "x"}},
    {"csi": {"driver": "x.example"}},
    {
        "ephemeral": {
            "volumeClaimTemplate": {
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
            }
        }
    },
    {"image": {"reference": "shop:1"}},
    {"nfs": {"server": "s", "path": "/"}},
    {"iscsi": {"targetPortal": "10.0.0.1", "iqn": "iqn.2001-04.com.example:x", "lun": 0}},
    {"fc": {"targetWWNs": ["w"], "lun": 0}},
    {"flexVolume": {"driver": "example.com/x"}},
    {"gcePersistentDisk": {"pdName": "x"}},
    {"awsElasticBlockStore": {"volumeID": "x"}},
    {"azureDisk": {"diskName": "x", "diskURI": "https://x.example/x.vhd"}},
    {"azureFile": {"secretName": "x", "shareName": "x"}},
    {"vsphereVolume": {"volumePath": "x"}},
    {"gitRepo": {"repository": "https://x.example/x"}},
    {"glusterfs": {"endpoints": "x", "path": "x"}},
    {"rbd": {"monitors": ["m"], "image": "x"}},
    {"cinder": {"volumeID": "x"}},
    {"cephfs": {"monitors": ["m"]}},
    {"flocker": {"datasetName": "x"}},
    {"quobyte": {"registry": "r:1", "volume": "x"}},
    {"photonPersistentDisk": {"pdID": "x"}},
    {"portworxVolume": {"volumeID": "x"}},
    {
        "scaleIO": {
            "gateway": "https://g.example",
            "system": "s",
            "secretRef": {"name": "x"},
            "volumeName": "x",
        }
    },
    {"storageos": {"volumeName": "x", "volumeNamespace": "x"}},
    {},
)
_HANDLERS: tuple[Object, ...] = (
    {"httpGet": {"port": 80}},
    {"httpGet": {"port": 80, "host": "10.0.0.1"}},
    {"httpGet": {"port": 80, "host": "127.0.0.1"}},
    {"tcpSocket": {"port": 80}},
    {"tcpSocket": {"port": 80, "host": "example.com"}},
    {"exec": {"command": ["true"]}},
)
_PORTS = (
    [{"containerPort": 80}],
    [{"containerPort": 80, "hostPort": 0}],
    [{"containerPort": 80, "hostPort": 80}],
    [{"containerPort": 80}, {"containerPort": 81, "hostPort": 81, "protocol": "UDP"}],
)
_ANNOTATIONS = (
    ("container.apparmor.security.beta.kubernetes.io/c0", "runtime/default"),
    ("container.apparmor.security.beta.kubernetes.io/c0", "localhost/p"),
    ("container.apparmor.security.beta.kubernetes.io/c0", "unconfined"),
    ("container.apparmor.security.beta.kubernetes.io/i0", "unconfined"),
    ("container.apparmor.security.beta.kubernetes.io/c1", ""),
    ("seccomp.security.alpha.kubernetes.io/pod", "runtime/default"),
    ("seccomp.security.alpha.kubernetes.io/pod", "docker/default"),
    ("seccomp.security.alpha.kubernetes.io/pod", "localhost/p"),
    ("seccomp.security.alpha.kubernetes.io/pod", "unconfined"),
    ("container.seccomp.security.alpha.kubernetes.io/c0", "unconfined"),
    ("container.seccomp.security.alpha.kubernetes.io/c1", "docker/default"),
    ("container.seccomp.security.alpha.kubernetes.io/absent", "unconfined"),
    ("example.com/other", "unconfined"),
)


def _context_changes(place: str) -> list[Change]:
    fields: list[tuple[str, tuple[Any, ...]]] = [
        ("runAsNonRoot", (None, True, False)),
        ("runAsUser", (None, 0, 1000)),
        ("seccompProfile", _PROFILES),
        ("appArmorProfile", _PROFILES),
        ("seLinuxOptions", _SELINUX),
        ("windowsOptions", (None, {}, {"hostProcess": True}, {"hostProcess": False})),
    ]
    if place:
        fields += [
            ("privileged", (None, True, False)),
            ("allowPrivilegeEscalation", (None, True, False)),
            ("capabilities", _CAPABILITIES),
            ("procMount", (None, "Default", "Unmasked")),
            ("readOnlyRootFilesystem", (True,)),
        ]
    else:
        fields.append(("sysctls", tuple([{"name": name, "value": "1"}] for name in _SYSCTLS)))
    changes: list[Change] = [(place, ("securityContext", name), v) for name, values in fields for v in values]
    return [*changes, (place, ("securityContext",), None), (place, ("securityContext",), {})]


def _container_changes(place: str) -> list[Change]:
    changes = _context_changes(place)
    if place == "e0":
        return changes
    changes += [(place, ("ports",), ports) for ports in _PORTS]
    for handler in _HANDLERS:
        changes += [
            (place, (probe,), handler) for probe in ("livenessProbe", "readinessProbe", "startupProbe")
        ]
        changes += [(place, ("lifecycle", hook), handler) for hook in ("postStart", "preStop")]
    if place == "i0":
        changes.append((place, ("restartPolicy",), "Always"))
    return changes


_POD: list[Change] = [
    *(("", (field,), value) for field in ("hostNetwork", "hostPID", "hostIPC") for value in (True, False)),
    *(("", ("hostUsers",), value) for value in (True, False, False, False)),
    *(("", ("os",), {"name": name}) for name in ("linux", "windows", "windows", "windows")),
    *(("volumes", (), source) for source in _SOURCES),
    *(("annotations", (key,), value) for key, value in _ANNOTATIONS),
    *_context_changes(""),
]
CHANGES: dict[str, list[Change]] = {
    "Pod": [*_POD, *_POD, *(change for place in ("c0", "c1", "i0") for change in _container_changes(place))],
    "ephemeral": [change for change in _container_changes("e0") for _ in range(2)],
}
"""Of pods and templates, and of the ephemeral containers that a running pod is given."""


def changed(base: str, changes: list[Change]) -> Object:
    """A pod (metadata.annotations and spec) with these changes. `base`: `safe`, `bare`, or `debug` (one
    ephemeral container at the least)."""
    bare = {"image": "shop:1"}
    context = {} if base == "bare" else {"securityContext": copy.deepcopy(SAFE)}
    spec: Object = {"containers": [{"name": "c0", **bare, **copy.deepcopy(context)}]}
    annotations: dict[str, str] = {}
    for place, path, value in changes:
        if place == "volumes":
            listed = spec.setdefault("volumes", [])
            listed.append({"name": f"v{len(listed)}", **value})
        elif place == "annotations":
            annotations[path[0]] = value
        else:
            _set(_container(spec, place, {**bare, **context}) if place else spec, path, value)
    if base == "debug":
        _container(spec, "e0", bare)
    return {"metadata": {"annotations": annotations}, "spec": mended(spec)}


def _container(spec: Object, name: str, base: Object) -> Object:
    listed: list[Object] = spec.setdefault(_FIELDS[name], [])
    for container in listed:
        if container["name"] == name:
            return container
    made = {"name": name, **copy.deepcopy(base)}
    listed.append(made)
    return made


def _set(target: Object, path: tuple[str, ...], value: Any) -> None:
    for step in path[:-1]:
        if target.get(step) is None:
            target[step] = {}
        target = target[step]
    if value is None:
        target.pop(path[-1], None)
    else:
        target[path[-1]] = copy.deepcopy(value)


def mended(spec: Object) -> Object:
    """The spec with what the API server would refuse as invalid taken back."""
    lists = [spec.get(field, []) for field in ("containers", "initContainers", "ephemeralContainers")]
    containers = [container for listed in lists for container in listed]
    contexts = [container.get("securityContext") or {} for container in containers]
    pod = spec.get("securityContext") or {}
    for context in contexts:
        _mend_escalation(context)
    for container in spec.get("initContainers", []):
        if container.get("restartPolicy") != "Always":
            for field in ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle"):
                container.pop(field, None)
    if any(context.get("procMount") == "Unmasked" for context in contexts):
        spec["hostUsers"] = False
    if spec.get("hostUsers") is False:
        _without(spec, "hostNetwork", "hostPID", "hostIPC")
    _mend_host_process(spec, pod, contexts)
    _mend_system(spec, [pod, *contexts])
    _mend_host_network(spec, pod, containers)
    return spec


def _without(target: Object, *fields: str) -> None:
    for field in fields:
        target.pop(field, None)


def _mend_escalation(context: Object) -> None:
    added = set((context.get("capabilities") or {}).get("add") or ())
    needs = context.get("privileged") or "CAP_SYS_ADMIN" in added
    if needs and context.get("allowPrivilegeEscalation") is False:
        context.pop("allowPrivilegeEscalation")


def _host_process(context: Object) -> bool | None:
    asked: bool | None = (context.get("windowsOptions") or {}).get("hostProcess")
    return asked


def _mend_host_process(spec: Object, pod: Object, contexts: list[Object]) -> None:
    """All containers are HostProcess ones or none is, and those are on the host's network."""
    if not any(_host_process(context) for context in (pod, *contexts)):
        return
    _without(spec, "hostUsers")
    if (spec.get("os") or {}).get("name") == "linux":
        spec.pop("os")
    if any(_host_process(context) for context in contexts):
        for context in contexts:
            context["windowsOptions"] = {"hostProcess": True}
    elif not all(_host_process(context) is False for context in contexts):
        for context in contexts:
            context.pop("windowsOptions", None)
    if not all(_host_process(context) is False for context in contexts):
        spec["hostNetwork"] = True


def _mend_system(spec: Object, contexts: list[Object]) -> None:
    """A pod for one system has no fields of the other."""
    name = (spec.get("os") or {}).get("name")
    if name == "linux":
        for context in contexts:
            context.pop("windowsOptions", None)
    if name == "windows":
        _without(spec, "hostPID", "hostIPC", "hostUsers")
        if not any(_host_process(context) for context in contexts):
            spec.pop("hostNetwork", None)
        for context in contexts:
            _without(context, *(set(context) - {"runAsNonRoot", "windowsOptions"}))


def _mend_host_network(spec: Object, pod: Object, containers: list[Object]) -> None:
    """Host ports are the containers' own there, and kernel parameters of the node may not be set."""
    for sysctl in pod.get("sysctls", []):
        of_network = sysctl["name"].replace("/", ".").startswith("net.")
        _without(spec, "hostNetwork" if of_network else "hostIPC")
    if spec.get("hostNetwork"):
        for port in (port for container in containers for port in container.get("ports", [])):
            port["hostPort"] = port["containerPort"]


def pods(kind: str) -> st.SearchStrategy[Object]:
    """Pods of a kind of `CHANGES`."""
    return st.builds(
        changed,
        st.just("debug") if kind == "ephemeral" else st.sampled_from(("safe", "safe", "bare")),
        st.lists(st.sampled_from(CHANGES[kind]), min_size=0, max_size=6),
    )
