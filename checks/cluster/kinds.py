"""The one table of kinds that checks may ask for, and where each is found.

Adding a kind is a struct in `objects/` and a line here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from checks.cluster import objects as o


class Kind(Struct, frozen=True):
    """One kind: its list path is `prefix/plural`. With the plural `*` it is every kind of its group, each of
    which has a list of its own, and whose names only the cluster knows.

    metadata_only: asked for as PartialObjectMetadata, so that no data leaves the API server.
    custom: it comes with an add-on (a CRD). Where that is not installed there are none: a fact, not a gap.
    versions: other versions (`group/version`) that are read the same way where the first is not served.
    elsewhere: no list in the API has it; this says how it can be given (`--evidence`, `--manifests`).

    A kind may be a narrower view: only some objects of a wire kind that another Kind reads otherwise.
    namespace: only the objects in this one.
    names: only these objects, each asked for by its name, so that a right to no other is needed.
    labels: only objects with all of these labels.
    without: only objects with none of these labels.
    """

    type: type[o.Object]
    plural: str = ""
    namespaced: bool = True
    metadata_only: bool = False
    custom: bool = False
    versions: tuple[str, ...] = ()
    elsewhere: str = ""
    namespace: str = ""
    names: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    without: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The struct's name: the wire's kind, or a longer one where two groups have the same."""
        return self.type.__name__

    @property
    def api_version(self) -> str:
        return self.type.api_version

    @property
    def group(self) -> str:
        """The API group, empty for core."""
        return self.api_version.rpartition("/")[0]

    @property
    def groups(self) -> tuple[str, ...]:
        """Every API group it may be served in: where rights to read it are needed."""
        return tuple(dict.fromkeys(v.rpartition("/")[0] for v in (self.api_version, *self.versions)))

    @property
    def path(self) -> str:
        """The list path on the API server, all namespaces."""
        return self.path_in(self.api_version)

    def path_in(self, api_version: str, namespace: str = "") -> str:
        """The list path in one of the versions it is served in, of all namespaces or of one."""
        prefix = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        where = namespace or self.namespace
        return f"{prefix}/namespaces/{where}/{self.plural}" if where else f"{prefix}/{self.plural}"

    @property
    def queries(self) -> tuple[dict[str, str], ...]:
        """What is asked for beside the path, one list each. A name as a field is what RBAC calls a name."""
        wanted = [f"{key}={value}" for key, value in self.labels]
        labels = ",".join((*wanted, *(f"!{key}" for key in self.without)))
        chosen = {"labelSelector": labels} if labels else {}
        return tuple(chosen | {"fieldSelector": f"metadata.name={name}"} for name in self.names) or (chosen,)

    def holds(self, item: o.Object) -> bool:
        """Whether an object of the wire kind belongs to this view."""
        metadata = item.metadata
        labels = metadata.labels or {}
        return (
            (not self.namespace or (metadata.namespace or "default") == self.namespace)
            and (not self.names or metadata.name in self.names)
            and all(labels.get(key) == value for key, value in self.labels)
            and labels.keys().isdisjoint(self.without)
        )


_SYSTEM = "kube-system"
_BY_CONTROLLERS = ("pod-template-hash", "controller-revision-hash", "batch.kubernetes.io/job-name")
"""What controllers label their pods with, and a kubelet's static pods never have."""
_KUBELET = (
    "a kubelet tells it only to those who may proxy to its node, which is as good as running commands there; "
    "allow it with --read-kubelet-config, or give copies of the nodes' files"
)
_FLAGS = "the API server tells it of itself from 1.36 on; allow it to be asked with --read-flags"
_METRICS = "the API server counts it; allow it to be asked with --read-metrics"
_CALICO = ("projectcalico.org/v3",)
_FILE = "it is a file on the control plane nodes; give a copy of it with --evidence"
_LOG = "it is a file of the API server; give it, with the files it was rotated to, with --audit-log"
_CONTENT = "it is not read in a cluster; give `kubectl get configmaps -A -o yaml` with --evidence"
_DEFINITIONS = "discovery tells what a cluster serves; it is read where only files are"
_EARLIER_ESO = ("external-secrets.io/v1beta1",)
_EARLIER_MUTATING = ("admissionregistration.k8s.io/v1beta1", "admissionregistration.k8s.io/v1alpha1")
_EARLIER_KYVERNO = ("policies.kyverno.io/v1beta1", "policies.kyverno.io/v1alpha1")
_EARLIER_ANTREA = ("crd.antrea.io/v1alpha1",)
_EARLIER_GATEWAY = ("gateway.networking.k8s.io/v1beta1",)
_EARLIER_CSI = ("secrets-store.csi.x-k8s.io/v1alpha1",)

