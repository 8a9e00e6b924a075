"""Pods and the controllers that hold pod templates, down to the fields that something reads."""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from checks.cluster.objects.base import AnnotatedMetadata, Object, Part
from checks.cluster.objects.withheld import Literal


class Capabilities(Part, frozen=True):
    add: tuple[str, ...] | None = None
    drop: tuple[str, ...] | None = None


class SeccompProfile(Part, frozen=True):
    type: str = ""
    localhost_profile: str | None = None


class AppArmorProfile(Part, frozen=True):
    type: str = ""
    localhost_profile: str | None = None


class SELinuxOptions(Part, frozen=True):
    user: str = ""
    role: str = ""
    type: str = ""
    level: str = ""


class Sysctl(Part, frozen=True):
    """A kernel parameter: its name; no check reads the value."""

    name: str = ""


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
    run_as_group: int | None = None
    capabilities: Capabilities | None = None
    seccomp_profile: SeccompProfile | None = None
    app_armor_profile: AppArmorProfile | None = None
    se_linux_options: SELinuxOptions | None = None
    windows_options: WindowsOptions | None = None
    proc_mount: str | None = None


class PodSecurityContext(Part, frozen=True):
    run_as_non_root: bool | None = None
    run_as_user: int | None = None
    run_as_group: int | None = None
    fs_group: int | None = None
    supplemental_groups: tuple[int, ...] | None = None
    seccomp_profile: SeccompProfile | None = None
    app_armor_profile: AppArmorProfile | None = None
    se_linux_options: SELinuxOptions | None = None
    sysctls: tuple[Sysctl, ...] | None = None
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
    """An environment variable; of its literal value, which may be a secret, only what it looks like."""

    name: str = ""
    value: Literal | None = None
    value_from: EnvVarSource | None = None


class EnvFromSource(Part, frozen=True):
    secret_ref: KeyReference | None = None
    config_map_ref: KeyReference | None = None


class VolumeMount(Part, frozen=True):
    name: str = ""
    mount_path: str = ""
    read_only: bool | None = None


class HTTPGetAction(Part, frozen=True):
    host: str | None = None
    port: int | str | None = None


class TCPSocketAction(Part, frozen=True):
    host: str | None = None
    port: int | str | None = None


class Present(Part, frozen=True):
    """Something whose being there is all that is asked."""


class Probe(Part, frozen=True):
    """A probe or a lifecycle handler: what it does, and to which host."""

    http_get: HTTPGetAction | None = None
    tcp_socket: TCPSocketAction | None = None
    exec: Present | None = None
    grpc: Present | None = None
    sleep: Present | None = None


class Lifecycle(Part, frozen=True):
    post_start: Probe | None = None
    pre_stop: Probe | None = None


class Quantities(Part, frozen=True):
    """Amounts of resources, as they are written (`500m`, `1Gi`)."""

    cpu: str | int | float | None = None
    memory: str | int | float | None = None
    ephemeral_storage: str | int | float | None = field(default=None, name="ephemeral-storage")


class ResourceRequirements(Part, frozen=True):
    limits: Quantities | None = None
    requests: Quantities | None = None


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
    resources: ResourceRequirements | None = None
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    startup_probe: Probe | None = None
    lifecycle: Lifecycle | None = None


class HostPathVolume(Part, frozen=True):
    path: str = ""
    type: str | None = None


class SecretVolume(Part, frozen=True):
    secret_name: str = ""


class ConfigMapVolume(Part, frozen=True):
    name: str = ""


class PersistentVolumeClaimVolume(Part, frozen=True):
    claim_name: str = ""


class CSIAttributes(Part, frozen=True):
    """What a driver is told: only which SecretProviderClass; the rest is the driver's own."""

    secret_provider_class: str | None = None


class LocalReference(Part, frozen=True):
    name: str = ""


