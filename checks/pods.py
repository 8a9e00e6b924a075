"""What a pod spec means, apart from how it is written: what a live pod and its template are compared by.

The API server fills in defaults, and every pod gets what differs by pod and says nothing: its node, the
volume with the service account's token. None of that makes a pod different from its template.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from checks.cluster import objects as o

DEFAULT_ACCOUNT = "default"
FINISHED = ("Succeeded", "Failed")
"""The phases of a pod that runs no more."""
_CONFINING = (
    "container.apparmor.security.beta.kubernetes.io/",
    "container.seccomp.security.alpha.kubernetes.io/",
    "seccomp.security.alpha.kubernetes.io/pod",
)
_TOKEN_VOLUME = "kube-api-access-"  # noqa: S105
_TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105


class Meaning(Struct, frozen=True):
    """A pod spec in one way of writing: its own fields, its containers and, of its volumes, those that may
    hold what is not the pod's own, by locus."""

    pod: o.PodSpec
    containers: dict[str, o.Container]
    volumes: dict[str, o.Volume]


def meaning_of(spec: o.PodSpec) -> Meaning:
    """The meaning of a pod spec: equal for two specs that differ only in defaults and per-pod noise."""
    return Meaning(
        pod=_pod(spec),
        containers={
            f"{field}/{container.name}": _container(container)
            for field, written in container_lists(spec)
            for container in written
        },
        volumes={f"volumes/{volume.name}": volume for volume in spec.volumes or () if _matters(volume)},
    )


def written_alike(spec: o.PodSpec, marks: o.Annotations, other: o.PodSpec, others: o.Annotations) -> bool:
    """Whether two pods differ in nothing but their node, as most replicas do: cheaper to ask than meaning."""
    return marks == others and replace(spec, node_name=other.node_name) == other


def confining(annotations: o.Annotations) -> o.Annotations:
    """The annotations that say how containers are confined: a pod that differs in them differs."""
    return o.Annotations(annotations.starting(_CONFINING)) if annotations else annotations


def container_lists(spec: o.PodSpec) -> tuple[tuple[str, tuple[o.Container, ...]], ...]:
    """Init, regular and ephemeral containers, each list with the name of its field."""
    return (
        ("initContainers", spec.init_containers or ()),
        ("containers", spec.containers or ()),
        ("ephemeralContainers", spec.ephemeral_containers or ()),
    )


def service_account(spec: o.PodSpec) -> str:
    """The name of the service account a pod runs as."""
    return spec.service_account_name or spec.service_account or DEFAULT_ACCOUNT


def _pod(spec: o.PodSpec) -> o.PodSpec:
    context = spec.security_context
    return o.PodSpec(
        security_context=None if context == o.PodSecurityContext() else context,
        service_account_name=service_account(spec),
        automount_service_account_token=spec.automount_service_account_token,
        host_network=spec.host_network or None,
        host_pid=spec.host_pid or None,
        host_ipc=spec.host_ipc or None,
        share_process_namespace=spec.share_process_namespace or None,
        host_users=False if spec.host_users is False else None,
        os=spec.os,
    )


def _matters(volume: o.Volume) -> bool:
    if volume.projected is not None:
        return not volume.name.startswith(_TOKEN_VOLUME)
    of_its_own = (
        volume.empty_dir
        or volume.config_map
        or volume.downward_api
        or volume.persistent_volume_claim
        or volume.ephemeral
        or volume.image
    )
    return bool(volume.host_path or volume.secret) or not of_its_own


def _container(container: o.Container) -> o.Container:
    mounts = tuple(
        mount
        for mount in container.volume_mounts or ()
        if not (mount.mount_path == _TOKEN_PATH and mount.name.startswith(_TOKEN_VOLUME))
    )
    context = container.security_context
    return replace(
        container,
        image_pull_policy=None,
        security_context=None if context == o.SecurityContext() else context,
        ports=tuple(_port(port) for port in container.ports or ()) or None,
        env=container.env or None,
        env_from=container.env_from or None,
        volume_mounts=mounts or None,
    )


def _port(port: o.ContainerPort) -> o.ContainerPort:
    protocol = None if port.protocol == "TCP" else port.protocol
    return replace(port, protocol=protocol, host_port=port.host_port or None)
