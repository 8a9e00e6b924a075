"""Policy engines that are add-ons: Kyverno, Gatekeeper, Kubewarden, sigstore's policy-controller, Ratify."""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from checks.cluster.objects.base import ANY, Object, Part
from checks.model import Resource


class KyvernoValidate(Part, frozen=True):
    failure_action: str | None = None


class KyvernoVerifyImages(Part, frozen=True):
    """One entry of `verifyImages`: which images, and what comes of one that is not signed."""

    image_references: tuple[str, ...] | None = None
    failure_action: str | None = None
    required: bool | None = None


class KyvernoRule(Part, frozen=True):
    name: str = ""
    validate: KyvernoValidate | None = None
    verify_images: tuple[KyvernoVerifyImages, ...] | None = None


class KyvernoPolicySpec(Part, frozen=True):
    validation_failure_action: str | None = None
    rules: tuple[KyvernoRule, ...] | None = None


class KyvernoClusterPolicy(Object, frozen=True):
    api_version: ClassVar[str] = "kyverno.io/v1"
    kind: ClassVar[str] = "ClusterPolicy"
    spec: KyvernoPolicySpec = field(default_factory=KyvernoPolicySpec)


class KyvernoPolicy(Object, frozen=True):
    api_version: ClassVar[str] = "kyverno.io/v1"
    kind: ClassVar[str] = "Policy"
    spec: KyvernoPolicySpec = field(default_factory=KyvernoPolicySpec)


class KyvernoException(Part, frozen=True):
    policy_name: str = ""
    rule_names: tuple[str, ...] | None = None


class KyvernoPolicyExceptionSpec(Part, frozen=True):
    exceptions: tuple[KyvernoException, ...] | None = None


class KyvernoPolicyException(Object, frozen=True):
    api_version: ClassVar[str] = "kyverno.io/v2"
    kind: ClassVar[str] = "PolicyException"
    spec: KyvernoPolicyExceptionSpec = field(default_factory=KyvernoPolicyExceptionSpec)


class KyvernoAdmission(Part, frozen=True):
    enabled: bool | None = None


class KyvernoEvaluation(Part, frozen=True):
    admission: KyvernoAdmission | None = None


class ValidationActionsSpec(Part, frozen=True):
    validation_actions: tuple[str, ...] | None = None
    evaluation: KyvernoEvaluation | None = None

    @property
    def refuses(self) -> bool:
        """Whether it refuses what it finds wrong: Deny is what holds when no action is given
        (kyverno/api policies.kyverno.io/v1beta1 validating_policy.go, ValidationActions and
        AdmissionEnabled)."""
        admission = self.evaluation.admission if self.evaluation else None
        asked = admission is None or admission.enabled is not False
        return asked and "Deny" in (self.validation_actions or ("Deny",))


class KyvernoValidatingPolicy(Object, frozen=True):
    api_version: ClassVar[str] = "policies.kyverno.io/v1"
    kind: ClassVar[str] = "ValidatingPolicy"
    spec: ValidationActionsSpec = field(default_factory=ValidationActionsSpec)


class KyvernoNamespacedValidatingPolicy(Object, frozen=True):
    api_version: ClassVar[str] = "policies.kyverno.io/v1"
    kind: ClassVar[str] = "NamespacedValidatingPolicy"
    spec: ValidationActionsSpec = field(default_factory=ValidationActionsSpec)


class KyvernoImageValidatingPolicy(Object, frozen=True):
    api_version: ClassVar[str] = "policies.kyverno.io/v1"
    kind: ClassVar[str] = "ImageValidatingPolicy"
    spec: ValidationActionsSpec = field(default_factory=ValidationActionsSpec)


class KyvernoNamespacedImageValidatingPolicy(Object, frozen=True):
    api_version: ClassVar[str] = "policies.kyverno.io/v1"
    kind: ClassVar[str] = "NamespacedImageValidatingPolicy"
    spec: ValidationActionsSpec = field(default_factory=ValidationActionsSpec)


