"""Whether the key service that encryption at rest relies on answers the API server."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.control_plane.components import components
from checks.control_plane.judge import FLAGZ
from checks.encryption.evidence import FLAG, files
from checks.encryption.health import lists_its_checks, plugins
from checks.model import Evidence, Severity, Theme, Verdict
from checks.providers import managed_control_plane
from checks.registry import check
from checks.verdict import cluster_resource, failed, not_applicable, not_evaluated, passed

THEME = Theme.SECRETS

_NOT_ASKED = (
    "Whether the key service answers is not seen. Allow the API server to be asked for its health "
    "(--read-metrics), or ask it: `kubectl get --raw /healthz/kms-providers`."
)


@check(
    id="encryption-kms-failing",
    title="Key service for encryption at rest does not answer",
    severity=Severity.MEDIUM,
    because=(
        "Nothing is open by it: within minutes no secret can be written, and an API server that starts "
        "anew cannot read those that there are."
    ),
    population=("ControlPlanePod",),
    also=("EncryptionConfiguration", "EncryptionConfig", "ApiServerMetrics"),
    hints=FLAGZ,
    rationale=(
        "With a KMS plugin the API server holds keys in memory only. While the plugin or the service behind "
        "it fails, it goes on with what it holds for some minutes, which hides the fault until it restarts."
    ),
    remediation=(
        "Look at the plugin on the control plane nodes and at the key service behind it: the API server says "
        "what is wrong."
    ),
    snippet="kubectl get --raw /healthz/kms-providers\n",
)
def kms_failing(snapshot: Snapshot) -> Iterator[Verdict]:
    """By the health check that the API server has of its KMS plugins, under /readyz and
    /healthz/kms-providers, where its health was read. It speaks for the API server that answered, at that
    moment. Without a plugin in the encryption configuration, or without any configuration, there is nothing
    to ask."""
    cluster, given = cluster_resource(snapshot), files(snapshot)
    known = plugins(snapshot)
    failing = [each for each in known if not each.ok]
    if failing:
        facts = tuple(
            Evidence(each.endpoint, f"{each.name} failed", "ok", "ApiServerMetrics") for each in failing
        )
        yield failed(cluster, "The API server that answered has a KMS plugin that is not well.", facts)
    elif given and not any(_has_plugin(file) for file in given):
        yield not_applicable(cluster, "The encryption configuration names no KMS plugin.")
    elif known:
        yield passed(cluster, "The API server that answered finds its KMS plugins well.")
    elif lists_its_checks(snapshot):
        yield not_applicable(cluster, "The API server that answered has no health check of a KMS plugin.")
    else:
        yield _unseen(snapshot)


def _has_plugin(file: o.EncryptionFile) -> bool:
    return any(provider.kms is not None for rule in file.resources or () for provider in rule.providers or ())


def _unseen(snapshot: Snapshot) -> Verdict:
    cluster, servers = cluster_resource(snapshot), components(snapshot).api_servers
    if (managed := managed_control_plane(snapshot)) is not None:
        return not_applicable(cluster, managed)
    if servers and all(server.complete and server.flag(FLAG) is None for server in servers):
        return not_applicable(cluster, "No API server that is seen has an encryption configuration.")
    return not_evaluated(cluster, _NOT_ASKED)
