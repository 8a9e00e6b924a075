"""Which identity workloads run as, and whether its token lies in their file system."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot, derived
from checks.judge import Finding, Said, Undecided, Unknown, by_spec
from checks.model import Evidence, Severity, Theme, Verdict
from checks.pods import DEFAULT_ACCOUNT, service_account
from checks.registry import check
from checks.verdict import failed, passed
from checks.workloads import POD_KINDS, Spec, Workload

THEME = Theme.ACCESS

_FIELD = "automountServiceAccountToken"


@check(
    id="workload-default-service-account",
    title="Workload runs as the default service account",
    severity=Severity.LOW,
    because=(
        "The account holds no rights by default: it only makes rights hard to give to one workload alone."
    ),
    population=POD_KINDS,
    rationale=(
        "Every workload that names no service account shares its namespace's default one: rights given to it "
        "for one are rights of all, and the audit log cannot tell them apart."
    ),
    remediation="Give the workload a service account of its own.",
    snippet="""\
apiVersion: v1
kind: ServiceAccount
metadata: {name: shop, namespace: web}
automountServiceAccountToken: false
---
spec:
  serviceAccountName: shop
""",
)
def default_account_used(snapshot: Snapshot) -> Iterator[Verdict]:
    """Not named means `default`. A static pod has no service account."""
    return by_spec(snapshot, _default_account_used)


def _default_account_used(workload: Workload, spec: Spec) -> Said:
    if workload.static or service_account(spec.pod) != DEFAULT_ACCOUNT:
        return None
    observed = spec.pod.service_account_name or None
    fact = spec.evidence("serviceAccountName", observed, "a service account of its own")
    return Finding("It runs as its namespace's default service account.", (fact,))


@check(
    id="workload-token-mounted",
    title="Service account token is mounted without being asked for",
    severity=Severity.MEDIUM,
    because=(
        "The token is worth what its account may do, and an intruder in the pod finds it at"
        " a well-known path."
    ),
    needs=("ServiceAccount",),
    population=POD_KINDS,
    rationale=(
        "Unless pod or service account say otherwise, every container finds a token for the Kubernetes API "
        "in its file system. Most never call the API; an intruder will."
    ),
    remediation="Turn the mount off on the service account, and on for the pods that do call the API.",
    snippet="""\
spec:
  serviceAccountName: shop
  automountServiceAccountToken: false
""",
)
def token_mounted(snapshot: Snapshot) -> Iterator[Verdict]:
    """The pod's word overrides the service account's; with neither, the token is mounted. An explicit `true`,
    and a volume that projects a token for the API server, are decisions that only a person can judge."""
    accounts = _accounts(snapshot)
    return by_spec(snapshot, lambda workload, spec: _token_mounted(accounts, workload, spec))


def _token_mounted(accounts: dict[tuple[str, str], o.ServiceAccount], workload: Workload, spec: Spec) -> Said:
    if workload.static:
        return None
    if spec.pod.automount_service_account_token is False:
        return _projected(spec)
    fact = spec.evidence(_FIELD, spec.pod.automount_service_account_token, "false, unless it calls the API")
    if spec.pod.automount_service_account_token:
        return Undecided("The pod asks for the token: does it call the Kubernetes API?", (fact,))
    name = service_account(spec.pod)
    account = accounts.get((workload.namespace or "", name))
    if account is None:
        return Unknown(f"The pod leaves it to service account {name}, which is not there to be read.")
    said = account.automount_service_account_token
    if said is False:
        return _projected(spec)
    facts = (fact, _account_fact(account, "false", str(account.resource)))
    if said:
        return Undecided(f"Service account {name} asks for the token: does the pod call the API?", facts)
    return Finding(f"The token of service account {name} is mounted by default.", facts)


def _projected(spec: Spec) -> Said:
    """A token for the API server (one without an audience of its own) that the pod mounts by itself."""
    for index, volume in enumerate(spec.pod.volumes or ()):
        for at, source in enumerate((volume.projected.sources if volume.projected else None) or ()):
            if source.service_account_token and not source.service_account_token.audience:
                path = f"volumes[{index}].projected.sources[{at}].serviceAccountToken"
                fact = spec.evidence(path, volume.name, "no token, unless it calls the API")
                return Undecided("The pod projects a token itself: does it call the Kubernetes API?", (fact,))
    return None


@derived
def _accounts(snapshot: Snapshot) -> dict[tuple[str, str], o.ServiceAccount]:
    return {
        (account.metadata.namespace or "", account.metadata.name): account
        for account in snapshot.all(o.ServiceAccount)
    }


def _account_fact(account: o.ServiceAccount, expected: str, source: str | None) -> Evidence:
    meta = account.metadata
    return Evidence(
        _FIELD, account.automount_service_account_token, expected, source, meta.uid, meta.resource_version
    )


@check(
    id="default-service-account-token",
    title="Default service account hands out its token",
    severity=Severity.LOW,
    because="The account usually holds no rights: the token is a foothold, no more.",
    population=("ServiceAccount",),
    rationale=(
        "The default service account is what pods get that name none. As long as it mounts its token, every "
        "such pod holds a credential for the Kubernetes API."
    ),
    remediation="Turn the mount off on the default service account of every namespace.",
    snippet="""\
apiVersion: v1
kind: ServiceAccount
metadata: {name: default, namespace: web}
automountServiceAccountToken: false
""",
)
def default_account_token(snapshot: Snapshot) -> Iterator[Verdict]:
    """Every ServiceAccount called `default`; not set means mounted."""
    for account in snapshot.all(o.ServiceAccount):
        if account.metadata.name != DEFAULT_ACCOUNT:
            continue
        if account.automount_service_account_token is False:
            yield passed(account.resource)
        else:
            fact = _account_fact(account, "false", None)
            yield failed(account.resource, "Pods that name no service account get this one's token.", fact)
