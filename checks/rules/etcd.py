"""How etcd is set up: who may talk to it, and as whom. It holds every secret of the cluster."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster.snapshot import Snapshot
from checks.control_plane.components import Component, components
from checks.control_plane.judge import FLAGZ, Ask, Rule, checks_of, doubt, given, switched, unseen
from checks.judge import Said, Unknown
from checks.model import Severity, Theme, Verdict
from checks.registry import check
from checks.verdict import failed, not_evaluated, passed

THEME = Theme.CONTROL_PLANE

_SWITCH = (
    "By the flag or its variable (ETCD_…), off by default. With a configuration file it is not evaluated."
)
_GIVEN = (
    "By whether the flags or their variables (ETCD_…) are set. With a configuration file it is not evaluated."
)
_PKI = "/etc/kubernetes/pki/etcd"
_FILE = "etcd takes its configuration from a file, which the API does not show, instead of flags. Look at it."


def _by_flags(ask: Ask) -> Ask:
    def asked(component: Component) -> Said:
        return Unknown(_FILE) if component.flag("config-file") is not None else ask(component)

    return asked


CHECKS = checks_of(
    "etcd",
    (
        Rule(
            id="etcd-serving-certificate",
            title="etcd has no certificate of its own",
            severity=Severity.HIGH,
            because="Whoever is on the way reads and changes everything that the cluster stores.",
            rationale="Without one clients talk to it in plain text, or cannot tell it from another.",
            remediation="Give it a certificate of an authority of its own.",
            how=_GIVEN,
            set_=f"--cert-file={_PKI}/server.crt --key-file={_PKI}/server.key",
            ask=_by_flags(given("cert-file key-file", "It serves clients without a certificate.")),
        ),
        Rule(
            id="etcd-client-cert-auth",
            title="etcd demands no certificate of its clients",
            severity=Severity.CRITICAL,
            because="Whoever reaches its port reads every secret and can change every object.",
            rationale="etcd knows nothing of RBAC: the certificate is all that keeps others out.",
            remediation="Demand client certificates, of an authority that signs for etcd only.",
            how=_SWITCH,
            set_=f"--client-cert-auth=true --trusted-ca-file={_PKI}/ca.crt",
            ask=_by_flags(
                switched("client-cert-auth", True, False, "It answers clients that show no certificate.")
            ),
        ),
        Rule(
            id="etcd-auto-tls",
            title="etcd makes up a certificate for clients",
            severity=Severity.MEDIUM,
            because="It takes a place between the API server and etcd; then everything stored is lost.",
            rationale="No client can verify a certificate that the server signed itself.",
            remediation="Remove the flag and give it a certificate.",
            how=_SWITCH,
            set_="--auto-tls=false",
            ask=_by_flags(
                switched("auto-tls", False, False, "It serves clients with a made-up certificate.")
            ),
        ),
        Rule(
            id="etcd-peer-certificate",
            title="etcd members talk to each other without certificates",
            severity=Severity.HIGH,
            because="Whoever is on the way between two members reads and changes everything stored.",
            rationale="What is written to one member is sent to all others over this connection.",
            remediation="Give every member a certificate for its peers.",
            how=_GIVEN,
            set_=f"--peer-cert-file={_PKI}/peer.crt --peer-key-file={_PKI}/peer.key",
            ask=_by_flags(
                given("peer-cert-file peer-key-file", "It talks to other members without a certificate.")
            ),
        ),
        Rule(
            id="etcd-peer-client-cert-auth",
            title="etcd members demand no certificate of each other",
            severity=Severity.HIGH,
            because="Whoever reaches its peer port can join as a member and gets all that is stored.",
            rationale="Only members can show a certificate of the peers' authority.",
            remediation="Demand certificates of peers too.",
            how=_SWITCH,
            set_=f"--peer-client-cert-auth=true --peer-trusted-ca-file={_PKI}/ca.crt",
            ask=_by_flags(
                switched("peer-client-cert-auth", True, False, "It takes anyone for a member of its own.")
            ),
        ),
        Rule(
            id="etcd-peer-auto-tls",
            title="etcd makes up a certificate for its peers",
            severity=Severity.MEDIUM,
            because="It takes a place between two members; then everything stored is lost.",
            rationale="No member can verify a certificate that another one signed itself.",
            remediation="Remove the flag and give every member a certificate.",
            how=_SWITCH,
            set_="--peer-auto-tls=false",
            ask=_by_flags(
                switched("peer-auto-tls", False, False, "It serves its peers with a made-up certificate.")
            ),
        ),
    ),
)


@check(
    id="etcd-own-authority",
    title="etcd trusts the cluster's authority for client certificates",
    severity=Severity.HIGH,
    because="Everyone who was ever given a certificate for the API server then reads every secret in etcd.",
    population=("ControlPlanePod",),
    hints=FLAGZ,
    rationale=(
        "etcd lets in every certificate that its authority has signed. If that is the authority of the "
        "cluster's users and kubelets too, each of them may go past the API server."
    ),
    remediation="Give etcd an authority that signs for the API server and etcd's members only.",
    snippet=(
        f"etcd: [--trusted-ca-file={_PKI}/ca.crt]\n"
        "kube-apiserver: [--client-ca-file=/etc/kubernetes/pki/ca.crt]\n"
    ),
)
def own_authority(snapshot: Snapshot) -> Iterator[Verdict]:
    """By the paths of the two files: whether two files have the same content, the API does not show."""
    found = components(snapshot)
    if not found.etcds:
        yield unseen(snapshot, "etcd")
    users = [(server, flag) for server in found.api_servers if (flag := server.flag("client-ca-file"))]
    for etcd in found.etcds:
        own = etcd.flag("trusted-ca-file")
        if etcd.flag("config-file") is not None:
            yield not_evaluated(etcd.resource, _FILE)
        elif (reason := doubt(etcd, "trusted-ca-file")) is not None:
            yield not_evaluated(etcd.resource, reason)
        elif own is None:
            fact = etcd.evidence("trusted-ca-file", "an authority of etcd's own")
            yield failed(etcd.resource, "It has no authority to tell its clients by.", fact)
        elif not users:
            reason = "No API server is seen that names an authority for client certificates, to compare with."
            yield not_evaluated(etcd.resource, reason)
        elif shared := next((server for server, flag in users if flag.text == own.text), None):
            facts = (
                etcd.evidence("trusted-ca-file", "an authority of etcd's own"),
                shared.evidence("client-ca-file", "another authority than etcd's", str(shared.resource)),
            )
            yield failed(etcd.resource, "It trusts the authority that signs users' certificates.", facts)
        else:
            yield passed(etcd.resource)
