"""A cluster's ValidatingAdmissionPolicies as policies to run, with their bindings."""

from __future__ import annotations

import re

from checks.admission.policy import REFUSES, Bound, Policy
from checks.cel.protocol import Named, Program, Validation
from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Remediation, Severity

_RATIONALE = (
    "The cluster has this ValidatingAdmissionPolicy. The API server asks it only when an object is created or"
    " changed: what was there before it stays as it is until it is next applied."
)
_BECAUSE = (
    "Whoever wrote the policy wants no such object; how much it matters depends on what the policy says."
)


def policies(snapshot: Snapshot) -> tuple[Policy, ...]:
    """Every policy of the cluster, by name, each with an id of its own."""
    bindings: dict[str, list[Bound]] = {}
    for binding in sorted(
        snapshot.all(o.ValidatingAdmissionPolicyBinding), key=lambda each: each.metadata.name
    ):
        spec = binding.spec
        bound = Bound(
            binding.metadata.name,
            spec.match_resources or o.MatchResources(),
            spec.validation_actions or (REFUSES,),
            spec.param_ref,
        )
        bindings.setdefault(spec.policy_name, []).append(bound)
    taken: set[str] = set()
    found = []
    for policy in sorted(snapshot.all(o.ValidatingAdmissionPolicy), key=lambda each: each.metadata.name):
        id_ = _id(policy.metadata.name, taken)
        found.append(_policy(policy, id_, tuple(bindings.get(policy.metadata.name, ()))))
    return tuple(found)


def _id(name: str, taken: set[str]) -> str:
    slug = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-") or "policy"
    id_, number = f"vap-{slug}", 2
    while id_ in taken:
        id_, number = f"vap-{slug}-{number}", number + 1
    taken.add(id_)
    return id_


def _policy(policy: o.ValidatingAdmissionPolicy, id_: str, bound: tuple[Bound, ...]) -> Policy:
    spec, name = policy.spec, policy.metadata.name
    program = Program(
        tuple(
            Validation(each.expression, each.message, each.message_expression)
            for each in spec.validations or ()
        ),
        tuple(Named(each.name, each.expression) for each in spec.match_conditions or ()),
        tuple(Named(each.name, each.expression) for each in spec.variables or ()),
    )
    return Policy(
        id_,
        f"What exists satisfies the admission policy {name}",
        Severity.MEDIUM,
        _RATIONALE,
        Remediation(
            "Change the object so that the policy lets it in, or change the policy. A dry run on the server"
            " shows what the policy says.",
            "# kubectl apply --dry-run=server -f object.yaml\n",
        ),
        program,
        because=_BECAUSE,
        match=spec.match_constraints or o.MatchResources(resource_rules=()),
        bound=bound,
        param_kind=spec.param_kind,
        ignores_errors=spec.failure_policy == "Ignore",
        source=name,
    )
