"""How far secrets travel: into every namespace of the cluster, or out of it to a store."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Severity, Theme, Verdict
from checks.network.selectors import selects_all
from checks.registry import check
from checks.secret_use import selectors_of
from checks.verdict import failed, not_applicable, passed

THEME = Theme.SECRETS


@check(
    id="secret-in-every-namespace",
    title="The same secret is put into every namespace",
    severity=Severity.MEDIUM,
    because="It takes the right to read Secrets, or to make a pod, in any one namespace.",
    population=("ClusterExternalSecret",),
    rationale=(
        "A ClusterExternalSecret that picks all namespaces copies a secret to where nobody needs it, and to "
        "every namespace that is made later. The weakest of them decides who has it."
    ),
    remediation="Pick the namespaces by a label that few may set, or by their names.",
    snippet="""\
apiVersion: external-secrets.io/v1
kind: ClusterExternalSecret
metadata: {name: registry}
spec:
  namespaceSelectors:
    - matchLabels: {kubernetes.io/metadata.name: web}
""",
)
def in_every_namespace(snapshot: Snapshot) -> Iterator[Verdict]:
    """A selector of namespaces without any condition picks all of them. How many it has reached is in the
    evidence where the operator says it."""
    for wide in snapshot.all(o.ClusterExternalSecret):
        if not any(map(selects_all, selectors_of(wide))):
            yield passed(wide.resource)
            continue
        meta = wide.metadata
        expected = "a condition on the namespaces"
        path = "spec.namespaceSelectors"
        facts = [Evidence(path, "matches every namespace", expected, None, meta.uid, meta.resource_version)]
        reached = wide.status.provisioned_namespaces
        if reached is not None:
            facts.append(Evidence("status.provisionedNamespaces", len(reached), "those that need it"))
        yield failed(wide.resource, "It puts its secret into every namespace.", tuple(facts))


@check(
    id="secret-pushed-unnamed",
    title="Secrets that nobody named are pushed to a store",
    severity=Severity.MEDIUM,
    because="It takes the right to read the store; then Secrets are there that nobody meant to give it.",
    population=("PushSecret",),
    rationale=(
        "A PushSecret copies Secrets out of the cluster. One that picks them by labels, or picks them all, "
        "takes along what is made later: tokens, keys of certificates, passwords of others."
    ),
    remediation="Name the Secret.",
    snippet="""\
apiVersion: external-secrets.io/v1alpha1
kind: PushSecret
metadata: {name: database, namespace: web}
spec:
  secretStoreRefs: [{name: vault}]
  selector: {secret: {name: database}}
""",
)
def pushed_unnamed(snapshot: Snapshot) -> Iterator[Verdict]:
    """By `spec.selector.secret`: a name passes, a selector does not. What a generator makes is no Secret of
    the cluster."""
    for push in snapshot.all(o.PushSecret):
        secret = push.spec.selector.secret
        if secret is None:
            yield not_applicable(push.resource, "It pushes what a generator makes.")
        elif secret.name:
            yield passed(push.resource)
        else:
            every = secret.selector is None or selects_all(secret.selector)
            what = "every Secret of its namespace" if every else "Secrets by their labels"
            stores = sorted(
                {f"{e.kind or 'SecretStore'} {e.name}" for e in push.spec.secret_store_refs or ()}
            )
            meta = push.metadata
            path = "spec.selector.secret.selector"
            fact = Evidence(path, what, "the name of one", None, meta.uid, meta.resource_version)
            where = ", ".join(stores[:5]) or "no store yet"
            yield failed(push.resource, f"It pushes {what} to {where}.", fact)