_KINDS = (
    Kind(o.Namespace, "namespaces", namespaced=False),
    Kind(o.Node, "nodes", namespaced=False),
    Kind(o.Pod, "pods"),
    Kind(o.ControlPlanePod, "pods", namespace=_SYSTEM, without=_BY_CONTROLLERS),
    Kind(o.ApiServerMetrics, elsewhere=_METRICS),
    Kind(o.ApiServerFlags, elsewhere=_FLAGS),
    Kind(o.ComponentDaemonSet, "daemonsets", namespace=_SYSTEM, names=("kube-proxy",)),
    Kind(
        o.ComponentConfigMap,
        "configmaps",
        namespace=_SYSTEM,
        names=("kubelet-config", "kube-proxy", "kube-proxy-config", "kubeadm-config"),
    ),
    Kind(
        o.NetworkPluginConfigMap,
        "configmaps",
        namespace=_SYSTEM,
        names=("cilium-config", "amazon-vpc-cni"),
    ),
    Kind(o.KubeletConfiguration, namespaced=False, elsewhere=_KUBELET),
    Kind(o.Deployment, "deployments"),
    Kind(o.StatefulSet, "statefulsets"),
    Kind(o.DaemonSet, "daemonsets"),
    Kind(o.ReplicaSet, "replicasets"),
    Kind(o.ReplicationController, "replicationcontrollers"),
    Kind(o.PodTemplate, "podtemplates"),
    Kind(o.Job, "jobs"),
    Kind(o.CronJob, "cronjobs"),
    Kind(o.ResourceQuota, "resourcequotas"),
    Kind(o.LimitRange, "limitranges"),
    Kind(o.ServiceAccount, "serviceaccounts"),
    Kind(o.Role, "roles"),
    Kind(o.RoleBinding, "rolebindings"),
    Kind(o.ClusterRole, "clusterroles", namespaced=False),
    Kind(o.ClusterRoleBinding, "clusterrolebindings", namespaced=False),
    Kind(o.NetworkPolicy, "networkpolicies"),
    Kind(o.Service, "services"),
    Kind(o.Ingress, "ingresses"),
    Kind(o.ConfigMap, "configmaps", metadata_only=True),
    Kind(o.Secret, "secrets", metadata_only=True),
    Kind(
        o.ValidatingWebhookConfiguration,
        "validatingwebhookconfigurations",
        namespaced=False,
    ),
    Kind(
        o.MutatingWebhookConfiguration,
        "mutatingwebhookconfigurations",
        namespaced=False,
    ),
    Kind(
        o.ValidatingAdmissionPolicy,
        "validatingadmissionpolicies",
        namespaced=False,
        custom=True,
        versions=("admissionregistration.k8s.io/v1beta1",),
    ),
    Kind(
        o.ValidatingAdmissionPolicyBinding,
        "validatingadmissionpolicybindings",
        namespaced=False,
        custom=True,
        versions=("admissionregistration.k8s.io/v1beta1",),
    ),
    Kind(
        o.MutatingAdmissionPolicy,
        "mutatingadmissionpolicies",
        namespaced=False,
        custom=True,
        versions=_EARLIER_MUTATING,
    ),
    Kind(
        o.MutatingAdmissionPolicyBinding,
        "mutatingadmissionpolicybindings",
        namespaced=False,
        custom=True,
        versions=_EARLIER_MUTATING,
    ),
    Kind(o.KyvernoClusterPolicy, "clusterpolicies", namespaced=False, custom=True),
    Kind(o.KyvernoPolicy, "policies", custom=True),
    Kind(o.KyvernoPolicyException, "policyexceptions", custom=True, versions=("kyverno.io/v2beta1",)),
    Kind(
        o.KyvernoValidatingPolicy,
        "validatingpolicies",
        namespaced=False,
        custom=True,
        versions=_EARLIER_KYVERNO,
    ),
    Kind(
        o.KyvernoNamespacedValidatingPolicy,
        "namespacedvalidatingpolicies",
        custom=True,
        versions=_EARLIER_KYVERNO,
    ),
    Kind(
        o.KyvernoImageValidatingPolicy,
        "imagevalidatingpolicies",
        namespaced=False,
        custom=True,
        versions=_EARLIER_KYVERNO,
    ),
    Kind(
        o.KyvernoNamespacedImageValidatingPolicy,
        "namespacedimagevalidatingpolicies",
        custom=True,
        versions=_EARLIER_KYVERNO,
    ),
    Kind(o.KyvernoCelException, "policyexceptions", custom=True, versions=_EARLIER_KYVERNO),
    Kind(
        o.GatekeeperConstraintTemplate,
        "constrainttemplates",
        namespaced=False,
        custom=True,
        versions=("templates.gatekeeper.sh/v1beta1",),
    ),
    Kind(
        o.GatekeeperConstraint,
        o.ANY,
        namespaced=False,
        custom=True,
        versions=("constraints.gatekeeper.sh/v1alpha1",),
    ),
    Kind(o.KubewardenClusterAdmissionPolicy, "clusteradmissionpolicies", namespaced=False, custom=True),
    Kind(
        o.SigstoreClusterImagePolicy,
        "clusterimagepolicies",
        namespaced=False,
        custom=True,
        versions=("policy.sigstore.dev/v1alpha1",),
    ),
    Kind(o.RatifyVerifier, "verifiers", namespaced=False, custom=True),
    Kind(o.AdminNetworkPolicy, "adminnetworkpolicies", namespaced=False, custom=True),
    Kind(o.BaselineAdminNetworkPolicy, "baselineadminnetworkpolicies", namespaced=False, custom=True),
    Kind(o.ClusterNetworkPolicy, "clusternetworkpolicies", namespaced=False, custom=True),
    Kind(o.CiliumNetworkPolicy, "ciliumnetworkpolicies", custom=True),
    Kind(o.CiliumClusterwideNetworkPolicy, "ciliumclusterwidenetworkpolicies", namespaced=False, custom=True),
    Kind(o.CalicoNetworkPolicy, "networkpolicies", custom=True, versions=_CALICO),
    Kind(
        o.CalicoGlobalNetworkPolicy, "globalnetworkpolicies", namespaced=False, custom=True, versions=_CALICO
    ),
    Kind(o.CalicoTier, "tiers", namespaced=False, custom=True, versions=_CALICO),
    Kind(o.AntreaNetworkPolicy, "networkpolicies", custom=True, versions=_EARLIER_ANTREA),
    Kind(
        o.AntreaClusterNetworkPolicy,
        "clusternetworkpolicies",
        namespaced=False,
        custom=True,
        versions=_EARLIER_ANTREA,
    ),
    Kind(o.Gateway, "gateways", custom=True, versions=_EARLIER_GATEWAY),
    Kind(o.HTTPRoute, "httproutes", custom=True, versions=_EARLIER_GATEWAY),
    Kind(o.GRPCRoute, "grpcroutes", custom=True, versions=("gateway.networking.k8s.io/v1alpha2",)),
    Kind(
        o.TLSRoute,
        "tlsroutes",
        custom=True,
        versions=("gateway.networking.k8s.io/v1alpha3", "gateway.networking.k8s.io/v1alpha2"),
    ),
    Kind(o.ReferenceGrant, "referencegrants", custom=True, versions=_EARLIER_GATEWAY),
    Kind(o.PeerAuthentication, "peerauthentications", custom=True, versions=("security.istio.io/v1beta1",)),
    Kind(
        o.DestinationRule,
        "destinationrules",
        custom=True,
        versions=("networking.istio.io/v1beta1", "networking.istio.io/v1alpha3"),
    ),
    Kind(
        o.LinkerdServer,
        "servers",
        custom=True,
        versions=("policy.linkerd.io/v1beta2", "policy.linkerd.io/v1beta1"),
    ),
    Kind(
        o.IstioAuthorizationPolicy,
        "authorizationpolicies",
        custom=True,
        versions=("security.istio.io/v1beta1",),
    ),
    Kind(o.LinkerdAuthorizationPolicy, "authorizationpolicies", custom=True),
    Kind(o.LinkerdServerAuthorization, "serverauthorizations", custom=True),
    Kind(o.OpenShiftAPIServer, "apiservers", namespaced=False, custom=True),
    Kind(o.OpenShiftKubeAPIServer, "kubeapiservers", namespaced=False, custom=True),
    Kind(o.OpenShiftClusterVersion, "clusterversions", namespaced=False, custom=True),
    Kind(o.OpenShiftOAuth, "oauths", namespaced=False, custom=True),
    Kind(o.SecurityContextConstraints, "securitycontextconstraints", namespaced=False, custom=True),
    Kind(o.ConfigMapContent, elsewhere=_CONTENT),
    Kind(o.EncryptionConfiguration, namespaced=False, elsewhere=_FILE),
    Kind(o.EncryptionConfig, namespaced=False, elsewhere=_FILE),
    Kind(o.AuditPolicy, namespaced=False, elsewhere=_FILE),
    Kind(o.AuditUsage, namespaced=False, elsewhere=_LOG),
    Kind(o.CustomResourceDefinition, namespaced=False, elsewhere=_DEFINITIONS),
    Kind(o.SecretStore, "secretstores", custom=True, versions=_EARLIER_ESO),
    Kind(o.ClusterSecretStore, "clustersecretstores", namespaced=False, custom=True, versions=_EARLIER_ESO),
    Kind(o.ExternalSecret, "externalsecrets", custom=True, versions=_EARLIER_ESO),
    Kind(
        o.ClusterExternalSecret,
        "clusterexternalsecrets",
        namespaced=False,
        custom=True,
        versions=_EARLIER_ESO,
    ),
    Kind(o.PushSecret, "pushsecrets", custom=True),
    Kind(o.SecretProviderClass, "secretproviderclasses", custom=True, versions=_EARLIER_CSI),
    Kind(o.SealedSecret, "sealedsecrets", custom=True),
    Kind(o.VaultStaticSecret, "vaultstaticsecrets", custom=True),
    Kind(o.VaultDynamicSecret, "vaultdynamicsecrets", custom=True),
    Kind(o.VaultPKISecret, "vaultpkisecrets", custom=True),
    Kind(o.VaultAuth, "vaultauths", custom=True),
    Kind(o.VaultConnection, "vaultconnections", custom=True),
)

KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in _KINDS})
"""By name, in reading order."""


def _by_wire() -> Mapping[tuple[str, str], tuple[Kind, ...]]:
    found: defaultdict[tuple[str, str], tuple[Kind, ...]] = defaultdict(tuple)
    for kind in _KINDS:
        for version in (kind.api_version, *kind.versions):
            found[version, kind.type.kind] += (kind,)
    return found


_BY_WIRE = _by_wire()


def of_wire(api_version: str, kind: str) -> tuple[Kind, ...]:
    """The kinds that an object with these fields may be of (see `Kind.holds`); none if nobody reads it."""
    return _BY_WIRE.get((api_version, kind)) or _BY_WIRE.get((api_version, o.ANY), ())