class CSIVolume(Part, frozen=True):
    driver: str = ""
    volume_attributes: CSIAttributes | None = None
    node_publish_secret_ref: LocalReference | None = None


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
    """A volume with whichever source it has; of the sources that no check looks into, that they are there."""

    name: str = ""
    host_path: HostPathVolume | None = None
    secret: SecretVolume | None = None
    projected: ProjectedVolume | None = None
    config_map: ConfigMapVolume | None = None
    persistent_volume_claim: PersistentVolumeClaimVolume | None = None
    csi: CSIVolume | None = None
    empty_dir: Present | None = None
    downward_api: Present | None = field(default=None, name="downwardAPI")
    ephemeral: Present | None = None
    image: Present | None = None
    nfs: Present | None = None
    iscsi: Present | None = None
    fc: Present | None = None
    flex_volume: Present | None = None
    gce_persistent_disk: Present | None = None
    aws_elastic_block_store: Present | None = None
    azure_disk: Present | None = None
    azure_file: Present | None = None
    vsphere_volume: Present | None = None
    git_repo: Present | None = None
    glusterfs: Present | None = None
    rbd: Present | None = None
    cinder: Present | None = None
    cephfs: Present | None = None
    flocker: Present | None = None
    quobyte: Present | None = None
    photon_persistent_disk: Present | None = None
    portworx_volume: Present | None = None
    scale_io: Present | None = field(default=None, name="scaleIO")
    storageos: Present | None = None


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
    runtime_class_name: str | None = None
    share_process_namespace: bool | None = None
    restart_policy: str | None = None
    resources: ResourceRequirements | None = None
    image_pull_secrets: tuple[LocalReference, ...] | None = None
    os: PodOS | None = None


class ContainerStatus(Part, frozen=True):
    name: str = ""
    image_id: str = field(default="", name="imageID")


class PodIP(Part, frozen=True):
    ip: str = ""


class PodStatus(Part, frozen=True):
    phase: str = ""
    container_statuses: tuple[ContainerStatus, ...] | None = None
    pod_ips: tuple[PodIP, ...] | None = field(default=None, name="podIPs")


class Pod(Object, frozen=True):
    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "Pod"
    metadata: AnnotatedMetadata = field(default_factory=AnnotatedMetadata)
    spec: PodSpec = field(default_factory=PodSpec)
    status: PodStatus = field(default_factory=PodStatus)


class PodTemplateSpec(Part, frozen=True):
    metadata: AnnotatedMetadata = field(default_factory=AnnotatedMetadata)
    spec: PodSpec = field(default_factory=PodSpec)


class ControllerSpec(Part, frozen=True):
    """What the specs of all controllers but CronJob have in common."""

    template: PodTemplateSpec = field(default_factory=PodTemplateSpec)
    replicas: int | None = None


class Deployment(Object, frozen=True):
    api_version: ClassVar[str] = "apps/v1"
    kind: ClassVar[str] = "Deployment"
    spec: ControllerSpec = field(default_factory=ControllerSpec)


class StatefulSet(Object, frozen=True):
    api_version: ClassVar[str] = "apps/v1"
    kind: ClassVar[str] = "StatefulSet"
    spec: ControllerSpec = field(default_factory=ControllerSpec)


class DaemonSetStatus(Part, frozen=True):
    desired_number_scheduled: int | None = None
    number_ready: int | None = None


class DaemonSet(Object, frozen=True):
    api_version: ClassVar[str] = "apps/v1"
    kind: ClassVar[str] = "DaemonSet"
    spec: ControllerSpec = field(default_factory=ControllerSpec)
    status: DaemonSetStatus = field(default_factory=DaemonSetStatus)


class ReplicaSet(Object, frozen=True):
    api_version: ClassVar[str] = "apps/v1"
    kind: ClassVar[str] = "ReplicaSet"
    spec: ControllerSpec = field(default_factory=ControllerSpec)


class ReplicationController(Object, frozen=True):
    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "ReplicationController"
    spec: ControllerSpec = field(default_factory=ControllerSpec)


class PodTemplate(Object, frozen=True):
    """A template that stands alone: nothing in Kubernetes makes pods of it, other programs may."""

    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "PodTemplate"
    template: PodTemplateSpec = field(default_factory=PodTemplateSpec)


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
