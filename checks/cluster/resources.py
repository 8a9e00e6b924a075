"""What an API server serves: resources with the names people have for them, and whether they are namespaced.

A live cluster says it (`discovery`). For files, and for servers that do not tell, there is the table of what
Kubernetes v1.37 serves itself, every beta and alpha group included; tests compare it with a real server.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct


class ApiResource(Struct, frozen=True, rename="camel", omit_defaults=True, gc=False):
    """One resource of one API group, such as deployments of apps. `singular` is in small letters."""

    group: str
    name: str
    kind: str
    namespaced: bool = True
    singular: str = ""
    short_names: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}.{self.group}" if self.group else self.name


_TABLE: Mapping[str, str] = MappingProxyType(
    {
        "": """
            bindings Binding
            componentstatuses ComponentStatus cluster short=cs
            configmaps ConfigMap short=cm
            endpoints Endpoints short=ep
            events Event short=ev
            limitranges LimitRange short=limits
            namespaces Namespace cluster short=ns sub=finalize,status
            nodes Node cluster short=no sub=proxy,status
            persistentvolumeclaims PersistentVolumeClaim short=pvc sub=status
            persistentvolumes PersistentVolume cluster short=pv sub=status
            pods Pod short=po sub=attach,binding,ephemeralcontainers,eviction,exec,log,portforward,proxy \
                sub=resize,status
            podtemplates PodTemplate
            replicationcontrollers ReplicationController short=rc sub=scale,status
            resourcequotas ResourceQuota short=quota sub=status
            secrets Secret
            serviceaccounts ServiceAccount short=sa sub=token
            services Service short=svc sub=proxy,status
        """,
        "admissionregistration.k8s.io": """
            mutatingadmissionpolicies MutatingAdmissionPolicy cluster
            mutatingadmissionpolicybindings MutatingAdmissionPolicyBinding cluster
            mutatingwebhookconfigurations MutatingWebhookConfiguration cluster
            validatingadmissionpolicies ValidatingAdmissionPolicy cluster sub=status
            validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding cluster
            validatingwebhookconfigurations ValidatingWebhookConfiguration cluster
        """,
        "apiextensions.k8s.io": """
            customresourcedefinitions CustomResourceDefinition cluster short=crd,crds sub=status
        """,
        "apiregistration.k8s.io": """
            apiservices APIService cluster sub=status
        """,
        "apps": """
            controllerrevisions ControllerRevision
            daemonsets DaemonSet short=ds sub=status
            deployments Deployment short=deploy sub=scale,status
            replicasets ReplicaSet short=rs sub=scale,status
            statefulsets StatefulSet short=sts sub=scale,status
        """,
        "authentication.k8s.io": """
            selfsubjectreviews SelfSubjectReview cluster
            tokenreviews TokenReview cluster
        """,
        "authorization.k8s.io": """
            localsubjectaccessreviews LocalSubjectAccessReview
            selfsubjectaccessreviews SelfSubjectAccessReview cluster
            selfsubjectrulesreviews SelfSubjectRulesReview cluster
            subjectaccessreviews SubjectAccessReview cluster
        """,
        "autoscaling": """
            horizontalpodautoscalers HorizontalPodAutoscaler short=hpa sub=status
        """,
        "batch": """
            cronjobs CronJob short=cj sub=status
            jobs Job sub=status
        """,
        "certificates.k8s.io": """
            certificatesigningrequests CertificateSigningRequest cluster short=csr sub=approval,status
            clustertrustbundles ClusterTrustBundle cluster
            podcertificaterequests PodCertificateRequest sub=status
        """,
        "coordination.k8s.io": """
            leasecandidates LeaseCandidate
            leases Lease
        """,
        "discovery.k8s.io": """
            endpointslices EndpointSlice
        """,
        "events.k8s.io": """
            events Event short=ev
        """,
        "flowcontrol.apiserver.k8s.io": """
            flowschemas FlowSchema cluster sub=status
            prioritylevelconfigurations PriorityLevelConfiguration cluster sub=status
        """,
        "internal.apiserver.k8s.io": """
            storageversions StorageVersion cluster sub=status
        """,
        "networking.k8s.io": """
            ingressclasses IngressClass cluster
            ingresses Ingress short=ing sub=status
            ipaddresses IPAddress cluster short=ip
            networkpolicies NetworkPolicy short=netpol
            servicecidrs ServiceCIDR cluster sub=status
        """,
        "node.k8s.io": """
            runtimeclasses RuntimeClass cluster
        """,
        "policy": """
            poddisruptionbudgets PodDisruptionBudget short=pdb sub=status
        """,
        "rbac.authorization.k8s.io": """
            clusterrolebindings ClusterRoleBinding cluster
            clusterroles ClusterRole cluster
            rolebindings RoleBinding
            roles Role
        """,
        "resource.k8s.io": """
            deviceclasses DeviceClass cluster
            devicetaintrules DeviceTaintRule cluster sub=status
            resourceclaims ResourceClaim sub=status
            resourceclaimtemplates ResourceClaimTemplate
            resourcepoolstatusrequests ResourcePoolStatusRequest cluster sub=status
            resourceslices ResourceSlice cluster
        """,
        "scheduling.k8s.io": """
            priorityclasses PriorityClass cluster short=pc
        """,
        "storage.k8s.io": """
            csidrivers CSIDriver cluster
            csinodes CSINode cluster sub=status
            csistoragecapacities CSIStorageCapacity
            storageclasses StorageClass cluster short=sc
            volumeattachments VolumeAttachment cluster sub=status
            volumeattributesclasses VolumeAttributesClass cluster short=vac
        """,
        "storagemigration.k8s.io": """
            storageversionmigrations StorageVersionMigration cluster sub=status
        """,
    }
)


def _rows() -> Iterator[ApiResource]:
    for group, lines in _TABLE.items():
        for line in lines.strip().splitlines():
            name, kind, *more = line.split()
            yield ApiResource(
                group,
                name,
                kind,
                namespaced="cluster" not in more,
                singular=kind.lower(),
                short_names=_listed("short=", more),
                subresources=_listed("sub=", more),
            )


def _listed(key: str, words: list[str]) -> tuple[str, ...]:
    return tuple(each for word in words if word.startswith(key) for each in word.removeprefix(key).split(","))


BUILT_IN = tuple(_rows())
"""What Kubernetes itself serves."""
