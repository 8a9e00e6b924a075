"""The lists that have a name: which checks put what on them, and how that is said."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct


class Listed(Struct, frozen=True):
    """A list: what is said of those on it, of one and of many, and the checks that put them there."""

    one: str
    many: str
    checks: tuple[str, ...]


def _of(one: str, many: str, *checks: str) -> Listed:
    return Listed(one, many, checks)


LISTS: Mapping[str, Listed] = MappingProxyType(
    {
        "run-as-root": _of("runs as root", "run as root", "pod-runs-as-root"),
        "may-run-as-root": _of("may run as root", "may run as root", "pod-root-not-prevented"),
        "privileged": _of("is privileged", "are privileged", "pod-privileged"),
        "privilege-escalation": _of(
            "allows privilege escalation", "allow privilege escalation", "pod-privilege-escalation"
        ),
        "capabilities": _of("has added capabilities", "have added capabilities", "pod-added-capabilities"),
        "host-network": _of("is on the host's network", "are on the host's network", "pod-host-network"),
        "host-pid": _of("sees the host's processes", "see the host's processes", "pod-host-pid"),
        "host-path": _of("mounts paths of the host", "mount paths of the host", "pod-host-path"),
        "host-port": _of("takes a port of the host", "take a port of the host", "pod-host-port"),
        "runtime-socket": _of(
            "mounts the container runtime's socket",
            "mount the container runtime's socket",
            "pod-runtime-socket",
        ),
        "writable-root": _of(
            "has a writable root file system",
            "have a writable root file system",
            "pod-writable-root-filesystem",
        ),
        "no-seccomp": _of("has no seccomp profile", "have no seccomp profile", "pod-no-seccomp-profile"),
        "latest-images": _of("uses a latest image", "use a latest image", "image-latest-tag"),
        "no-digest": _of(
            "uses an image without a digest", "use an image without a digest", "image-no-digest"
        ),
        "unlimited": _of("has no memory limit", "have no memory limit", "container-no-memory-limit"),
        "no-requests": _of(
            "requests no CPU or memory",
            "request no CPU or memory",
            "container-no-cpu-request",
            "container-no-memory-request",
        ),
        "no-probes": _of(
            "has no probe", "have no probe", "container-no-liveness-probe", "container-no-readiness-probe"
        ),
        "secrets-in-env": _of(
            "has a secret in its environment",
            "have a secret in their environment",
            "secret-in-environment",
            "secret-value-in-environment",
        ),
        "default-service-account": _of(
            "uses the default service account",
            "use the default service account",
            "workload-default-service-account",
        ),
        "mounted-tokens": _of(
            "mounts a token of its service account",
            "mount a token of their service account",
            "workload-token-mounted",
        ),
        "bare-pods": _of("belongs to no controller", "belong to no controller", "workload-bare-pod"),
        "no-default-deny": _of(
            "lacks a default deny",
            "lack a default deny",
            "namespace-default-deny-ingress",
            "namespace-default-deny-egress",
        ),
        "no-network-policy": _of(
            "has no network policy", "have no network policy", "namespace-network-policy-missing"
        ),
        "no-pod-security": _of(
            "enforces no level of Pod Security",
            "enforce no level of Pod Security",
            "namespace-pod-security-unlabelled",
        ),
        "no-quota": _of("has no resource quota", "have no resource quota", "namespace-no-resource-quota"),
        "published": _of(
            "is published outside of the cluster",
            "are published outside of the cluster",
            "service-node-port",
            "service-load-balancer-open",
            "service-external-ips",
        ),
        "no-tls": _of("serves without TLS", "serve without TLS", "ingress-no-tls", "gateway-listener-no-tls"),
        "internet-egress": _of(
            "may reach the Internet", "may reach the Internet", "workload-internet-egress"
        ),
        "wildcard-roles": _of("grants with a wildcard", "grant with a wildcard", "rbac-wildcard-role"),
    }
)
"""The lists by name. Every check is one too, by its id, and so is every severity."""
