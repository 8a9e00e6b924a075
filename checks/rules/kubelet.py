"""How kubelets are set up: who may ask them to run commands, what they show, and what they give pods.

One rule a check. Where a setting is not written, the default of kubelet.config.k8s.io/v1beta1 holds; a test
asks a real kubelet what that is.
"""

from __future__ import annotations

from checks.control_plane.flags import seconds
from checks.control_plane.kubelets import Kubelet, KubeletRule, checks_of_kubelets
from checks.control_plane.server_flags import strong
from checks.judge import Finding, Said, Undecided, Unknown
from checks.model import Severity, Theme

THEME = Theme.NODES

_BY_DEFAULT = "By the setting, or its default where it is not written."
_SELF_SIGNED = "It serves TLS with a certificate that it signed itself."
_FLAGS_UNKNOWN = (
    "Whether it is started with --hostname-override is in no configuration. A kubelet tells it from "
    "Kubernetes 1.36 on, where it may be asked (--read-kubelet-config); else look at how it is started."
)
_GATE = "RotateKubeletServerCertificate"
_FEWEST_EVENTS = 5
_OWN_FOLDER = "/var/lib/kubelet/pki"
_OWN_FILES = ("kubelet.crt", "kubelet.key")


def _anonymous(kubelet: Kubelet) -> Said:
    enabled = kubelet.config.authentication.anonymous.enabled
    if not enabled:
        return None
    fact = kubelet.evidence("authentication.anonymous.enabled", enabled, "false")
    return Finding("It answers requests that carry no credentials.", (fact,))


def _always_allow(kubelet: Kubelet) -> Said:
    mode = kubelet.config.authorization.mode
    if mode in ("", "Webhook"):
        return None
    fact = kubelet.evidence("authorization.mode", mode, "Webhook")
    return Finding("It authorizes every request.", (fact,))


def _client_authority(kubelet: Kubelet) -> Said:
    if kubelet.config.authentication.x509.client_ca_file:
        return None
    fact = kubelet.evidence("authentication.x509.clientCAFile", None, "a file")
    return Finding("It cannot verify client certificates.", (fact,))


def _read_only_port(kubelet: Kubelet) -> Said:
    port = kubelet.config.read_only_port
    if not port:
        return None
    return Finding("It serves a port without credentials.", (kubelet.evidence("readOnlyPort", port, "0"),))


def _streaming(kubelet: Kubelet) -> Said:
    """In a file 0 is as good as nothing; it takes the flag to get a kubelet to run with it."""
    written = kubelet.config.streaming_connection_idle_timeout
    length = 4 * 3600.0 if written is None else seconds(written)
    if length is not None and (length > 0 or (length == 0 and not kubelet.runs)):
        return None
    fact = kubelet.evidence("streamingConnectionIdleTimeout", written, "more than 0")
    return Finding("It never closes idle connections.", (fact,))


def _chains(kubelet: Kubelet) -> Said:
    if kubelet.config.make_iptables_util_chains is not False:
        return None
    fact = kubelet.evidence("makeIPTablesUtilChains", False, "true")
    return Finding("It does not keep the packet filter chains that it relies on.", (fact,))


def _events(kubelet: Kubelet) -> Said:
    rate = kubelet.config.event_record_qps
    if rate is None or rate == 0 or rate >= _FEWEST_EVENTS:
        return None
    fact = kubelet.evidence("eventRecordQPS", rate, f"0 (no limit) or at least {_FEWEST_EVENTS}")
    return Finding("It drops events that may be needed.", (fact,))


def _serving(kubelet: Kubelet) -> Said:
    config = kubelet.config
    if config.server_tls_bootstrap:
        return None
    if config.tls_cert_file and config.tls_private_key_file:
        return _doubtful(kubelet) if _named_by_itself(kubelet) else None
    facts = (
        kubelet.evidence("serverTLSBootstrap", config.server_tls_bootstrap, "true"),
        kubelet.evidence("tlsCertFile", config.tls_cert_file, "or a file, with its key"),
    )
    return Finding(_SELF_SIGNED, facts)


def _named_by_itself(kubelet: Kubelet) -> bool:
    """Whether the kubelet may have filled in the certificate's files, as it does where nothing else is set.

    What it then says that it runs with looks as if somebody had set them.
    """
    folder, _, certificate = (kubelet.config.tls_cert_file or "").rpartition("/")
    other, _, key = (kubelet.config.tls_private_key_file or "").rpartition("/")
    return kubelet.runs and folder == other and (certificate, key) == _OWN_FILES


def _doubtful(kubelet: Kubelet) -> Said:
    """In its own folder a kubelet signs what it does not find; under such names elsewhere it may have."""
    file = kubelet.config.tls_cert_file or ""
    fact = kubelet.evidence("tlsCertFile", file, "a certificate that the kubelet did not sign itself")
    if file.rpartition("/")[0] == _OWN_FOLDER:
        return Finding(_SELF_SIGNED, (fact,))
    return Undecided(
        f"A kubelet that is given no certificate signs one under this name in its --cert-dir: see who issued "
        f"{file}.",
        (fact,),
    )


