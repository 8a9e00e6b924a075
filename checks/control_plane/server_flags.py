"""What flags of the API server come to together: who authorizes, which admission plugins run, which ciphers.

Defaults are those of kube-apiserver 1.37; a test asks the real one. All of them have held since 1.26 or
longer, but for plugins that no rule asks for.
"""

from __future__ import annotations

from collections.abc import Iterable

from checks.control_plane.components import Component
from checks.control_plane.judge import Ask, doubt
from checks.judge import Finding, Said, Unknown

DEFAULTS = {
    "anonymous-auth": "true",
    "profiling": "true",
    "request-timeout": "1m0s",
    "service-account-extend-token-expiration": "true",
    "service-account-lookup": "true",
}
"""What `kube-apiserver --help` says holds for a flag that is not set."""

DEFAULT_PLUGINS = frozenset(
    (
        "NamespaceLifecycle",
        "LimitRanger",
        "ServiceAccount",
        "TaintNodesByCondition",
        "PodSecurity",
        "Priority",
        "DefaultTolerationSeconds",
        "DefaultStorageClass",
        "StorageObjectInUseProtection",
        "PersistentVolumeClaimResize",
        "RuntimeClass",
        "CertificateApproval",
        "CertificateSigning",
        "ClusterTrustBundleAttest",
        "CertificateSubjectRestriction",
        "DefaultIngressClass",
        "MutatingAdmissionWebhook",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionWebhook",
        "ResourceQuota",
    )
)
"""The admission plugins that run unless disabled in every version that is supported; later ones have more."""

_MODES, _MODE_FILE = "authorization-mode", "authorization-config"
_ENABLE, _DISABLE, _EXACT = "enable-admission-plugins", "disable-admission-plugins", "admission-control"
_NO_MODE = ("AlwaysAllow",)


def authorizer(name: str, *, wanted: bool, wrong: str) -> Ask:
    """An authorizer must be among the modes, or must not. Without any mode the mode is AlwaysAllow."""
    expected = f"{name} {'in' if wanted else 'not in'} --{_MODES}"

    def ask(component: Component) -> Said:
        found = component.flag(_MODES)
        if found is None and component.flag(_MODE_FILE) is not None:
            return Unknown(
                f"The authorizers are in the file of --{_MODE_FILE}, which the API does not show. Look at it."
            )
        if (reason := doubt(component, _MODES)) is not None:
            return Unknown(reason)
        modes = found.items if found else _NO_MODE
        return None if (name in modes) is wanted else Finding(wrong, (component.evidence(_MODES, expected),))

    return ask


def plugin(name: str, *, wanted: bool, wrong: str) -> Ask:
    """An admission plugin must run, or must not: named, or by default and not disabled."""
    expected = f"{name} {'runs' if wanted else 'does not run'}"

    def ask(component: Component) -> Said:
        for flag in (_EXACT, _ENABLE, _DISABLE):
            if (reason := doubt(component, flag)) is not None:
                return Unknown(reason)
        exact, enabled, disabled = (component.flag(flag) for flag in (_EXACT, _ENABLE, _DISABLE))
        if exact is not None:
            runs, where = name in exact.items, _EXACT
        else:
            named = enabled is not None and name in enabled.items
            off = disabled is not None and name in disabled.items
            runs = named or (name in DEFAULT_PLUGINS and not off)
            where = _DISABLE if off and not named else _ENABLE
        return None if runs is wanted else Finding(wrong, (component.evidence(where, expected),))

    return ask


def strong(suites: Iterable[str]) -> bool:
    """Whether every suite has forward secrecy and encrypts and authenticates in one step."""
    return all(
        suite.startswith(("TLS_ECDHE_", "TLS_AES_", "TLS_CHACHA20_"))
        and ("GCM" in suite or "CHACHA20" in suite)
        for suite in suites
    )


def ciphers(component: Component) -> Said:
    """Only strong suites, named; or TLS 1.3 alone, which has no others."""
    least, suites = component.flag("tls-min-version"), component.flag("tls-cipher-suites")
    if least is not None and least.known and least.text == "VersionTLS13":
        return None
    if (reason := doubt(component, "tls-cipher-suites")) is not None:
        return Unknown(reason)
    if suites is not None and suites.items and strong(suites.items):
        return None
    wrong = "It accepts suites that are weak." if suites else "It leaves the choice of suites to its version."
    fact = component.evidence("tls-cipher-suites", "ECDHE suites with AES-GCM or ChaCha20, or TLS 1.3 only")
    return Finding(wrong, (fact,))


def anonymous(component: Component) -> Said:
    """Off by flag. A file of --authentication-config may say instead who may be anonymous, and where."""
    flag = "anonymous-auth"
    found = component.flag(flag)
    if found is None and component.flag("authentication-config") is not None:
        return Unknown(
            "The file of --authentication-config may switch anonymous requests off; the API does not show it."
        )
    if (reason := doubt(component, flag)) is not None:
        return Unknown(reason)
    if found is not None and found.switch is False:
        return None
    return Finding(
        "It answers requests from nobody in particular.",
        (component.evidence(flag, "--anonymous-auth=false"),),
    )


_LEAST, _MOST = 1.0, 300.0


def timeout(component: Component) -> Said:
    """Between one second and five minutes; the default is one minute."""
    flag = "request-timeout"
    if (reason := doubt(component, flag)) is not None:
        return Unknown(reason)
    found = component.flag(flag)
    length = found.seconds if found else 60.0
    if length is not None and _LEAST <= length <= _MOST:
        return None
    wrong = "A request may take longer than is sensible." if length else "It has no sensible limit."
    return Finding(wrong, (component.evidence(flag, "between 1s and 5m"),))
