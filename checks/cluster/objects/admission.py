"""ValidatingAdmissionPolicies, MutatingAdmissionPolicies and their bindings."""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from checks.cluster.objects.base import LabelSelector, Object, Part


class ResourceRule(Part, frozen=True):
    """Which requests: all of the lists must hold; `*` holds for everything."""

    api_groups: tuple[str, ...] | None = None
    api_versions: tuple[str, ...] | None = None
    operations: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None
    resource_names: tuple[str, ...] | None = None
    scope: str | None = None


class MatchResources(Part, frozen=True):
    namespace_selector: LabelSelector | None = None
    object_selector: LabelSelector | None = None
    resource_rules: tuple[ResourceRule, ...] | None = None
    exclude_resource_rules: tuple[ResourceRule, ...] | None = None
    match_policy: str | None = None


class PolicyExpression(Part, frozen=True):
    """A variable or a match condition."""

    name: str = ""
    expression: str = ""


class PolicyValidation(Part, frozen=True):
    expression: str = ""
    message: str = ""
    message_expression: str = ""


class ParamKind(Part, frozen=True):
    api_version: str = ""
    kind: str = ""


class ValidatingAdmissionPolicySpec(Part, frozen=True):
    param_kind: ParamKind | None = None
    match_constraints: MatchResources | None = None
    match_conditions: tuple[PolicyExpression, ...] | None = None
    variables: tuple[PolicyExpression, ...] | None = None
    validations: tuple[PolicyValidation, ...] | None = None
    failure_policy: str | None = None


class ValidatingAdmissionPolicy(Object, frozen=True):
    api_version: ClassVar[str] = "admissionregistration.k8s.io/v1"
    kind: ClassVar[str] = "ValidatingAdmissionPolicy"
    spec: ValidatingAdmissionPolicySpec = field(default_factory=ValidatingAdmissionPolicySpec)


class ParamRef(Part, frozen=True):
    name: str | None = None
    namespace: str | None = None
    selector: LabelSelector | None = None
    parameter_not_found_action: str | None = None


class ValidatingAdmissionPolicyBindingSpec(Part, frozen=True):
    policy_name: str = ""
    param_ref: ParamRef | None = None
    match_resources: MatchResources | None = None
    validation_actions: tuple[str, ...] | None = None


class ValidatingAdmissionPolicyBinding(Object, frozen=True):
    api_version: ClassVar[str] = "admissionregistration.k8s.io/v1"
    kind: ClassVar[str] = "ValidatingAdmissionPolicyBinding"
    spec: ValidatingAdmissionPolicyBindingSpec = field(default_factory=ValidatingAdmissionPolicyBindingSpec)


class Mutation(Part, frozen=True):
    """What it changes is an expression, which is not read: only of which of the two kinds."""

    patch_type: str = ""


class MutatingAdmissionPolicySpec(Part, frozen=True):
    match_constraints: MatchResources | None = None
    match_conditions: tuple[PolicyExpression, ...] | None = None
    mutations: tuple[Mutation, ...] | None = None
    failure_policy: str | None = None


class MutatingAdmissionPolicy(Object, frozen=True):
    api_version: ClassVar[str] = "admissionregistration.k8s.io/v1"
    kind: ClassVar[str] = "MutatingAdmissionPolicy"
    spec: MutatingAdmissionPolicySpec = field(default_factory=MutatingAdmissionPolicySpec)


class MutatingAdmissionPolicyBindingSpec(Part, frozen=True):
    policy_name: str = ""
    match_resources: MatchResources | None = None


class MutatingAdmissionPolicyBinding(Object, frozen=True):
    api_version: ClassVar[str] = "admissionregistration.k8s.io/v1"
    kind: ClassVar[str] = "MutatingAdmissionPolicyBinding"
    spec: MutatingAdmissionPolicyBindingSpec = field(default_factory=MutatingAdmissionPolicyBindingSpec)
