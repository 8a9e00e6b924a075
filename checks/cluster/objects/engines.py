"""Policy engines that are add-ons: Kyverno, Gatekeeper, Kubewarden, sigstore's policy-controller, Ratify."""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from checks.cluster.objects.base import Object, Part


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


class ValidationActionsSpec(Part, frozen=True):
    validation_actions: tuple[str, ...] | None = None


class KyvernoValidatingPolicy(Object, frozen=True):
    api_version: ClassVar[str] = "policies.kyverno.io/v1"
    kind: ClassVar[str] = "ValidatingPolicy"
    spec: ValidationActionsSpec = field(default_factory=ValidationActionsSpec)


class KyvernoImageValidatingPolicy(Object, frozen=True):
    api_version: ClassVar[str] = "policies.kyverno.io/v1"
    kind: ClassVar[str] = "ImageValidatingPolicy"
    spec: ValidationActionsSpec = field(default_factory=ValidationActionsSpec)


class GatekeeperConstraintTemplate(Object, frozen=True):
    """Makes a kind of constraints; the constraints themselves are of kinds that only the cluster knows."""

    api_version: ClassVar[str] = "templates.gatekeeper.sh/v1"
    kind: ClassVar[str] = "ConstraintTemplate"


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
