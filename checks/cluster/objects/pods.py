"""Pods and the controllers that hold pod templates, down to the fields that something reads."""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from checks.cluster.objects.base import Metadata, Object, Part


class Capabilities(Part, frozen=True):
    add: tuple[str, ...] | None = None
    drop: tuple[str, ...] | None = None


class SeccompProfile(Part, frozen=True):
    type: str = ""
    localhost_profile: str | None = None


class WindowsOptions(Part, frozen=True):
    host_process: bool | None = None
    run_as_user_name: str | None = None


class SecurityContext(Part, frozen=True):
    """A container's security context."""

    privileged: bool | None = None
    allow_privilege_escalation: bool | None = None
    read_only_root_filesystem: bool | None = None
    run_as_non_root: bool | None = None
    run_as_user: int | None = None
    capabilities: Capabilities | None = None
    seccomp_profile: SeccompProfile | None = None
    windows_options: WindowsOptions | None = None
    proc_mount: str | None = None


class PodSecurityContext(Part, frozen=True):
    run_as_non_root: bool | None = None
    run_as_user: int | None = None
    seccomp_profile: SeccompProfile | None = None
    windows_options: WindowsOptions | None = None


class ContainerPort(Part, frozen=True):
    container_port: int = 0
    host_port: int | None = None
    name: str | None = None
    protocol: str | None = None


class KeyReference(Part, frozen=True):
    """A reference to a key of a Secret or ConfigMap: the name and the key, never the value."""

    name: str = ""
    key: str = ""


class EnvVarSource(Part, frozen=True):
    secret_key_ref: KeyReference | None = None
    config_map_key_ref: KeyReference | None = None


class EnvVar(Part, frozen=True):
    """An environment variable without its literal value, which may be a secret."""

    name: str = ""
    value_from: EnvVarSource | None = None


class EnvFromSource(Part, frozen=True):
    secret_ref: KeyReference | None = None
    config_map_ref: KeyReference | None = None


class VolumeMount(Part, frozen=True):
    name: str = ""
    mount_path: str = ""
    read_only: bool | None = None


class Container(Part, frozen=True):
    name: str = ""
    image: str = ""
    image_pull_policy: str | None = None
    security_context: SecurityContext | None = None
    ports: tuple[ContainerPort, ...] | None = None
    env: tuple[EnvVar, ...] | None = None
    env_from: tuple[EnvFromSource, ...] | None = None
    volume_mounts: tuple[VolumeMount, ...] | None = None
    restart_policy: str | None = None


class HostPathVolume(Part, frozen=True):
    path: str = ""
    type: str | None = None


class SecretVolume(Part, frozen=True):
    secret_name: str = ""


class ServiceAccountToken(Part, frozen=True):
    path: str = ""
    audience: str | None = None
    expiration_seconds: int | None = None


class ProjectedSource(Part, frozen=True):
    secret: KeyReference | None = None
    service_account_token: ServiceAccountToken | None = None


class ProjectedVolume(Part, frozen=True):
    sources: tuple[ProjectedSource, ...] | None = None


class Volume(Part, frozen=True):
    name: str = ""
    host_path: HostPathVolume | None = None
    secret: SecretVolume | None = None
    projected: ProjectedVolume | None = None


class PodOS(Part, frozen=True):
    name: str = ""


class PodSpec(Part, frozen=True):
    containers: tuple[Container, ...] | None = None
    init_containers: tuple[Container, ...] | None = None
    ephemeral_containers: tuple[Container, ...] | None = None
    volumes: tuple[Volume, ...] | None = None
    security_context: PodSecurityContext | None = None
    service_account_name: str | None = None
    service_account: str | None = None
    automount_service_account_token: bool | None = None
    host_network: bool | None = None
    host_pid: bool | None = field(default=None, name="hostPID")
    host_ipc: bool | None = field(default=None, name="hostIPC")
    host_users: bool | None = None
    node_name: str | None = None
    os: PodOS | None = None


class ContainerStatus(Part, frozen=True):
    name: str = ""
    image_id: str = field(default="", name="imageID")


class PodStatus(Part, frozen=True):
    phase: str = ""


class Pod(Object, frozen=True):
    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "Pod"
    spec: PodSpec = field(default_factory=PodSpec)
    status: PodStatus = field(default_factory=PodStatus)


class PodTemplate(Part, frozen=True):
    metadata: Metadata = field(default_factory=Metadata)
    spec: PodSpec = field(default_factory=PodSpec)


class ControllerSpec(Part, frozen=True):
    """What Deployment, StatefulSet, DaemonSet, ReplicaSet and Job specs have in common."""

    template: PodTemplate = field(default_factory=PodTemplate)
    replicas: int | None = None


class Deployment(Object, frozen=True):
    api_version: ClassVar[str] = "apps/v1"
    kind: ClassVar[str] = "Deployment"
    spec: ControllerSpec = field(default_factory=ControllerSpec)


class StatefulSet(Object, frozen=True):
    api_version: ClassVar[str] = "apps/v1"
    kind: ClassVar[str] = "StatefulSet"
    spec: ControllerSpec = field(default_factory=ControllerSpec)


class DaemonSet(Object, frozen=True):
    api_version: ClassVar[str] = "apps/v1"
    kind: ClassVar[str] = "DaemonSet"
    spec: ControllerSpec = field(default_factory=ControllerSpec)


class ReplicaSet(Object, frozen=True):
    api_version: ClassVar[str] = "apps/v1"
    kind: ClassVar[str] = "ReplicaSet"
    spec: ControllerSpec = field(default_factory=ControllerSpec)


class Job(Object, frozen=True):
    api_version: ClassVar[str] = "batch/v1"
    kind: ClassVar[str] = "Job"
    spec: ControllerSpec = field(default_factory=ControllerSpec)


class JobTemplate(Part, frozen=True):
    spec: ControllerSpec = field(default_factory=ControllerSpec)


class CronJobSpec(Part, frozen=True):
    job_template: JobTemplate = field(default_factory=JobTemplate)


class CronJob(Object, frozen=True):
    api_version: ClassVar[str] = "batch/v1"
    kind: ClassVar[str] = "CronJob"
    spec: CronJobSpec = field(default_factory=CronJobSpec)