def _override(kubelet: Kubelet) -> Said:
    override = kubelet.config.hostname_override
    if override is None:
        return Unknown(_FLAGS_UNKNOWN)
    if not override:
        return None
    fact = kubelet.evidence("--hostname-override", override, "not set")
    return Finding("It is started with a name other than its machine's.", (fact,))


def _client_rotation(kubelet: Kubelet) -> Said:
    rotate = kubelet.config.rotate_certificates
    if rotate:
        return None
    fact = kubelet.evidence("rotateCertificates", rotate, "true")
    return Finding("It does not renew its client certificate.", (fact,))


def _serving_rotation(kubelet: Kubelet) -> Said:
    config = kubelet.config
    if (config.feature_gates or {}).get(_GATE) is False:
        fact = kubelet.evidence(f"featureGates.{_GATE}", False, "not switched off")
        return Finding("It does not renew its serving certificate.", (fact,))
    if config.server_tls_bootstrap:
        return None
    if config.tls_cert_file and config.tls_private_key_file and not _named_by_itself(kubelet):
        fact = kubelet.evidence("tlsCertFile", config.tls_cert_file, "renewed by what made it")
        return Undecided(
            "Its certificate is a file. Ask what renews it, and how the kubelet learns.", (fact,)
        )
    fact = kubelet.evidence("serverTLSBootstrap", config.server_tls_bootstrap, "true")
    return Finding("It does not ask the cluster for serving certificates.", (fact,))


def _ciphers(kubelet: Kubelet) -> Said:
    config = kubelet.config
    if config.tls_min_version == "VersionTLS13":
        return None
    suites = config.tls_cipher_suites
    if suites and strong(suites):
        return None
    wrong = "It accepts suites that are weak." if suites else "It leaves the choice of suites to its version."
    expected = "ECDHE suites with AES-GCM or ChaCha20, or TLS 1.3 only"
    return Finding(wrong, (kubelet.evidence("tlsCipherSuites", suites, expected),))


def _pids(kubelet: Kubelet) -> Said:
    limit = kubelet.config.pod_pids_limit
    if limit is not None and limit > 0:
        return None
    return Finding("A pod may use all process ids.", (kubelet.evidence("podPidsLimit", limit, "a number"),))


def _seccomp(kubelet: Kubelet) -> Said:
    default = kubelet.config.seccomp_default
    if default:
        return None
    fact = kubelet.evidence("seccompDefault", default, "true")
    return Finding("Pods that say nothing run without a seccomp profile.", (fact,))


