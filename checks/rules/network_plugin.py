"""Whether the network plugin that is seen can enforce network policies at all."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Severity, Theme, Verdict
from checks.network.plugin import CONFIG, Plugin, plugin
from checks.registry import check
from checks.verdict import cluster_resource, failed, manual, not_evaluated, passed

THEME = Theme.NETWORK

_UNSEEN = (
    "No DaemonSet of a network plugin that is known was found: some distributions build it in, some clouds "
    "run it themselves. Ask which runs, and show by a connection that a policy denies that it enforces them."
)


@check(
    id="cni-not-enforcing",
    title="Network plugin does not enforce network policies",
    severity=Severity.HIGH,
    needs=("DaemonSet",),
    population=("DaemonSet",),
    also=(CONFIG,),
    rationale=(
        "Network policies are stored by the API server whether or not anything enforces them. Under a plugin "
        "that does not, every policy there is protects nobody, and nobody is told."
    ),
    remediation="Use a network plugin that enforces policies, or let the one in use do so, and try it out.",
    snippet="""\
apiVersion: v1
kind: ConfigMap
metadata: {name: cilium-config, namespace: kube-system}
data:
  enable-policy: default
  policy-audit-mode: "false"
""",
    because="Every isolation that policies seem to give is missing, in the whole cluster at once.",
)
def cni_not_enforcing(snapshot: Snapshot) -> Iterator[Verdict]:
    """Plugins are known by the names of DaemonSets and their containers; one for no node does not count.
    Flannel alone, kindnet before August 2024, the AWS VPC CNI without its policy agent, and Cilium in mode
    `never` or in audit mode enforce nothing. One that enforces is a pass: that it does so on every node, the
    API does not show."""
    cluster, found = cluster_resource(snapshot), plugin(snapshot)
    if not found.seen:
        if snapshot.cluster.source == "manifests":
            yield not_evaluated(cluster, "The files hold no network plugin that is known.")
        else:
            yield manual(cluster, _UNSEEN)
    elif found.enforces is False:
        yield failed(cluster, f"The network plugin seems to be {found.why}.", _facts(found))
    elif any(each.able for each in found.seen):
        yield passed(cluster, f"Seen is {found.why}. Whether it does on every node, the API does not show.")
    else:
        yield manual(cluster, f"Seen is {found.why}: show that it enforces policies.", _facts(found))


def _facts(found: Plugin) -> tuple[Evidence, ...]:
    return tuple(fact for each in found.seen for fact in each.evidence)
