"""How the controller manager is set up: whose credentials its controllers use, and who may look at it."""

from __future__ import annotations

from checks.control_plane.components import Component
from checks.control_plane.flags import FlagValue
from checks.control_plane.judge import Rule, asked, checks_of, doubt, given, loopback, switched
from checks.judge import Finding, Said, Unknown
from checks.model import Severity, Theme

THEME = Theme.CONTROL_PLANE

_DEFAULT = "By the flag's value, or its default where it is not set."
_GIVEN = "By whether the flag is set: where the file is is seen, what it holds is not."
_MOST_KEPT = 12_500
_GATE = "RotateKubeletServerCertificate"
_ALL_ADDRESSES = "0.0.0.0"  # noqa: S104 - what the component does by default


def _kept(found: FlagValue | None) -> bool | None:
    number = found.number if found else _MOST_KEPT
    return None if number is None else 0 < number <= _MOST_KEPT


def _rotation(component: Component) -> Said:
    """The gate is on unless it is switched off."""
    if (reason := doubt(component, "feature-gates")) is not None:
        return Unknown(reason)
    gates = component.flag("feature-gates")
    state = gates.entry(_GATE) if gates else None
    if state is None or state.lower() in ("true", "t", "1"):
        return None
    fact = component.evidence("feature-gates", f"{_GATE} not switched off")
    return Finding("It does not sign kubelets' serving certificates anew.", (fact,))


CHECKS = checks_of(
    "kube-controller-manager",
    (
        Rule(
            id="controller-manager-pod-cleanup",
            title="Controller manager keeps too many finished pods",
            severity=Severity.LOW,
            because="It costs etcd's room, and availability only when that runs out.",
            rationale="Pods that have ended are kept until there are more of them than this number.",
            remediation="Leave the default or set what your largest batches need.",
            how="From one to 12,500, the default, is taken for sensible; 0 keeps all of them.",
            set_="--terminated-pod-gc-threshold=1000",
            ask=asked(
                "terminated-pod-gc-threshold",
                "a number from 1 to 12500",
                "It keeps more finished pods than is sensible.",
                _kept,
            ),
        ),
        Rule(
            id="controller-manager-profiling",
            title="Controller manager serves profiles",
            severity=Severity.LOW,
            because="Only who may use its port gets at them.",
            rationale="Profiles show what it does and cost it time; nobody needs them in operation.",
            remediation="Switch profiling off until it is needed.",
            how=_DEFAULT,
            set_="--profiling=false",
            ask=switched("profiling", False, True, "It serves profiles of itself."),
        ),
        Rule(
            id="controller-manager-credentials",
            title="Controllers share one set of credentials",
            severity=Severity.MEDIUM,
            because="A mistake in one controller then has the rights of all of them.",
            rationale="With service accounts of their own, each controller holds only the rights it needs.",
            remediation="Switch it on; the cluster has the roles already.",
            how=_DEFAULT,
            set_="--use-service-account-credentials=true",
            ask=switched(
                "use-service-account-credentials", True, False, "All controllers use the same credentials."
            ),
        ),
        Rule(
            id="controller-manager-service-account-key",
            title="Controller manager has no key to sign service account tokens",
            severity=Severity.LOW,
            because="Without it long-lived tokens are not made at all; nothing is open by that.",
            rationale="Tokens should be signed with a key pair that is used for nothing else.",
            remediation="Give the private half of a key pair of its own.",
            how=_GIVEN,
            set_="--service-account-private-key-file=/etc/kubernetes/pki/sa.key",
            ask=given("service-account-private-key-file", "It has no key for service account tokens."),
        ),
        Rule(
            id="controller-manager-root-authority",
            title="Controller manager gives pods no authority to verify the API server by",
            severity=Severity.MEDIUM,
            because="It takes a place between a pod and the server; the pod's token is then lost.",
            rationale="Pods verify the API server's certificate by this file, copied to every namespace.",
            remediation="Name the authority that signs the API server's certificate.",
            how=_GIVEN,
            set_="--root-ca-file=/etc/kubernetes/pki/ca.crt",
            ask=given("root-ca-file", "Pods get no authority to verify the API server by."),
        ),
        Rule(
            id="controller-manager-serving-rotation",
            title="Controller manager does not renew kubelets' serving certificates",
            severity=Severity.LOW,
            because="Certificates that run out cost availability, or people who then stop verifying them.",
            rationale="Kubelets ask for a new serving certificate before the old one ends, if this is on.",
            remediation="Do not switch the feature gate off.",
            how="By the feature gate RotateKubeletServerCertificate, which is on unless switched off.",
            set_="--feature-gates=RotateKubeletServerCertificate=true",
            ask=_rotation,
        ),
        Rule(
            id="controller-manager-bind-address",
            title="Controller manager listens on all addresses",
            severity=Severity.LOW,
            because="What it serves there asks for credentials; it is one more port that can be tried.",
            rationale="Its metrics and health are for the node it runs on.",
            remediation="Let it listen on loopback.",
            how=f"{_DEFAULT} The default is every address.",
            set_="--bind-address=127.0.0.1",
            ask=loopback(_ALL_ADDRESSES, "Its port can be reached from outside of its node."),
        ),
    ),
)