CHECKS = checks_of_kubelets(
    (
        KubeletRule(
            id="kubelet-anonymous-auth",
            title="Kubelet answers anonymous requests",
            severity=Severity.HIGH,
            because="With a lenient authorizer too, everyone who reaches the node runs commands in pods.",
            rationale="What a kubelet serves includes logs of, and commands in, every container on its node.",
            remediation="Switch it off.",
            how=_BY_DEFAULT,
            set_="authentication: {anonymous: {enabled: false}}",
            ask=_anonymous,
        ),
        KubeletRule(
            id="kubelet-always-allow",
            title="Kubelet authorizes everything",
            severity=Severity.CRITICAL,
            because="Every user of the cluster who reaches a node may run commands in all of its pods.",
            rationale="With Webhook a kubelet asks the API server who may do what; AlwaysAllow asks nobody.",
            remediation="Use the mode Webhook.",
            how=_BY_DEFAULT,
            set_="authorization: {mode: Webhook}",
            ask=_always_allow,
        ),
        KubeletRule(
            id="kubelet-client-authority",
            title="Kubelet knows no authority for client certificates",
            severity=Severity.MEDIUM,
            because="The API server then has to talk to it without a certificate.",
            rationale="The API server shows kubelets a certificate, which they can verify only with this.",
            remediation="Name the authority that signs client certificates.",
            how=_BY_DEFAULT,
            set_="authentication: {x509: {clientCAFile: /etc/kubernetes/pki/ca.crt}}",
            ask=_client_authority,
        ),
        KubeletRule(
            id="kubelet-read-only-port",
            title="Kubelet serves a read-only port",
            severity=Severity.MEDIUM,
            because="Everyone who reaches the node reads how its pods are run, values in environment too.",
            rationale="The port asks for no credentials and shows whole pod specs and metrics.",
            remediation="Close it; use the authenticated port instead.",
            how=_BY_DEFAULT,
            set_="readOnlyPort: 0",
            ask=_read_only_port,
        ),
        KubeletRule(
            id="kubelet-streaming-timeout",
            title="Kubelet never closes idle streaming connections",
            severity=Severity.LOW,
            because="It costs availability only.",
            rationale="Sessions that were left open use up ports and memory.",
            remediation="Leave the default of four hours or set less.",
            how=f"{_BY_DEFAULT} In a file 0 is the default too; only a flag switches the timeout off.",
            set_="streamingConnectionIdleTimeout: 4h0m0s",
            ask=_streaming,
        ),
        KubeletRule(
            id="kubelet-iptables-chains",
            title="Kubelet does not manage its packet filter chains",
            severity=Severity.LOW,
            because="It makes for broken networking rather than for a way in.",
            rationale="Rules of the node and of the proxy rely on chains that the kubelet keeps in place.",
            remediation="Remove the setting or set it to true.",
            how=_BY_DEFAULT,
            set_="makeIPTablesUtilChains: true",
            ask=_chains,
        ),
        KubeletRule(
            id="kubelet-hostname-override",
            title="Kubelet is started under another name than its machine's",
            severity=Severity.LOW,
            because="It opens nothing by itself; names in logs and certificates then mislead.",
            rationale="Whoever reads a log or a certificate takes the node's name for the machine's.",
            remediation="Start it without the flag, if nothing (a cloud's integration, say) needs it.",
            how=(
                "By the flag --hostname-override as a kubelet itself tells it (flagz), from Kubernetes 1.36 "
                "on; it is in no file and no ConfigMap."
            ),
            set_="# no setting of this file: remove --hostname-override from how the kubelet is started",
            ask=_override,
        ),
        KubeletRule(
            id="kubelet-event-rate",
            title="Kubelet records too few events",
            severity=Severity.LOW,
            because="Nothing is open by it; what happened is then harder to find out.",
            rationale="Events beyond the rate are dropped, also those that tell of an attack.",
            remediation="Leave the default of 50 a second, or set what the node needs.",
            how=f"{_BY_DEFAULT} 0 is no limit; fewer than five a second is taken for too few.",
            set_="eventRecordQPS: 50",
            ask=_events,
        ),
        KubeletRule(
            id="kubelet-serving-certificate",
            title="Kubelet has no certificate that can be verified",
            severity=Severity.MEDIUM,
            because="It takes a place between the API server and the node; exec and logs are then lost.",
            rationale="Nobody can verify a certificate that the kubelet signed itself.",
            remediation="Let kubelets ask the cluster for serving certificates, and approve their requests.",
            how=(
                "Passes with serverTLSBootstrap or with files of a certificate and its key; those that a "
                "kubelet makes where it has neither do not pass."
            ),
            set_="serverTLSBootstrap: true",
            ask=_serving,
        ),
        KubeletRule(
            id="kubelet-client-rotation",
            title="Kubelet does not renew its client certificate",
            severity=Severity.LOW,
            because="A stolen certificate stays good for its whole term; an expired one takes the node away.",
            rationale="Short-lived certificates that renew themselves need nobody to remember them.",
            remediation="Switch it on.",
            how=f"{_BY_DEFAULT} The default is off, though kubeadm switches it on.",
            set_="rotateCertificates: true",
            ask=_client_rotation,
        ),
        KubeletRule(
            id="kubelet-serving-rotation",
            title="Kubelet does not renew its serving certificate",
            severity=Severity.LOW,
            because="Certificates that run out cost availability, or people who then stop verifying them.",
            rationale="A kubelet that gets its certificate from the cluster asks for the next one in time.",
            remediation="Use serverTLSBootstrap and leave the feature gate on.",
            how="By serverTLSBootstrap and the feature gate; for a file a person must judge.",
            set_="serverTLSBootstrap: true",
            ask=_serving_rotation,
        ),
        KubeletRule(
            id="kubelet-tls-ciphers",
            title="Kubelet accepts weak cipher suites",
            severity=Severity.LOW,
            because="An attack takes recorded traffic or a place in between, and an old client.",
            rationale="Suites without forward secrecy or with CBC are open to known attacks.",
            remediation="Name the suites it may use, or accept TLS 1.3 only.",
            how="Passes with ECDHE suites of AES-GCM or ChaCha20 only, or with TLS 1.3 only.",
            set_="tlsMinVersion: VersionTLS13",
            ask=_ciphers,
        ),
        KubeletRule(
            id="kubelet-pod-pids-limit",
            title="Pods may use all process ids of a node",
            severity=Severity.MEDIUM,
            because="One pod, broken into or broken, can stop everything else on its node.",
            rationale="Process ids are shared by all pods of a node, and by the node itself.",
            remediation="Set a limit that your largest pod needs.",
            how=f"{_BY_DEFAULT} The default is no limit but the node's own.",
            set_="podPidsLimit: 4096",
            ask=_pids,
        ),
        KubeletRule(
            id="kubelet-seccomp-default",
            title="Kubelet gives pods no default seccomp profile",
            severity=Severity.LOW,
            because="It takes a hole in the kernel as well; the profile closes many of those.",
            rationale="Pods that name no profile then run with every system call.",
            remediation="Switch it on.",
            how=_BY_DEFAULT,
            set_="seccompDefault: true",
            ask=_seccomp,
        ),
    )
)
