"""How the API server is set up: who gets in, who decides, what admission stops, and what it shows of itself.

One rule a check, judged on each API server that is seen as a static pod.
"""

from __future__ import annotations

from checks.control_plane.judge import Rule, absent, checks_of, given, switched
from checks.control_plane.server_flags import anonymous, authorizer, ciphers, plugin, timeout
from checks.model import Severity, Theme

THEME = Theme.CONTROL_PLANE

_DEFAULT = "By the flag's value, or its default where it is not set."
_PLUGIN = "By the lists of plugins to enable and to disable, and those that run by default."
_MODE = "By the authorization modes. Where a file holds the authorizers instead, it is not evaluated."
_GIVEN = "By whether the flags are set: where the files are is seen, what they hold is not."
_PKI = "/etc/kubernetes/pki"

CHECKS = checks_of(
    "kube-apiserver",
    (
        Rule(
            id="apiserver-anonymous-auth",
            title="API server answers anonymous requests",
            severity=Severity.MEDIUM,
            because="It takes a second mistake, a role granted to anonymous users, before anything is lost.",
            rationale=(
                "Without credentials a request is answered as system:anonymous. Whatever a role grants to "
                "that user or to system:unauthenticated is then granted to all who can reach the server."
            ),
            remediation=(
                "Switch it off, or allow it for the health endpoints only, by an AuthenticationConfiguration."
            ),
            how=f"{_DEFAULT} Where an AuthenticationConfiguration decides instead, it is not evaluated.",
            set_="--anonymous-auth=false",
            ask=anonymous,
        ),
        Rule(
            id="apiserver-token-auth-file",
            title="API server knows users by a file of tokens",
            severity=Severity.HIGH,
            because="Whoever reads the file is all of its users, until the server is restarted with another.",
            rationale="The tokens lie in plain text on the node, never expire and cannot be revoked alone.",
            remediation="Remove the flag; let people sign in through OpenID Connect.",
            how="By whether the flag is set.",
            set_="--oidc-issuer-url=https://login.example.com",
            ask=absent("token-auth-file", "Users are known to it by a file of tokens that never expire."),
        ),
        Rule(
            id="apiserver-service-external-ips",
            title="Services may claim any external address",
            severity=Severity.MEDIUM,
            because="Who may make a Service can take over traffic to an address, of the cluster's pods only.",
            rationale=(
                "A Service with externalIPs draws the traffic that pods send to these addresses to itself "
                "(CVE-2020-8554), and everyone with the edit role may make one."
            ),
            remediation="Run the plugin DenyServiceExternalIPs, or refuse the field by an admission policy.",
            how=f"{_PLUGIN} A policy of another kind that refuses the field is not looked for.",
            set_="--enable-admission-plugins=NodeRestriction,DenyServiceExternalIPs",
            ask=plugin(
                "DenyServiceExternalIPs", wanted=True, wrong="It admits Services with any external address."
            ),
        ),
        Rule(
            id="apiserver-kubelet-client-certificate",
            title="API server shows kubelets no certificate",
            severity=Severity.MEDIUM,
            because="Kubelets must then accept requests from others too, who may run commands in pods.",
            rationale="Without a certificate of its own its requests to kubelets are anonymous.",
            remediation="Give it a client certificate that kubelets' authority has signed.",
            how=_GIVEN,
            set_=(
                f"--kubelet-client-certificate={_PKI}/apiserver-kubelet-client.crt "
                f"--kubelet-client-key={_PKI}/apiserver-kubelet-client.key"
            ),
            ask=given(
                "kubelet-client-certificate kubelet-client-key", "It shows kubelets no client certificate."
            ),
        ),
        Rule(
            id="apiserver-kubelet-authority",
            title="API server does not verify kubelets' certificates",
            severity=Severity.MEDIUM,
            because="It takes a place between the server and a node; exec and logs are then lost.",
            rationale=(
                "Without an authority to verify them by, whoever is between the API server and a node can "
                "pose as its kubelet and see what is sent to containers."
            ),
            remediation="Name the authority that signs kubelets' serving certificates, once they have such.",
            how=_GIVEN,
            set_=f"--kubelet-certificate-authority={_PKI}/ca.crt",
            ask=given("kubelet-certificate-authority", "It takes any certificate for a kubelet's."),
        ),
        Rule(
            id="apiserver-always-allow",
            title="API server authorizes everything",
            severity=Severity.CRITICAL,
            because="Everyone who reaches the server may do everything in the cluster.",
            rationale="With the mode AlwaysAllow no role or binding means anything. It is also the default.",
            remediation="Use the Node and RBAC authorizers.",
            how=f"{_MODE} Without any mode everything is allowed.",
            set_="--authorization-mode=Node,RBAC",
            ask=authorizer("AlwaysAllow", wanted=False, wrong="It authorizes every request."),
        ),
        Rule(
            id="apiserver-node-authorizer",
            title="API server does not confine nodes to their own objects",
            severity=Severity.HIGH,
            because="One node that is broken into can then read the secrets of all others.",
            rationale="The Node authorizer grants a kubelet only what the pods on its node need.",
            remediation="Put Node before RBAC among the authorization modes.",
            how=_MODE,
            set_="--authorization-mode=Node,RBAC",
            ask=authorizer("Node", wanted=True, wrong="It does not use the Node authorizer."),
        ),
        Rule(
            id="apiserver-rbac",
            title="API server does not use RBAC",
            severity=Severity.HIGH,
            because="Rights are then decided by something that the cluster's roles say nothing about.",
            rationale="Without RBAC, roles and bindings in the cluster have no effect.",
            remediation="Put RBAC among the authorization modes.",
            how=_MODE,
            set_="--authorization-mode=Node,RBAC",
            ask=authorizer("RBAC", wanted=True, wrong="It does not use RBAC."),
        ),
        Rule(
            id="apiserver-event-rate-limit",
            title="API server does not limit the rate of events",
            severity=Severity.LOW,
            because="It can cost availability, and API Priority and Fairness already limits the worst of it.",
            rationale="Whoever can make events can fill the server's queue and etcd with them.",
            remediation="Run the plugin EventRateLimit with limits by namespace and user.",
            how=_PLUGIN,
            set_=(
                "--enable-admission-plugins=NodeRestriction,EventRateLimit "
                "--admission-control-config-file=/etc/kubernetes/admission.yaml"
            ),
            ask=plugin("EventRateLimit", wanted=True, wrong="It admits events at any rate."),
        ),
        Rule(
            id="apiserver-always-admit",
            title="API server runs a plugin that admits everything",
            severity=Severity.LOW,
            because="The plugin has no effect; it tells of a configuration that nobody looks at.",
            rationale="AlwaysAdmit has no effect of its own and is deprecated.",
            remediation="Remove it from the list.",
            how=_PLUGIN,
            set_="--enable-admission-plugins=NodeRestriction",
            ask=plugin("AlwaysAdmit", wanted=False, wrong="It runs AlwaysAdmit."),
        ),
        Rule(
            id="apiserver-always-pull-images",
            title="API server does not have images pulled for each pod",
            severity=Severity.LOW,
            because="It takes a private image's name and a node that has it; registry rights are not lost.",
            rationale=(
                "An image that is on a node already is run for every pod that names it, whether its "
                "owner may pull it or not."
            ),
            remediation=(
                "Run the plugin AlwaysPullImages where tenants share nodes; mind that pods then need the "
                "registry to start."
            ),
            how=f"{_PLUGIN} A kubelet's own verification of image credentials is not looked at.",
            set_="--enable-admission-plugins=NodeRestriction,AlwaysPullImages",
            ask=plugin("AlwaysPullImages", wanted=True, wrong="Pods may use images that others pulled."),
        ),
        Rule(
            id="apiserver-service-account-plugin",
            title="API server gives pods no service account",
            severity=Severity.MEDIUM,
            because="Pods then run without an identity of their own, and pods of deleted accounts go on.",
            rationale="The plugin sees to it that a pod's service account exists, and gives it its token.",
            remediation="Take ServiceAccount out of the list of plugins to disable.",
            how=_PLUGIN,
            set_="--disable-admission-plugins=",
            ask=plugin("ServiceAccount", wanted=True, wrong="The plugin ServiceAccount is disabled."),
        ),
        Rule(
            id="apiserver-namespace-lifecycle",
            title="API server makes objects in namespaces that go away",
            severity=Severity.LOW,
            because="It makes for leftovers rather than for a way in.",
            rationale=(
                "The plugin refuses objects in namespaces that do not exist or are being deleted, and the "
                "deletion of the three that the cluster needs."
            ),
            remediation="Take NamespaceLifecycle out of the list of plugins to disable.",
            how=_PLUGIN,
            set_="--disable-admission-plugins=",
            ask=plugin("NamespaceLifecycle", wanted=True, wrong="The plugin NamespaceLifecycle is disabled."),
        ),
        Rule(
            id="apiserver-node-restriction",
            title="API server lets kubelets change other nodes and pods",
            severity=Severity.HIGH,
            because="One node that is broken into can draw pods and their secrets from all others.",
            rationale="The plugin lets a kubelet change only its own Node and the pods that run there.",
            remediation="Run the plugin NodeRestriction.",
            how=_PLUGIN,
            set_="--enable-admission-plugins=NodeRestriction",
            ask=plugin("NodeRestriction", wanted=True, wrong="Kubelets may change nodes not their own."),
        ),
        Rule(
            id="apiserver-profiling",
            title="API server serves profiles",
            severity=Severity.LOW,
            because="Only who holds rights to non-resource paths gets at them.",
            rationale="Profiles show what the server does and cost it time; nobody needs them in operation.",
            remediation="Switch profiling off until it is needed.",
            how=_DEFAULT,
            set_="--profiling=false",
            ask=switched("profiling", False, True, "It serves profiles of itself."),
        ),
        Rule(
            id="apiserver-request-timeout",
            title="API server lets requests take too long",
            severity=Severity.LOW,
            because="It costs availability only, and only where somebody tries.",
            rationale="Requests that take very long hold connections and memory that others need.",
            remediation="Leave the default of one minute, or set what your slowest connections need.",
            how="From one second to five minutes is taken for sensible; the default is one minute.",
            set_="--request-timeout=60s",
            ask=timeout,
        ),
        Rule(
            id="apiserver-service-account-lookup",
            title="API server accepts tokens of deleted service accounts",
            severity=Severity.MEDIUM,
            because="It takes a token that was already lost; deleting its account then does not end it.",
            rationale="Without the look-up only the signature counts, so that a token cannot be revoked.",
            remediation="Remove the flag or set it to true, which is the default.",
            how=_DEFAULT,
            set_="--service-account-lookup=true",
            ask=switched("service-account-lookup", True, True, "It does not look tokens up."),
        ),
        Rule(
            id="apiserver-service-account-key",
            title="API server verifies service accounts with its TLS key",
            severity=Severity.LOW,
            because="Keys that serve two purposes cannot be renewed apart; nothing is open by that alone.",
            rationale="Without a key of their own, tokens are verified with the server's TLS key.",
            remediation="Give the public half of a key pair that is used for nothing else.",
            how=_GIVEN,
            set_=f"--service-account-key-file={_PKI}/sa.pub",
            ask=given("service-account-key-file", "It has no key for service account tokens alone."),
        ),
        Rule(
            id="apiserver-etcd-client-certificate",
            title="API server shows etcd no certificate",
            severity=Severity.HIGH,
            because="An etcd that such a server can use is open to everybody who reaches its port.",
            rationale="etcd holds everything; it can demand a certificate only when the API server has one.",
            remediation="Give it a client certificate of etcd's own authority.",
            how=_GIVEN,
            set_=(
                f"--etcd-certfile={_PKI}/apiserver-etcd-client.crt "
                f"--etcd-keyfile={_PKI}/apiserver-etcd-client.key"
            ),
            ask=given("etcd-certfile etcd-keyfile", "It shows etcd no client certificate."),
        ),
        Rule(
            id="apiserver-serving-certificate",
            title="API server has no certificate of its own",
            severity=Severity.MEDIUM,
            because="Clients must then trust a certificate nobody signed, or none.",
            rationale="Without the flags it makes up a certificate that no client can verify.",
            remediation="Give it a certificate that the cluster's authority has signed.",
            how=_GIVEN,
            set_=f"--tls-cert-file={_PKI}/apiserver.crt --tls-private-key-file={_PKI}/apiserver.key",
            ask=given("tls-cert-file tls-private-key-file", "It serves TLS with a made-up certificate."),
        ),
        Rule(
            id="apiserver-client-authority",
            title="API server knows no authority for client certificates",
            severity=Severity.MEDIUM,
            because="Components then have to use weaker credentials than certificates.",
            rationale="Kubelets and components sign in by certificates, which it can verify only with this.",
            remediation="Name the authority that signs client certificates.",
            how=_GIVEN,
            set_=f"--client-ca-file={_PKI}/ca.crt",
            ask=given("client-ca-file", "It cannot verify client certificates."),
        ),
        Rule(
            id="apiserver-etcd-authority",
            title="API server does not verify etcd's certificate",
            severity=Severity.MEDIUM,
            because="It takes a place between the server and etcd; then everything in the cluster is lost.",
            rationale="Without an authority to verify it by, another server can pose as etcd.",
            remediation="Name the authority that signs etcd's certificates.",
            how=_GIVEN,
            set_=f"--etcd-cafile={_PKI}/etcd/ca.crt",
            ask=given("etcd-cafile", "It names no authority to verify etcd by."),
        ),
        Rule(
            id="apiserver-tls-ciphers",
            title="API server accepts weak cipher suites",
            severity=Severity.LOW,
            because="An attack takes recorded traffic or a place in between, and an old client.",
            rationale="Suites without forward secrecy or with CBC are open to known attacks.",
            remediation="Name the suites it may use, or accept TLS 1.3 only.",
            how=(
                "Passes with ECDHE suites of AES-GCM or ChaCha20 only, or with TLS 1.3 as the lowest "
                "version. The suites of a version's default have CBC among them."
            ),
            set_=(
                "--tls-min-version=VersionTLS12 --tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,"
                "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,"
                "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
            ),
            ask=ciphers,
        ),
        Rule(
            id="apiserver-token-expiration-extended",
            title="API server prolongs service account tokens",
            severity=Severity.LOW,
            because="It takes a stolen token; it is then good for up to a year instead of an hour.",
            rationale=(
                "For old clients that never read their token anew, tokens of pods are made valid for a year."
            ),
            remediation=(
                "Switch it off once serviceaccount_stale_tokens_total shows that no client needs it."
            ),
            how=_DEFAULT,
            set_="--service-account-extend-token-expiration=false",
            ask=switched(
                "service-account-extend-token-expiration", False, True, "Pods' tokens are valid for a year."
            ),
        ),
    ),
)