class KyvernoPolicyReference(Part, frozen=True):
    name: str = ""
    kind: str = ""


class KyvernoCelExceptionSpec(Part, frozen=True):
    policy_refs: tuple[KyvernoPolicyReference, ...] | None = None


class KyvernoCelException(Object, frozen=True):
    """An exception from the policies of this group, as `KyvernoPolicyException` is from the older ones."""

    api_version: ClassVar[str] = "policies.kyverno.io/v1"
    kind: ClassVar[str] = "PolicyException"
    spec: KyvernoCelExceptionSpec = field(default_factory=KyvernoCelExceptionSpec)


class GatekeeperConstraintTemplate(Object, frozen=True):
    """Makes a kind of constraints; the constraints themselves are of kinds that only the cluster knows."""

    api_version: ClassVar[str] = "templates.gatekeeper.sh/v1"
    kind: ClassVar[str] = "ConstraintTemplate"


class EnforcementPoint(Part, frozen=True):
    name: str = ""


class ScopedAction(Part, frozen=True):
    """What comes of a violation at some of the places where Gatekeeper looks."""

    action: str = ""
    enforcement_points: tuple[EnforcementPoint, ...] | None = None


class GatekeeperMatch(Part, frozen=True):
    """Of what a constraint is asked about, the parts by which it leaves out namespaces."""

    namespaces: tuple[str, ...] | None = None
    excluded_namespaces: tuple[str, ...] | None = None


class GatekeeperConstraintSpec(Part, frozen=True):
    """Without the parameters, which are the template's own."""

    enforcement_action: str | None = None
    scoped_enforcement_actions: tuple[ScopedAction, ...] | None = None
    match: GatekeeperMatch | None = None


class GatekeeperConstraintStatus(Part, frozen=True):
    """What the last audit counted. Of each violation nothing is kept: its message may quote an object."""

    audit_timestamp: str = ""
    total_violations: int | None = None


class GatekeeperConstraint(Object, frozen=True):
    """Of any kind of its group: each template makes one, which the object itself names."""

    api_version: ClassVar[str] = "constraints.gatekeeper.sh/v1beta1"
    kind: ClassVar[str] = ANY
    made: str = field(default="", name="kind")
    spec: GatekeeperConstraintSpec = field(default_factory=GatekeeperConstraintSpec)
    status: GatekeeperConstraintStatus = field(default_factory=GatekeeperConstraintStatus)

    @property
    def resource(self) -> Resource:
        meta = self.metadata
        return Resource(self.api_version, self.made or "Constraint", None, meta.name, meta.uid)


class KubewardenPolicySpec(Part, frozen=True):
    mode: str = "protect"


class KubewardenClusterAdmissionPolicy(Object, frozen=True):
    api_version: ClassVar[str] = "policies.kubewarden.io/v1"
    kind: ClassVar[str] = "ClusterAdmissionPolicy"
    spec: KubewardenPolicySpec = field(default_factory=KubewardenPolicySpec)


class SigstoreImages(Part, frozen=True):
    glob: str = ""


class SigstoreClusterImagePolicySpec(Part, frozen=True):
    """`mode`: what comes of an image that no authority vouches for: `enforce` or `warn`."""

    mode: str = "enforce"
    images: tuple[SigstoreImages, ...] | None = None


class SigstoreClusterImagePolicy(Object, frozen=True):
    api_version: ClassVar[str] = "policy.sigstore.dev/v1beta1"
    kind: ClassVar[str] = "ClusterImagePolicy"
    spec: SigstoreClusterImagePolicySpec = field(default_factory=SigstoreClusterImagePolicySpec)


class RatifyVerifier(Object, frozen=True):
    api_version: ClassVar[str] = "config.ratify.deislabs.io/v1beta1"
    kind: ClassVar[str] = "Verifier"
