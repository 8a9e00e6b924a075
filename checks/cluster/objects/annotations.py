"""The annotations that some check reads. Any other may repeat a secret, as `last-applied-configuration` does,
and is dropped while it is decoded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from checks.cluster.objects.reduced import Reduced

_EXACT = frozenset(
    (
        "seccomp.security.alpha.kubernetes.io/pod",
        "kubernetes.io/config.source",
        "kubernetes.io/config.mirror",
        "kubernetes.io/service-account.name",
        "ambient.istio.io/redirection",
        "linkerd.io/inject",
        "config.linkerd.io/default-inbound-policy",
        "sidecar.istio.io/inject",
        "eks.amazonaws.com/role-arn",
        "iam.gke.io/gcp-service-account",
        "azure.workload.identity/client-id",
        "networking.gke.io/load-balancer-type",
        "cloud.google.com/load-balancer-type",
        "service.beta.kubernetes.io/aws-load-balancer-internal",
        "service.beta.kubernetes.io/aws-load-balancer-scheme",
        "service.beta.kubernetes.io/azure-load-balancer-internal",
        "service.beta.kubernetes.io/load-balancer-source-ranges",
    )
)
INGRESS_SNIPPETS = tuple(
    f"nginx.ingress.kubernetes.io/{name}"
    for name in (
        "auth-snippet",
        "configuration-snippet",
        "modsecurity-snippet",
        "server-snippet",
        "stream-snippet",
    )
)
INGRESS_CERTIFICATES = (
    "alb.ingress.kubernetes.io/certificate-arn",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
    "networking.gke.io/managed-certificates",
)
_PRESENCE = frozenset((*INGRESS_SNIPPETS, *INGRESS_CERTIFICATES))
"""What is asked of these is whether they are there; their values may be whole programs and are dropped."""
_PREFIXES = (
    "container.apparmor.security.beta.kubernetes.io/",
    "container.seccomp.security.alpha.kubernetes.io/",
    "vault.hashicorp.com/agent-inject",
    "conjur.org/",
)
_LONGEST = 512


class Annotations(Reduced):
    """The annotations that checks read, hashable and in the order of their keys."""

    __slots__ = ("pairs",)

    def __init__(self, given: Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> None:
        items = given.items() if isinstance(given, Mapping) else given
        kept = {
            key: "" if key in _PRESENCE else value[:_LONGEST]
            for key, value in items
            if isinstance(value, str) and (key in _EXACT or key in _PRESENCE or key.startswith(_PREFIXES))
        }
        self.pairs: tuple[tuple[str, str], ...] = tuple(sorted(kept.items()))

    def get(self, key: str) -> str | None:
        """An annotation's value."""
        return next((value for name, value in self.pairs if name == key), None)

    def starting(self, prefix: str | tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """Every annotation whose key starts so, or in one of several ways."""
        return tuple(pair for pair in self.pairs if pair[0].startswith(prefix))

    def __bool__(self) -> bool:
        return bool(self.pairs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Annotations) and self.pairs == other.pairs

    def __hash__(self) -> int:
        return hash(self.pairs)

    def __repr__(self) -> str:
        return f"Annotations({dict(self.pairs)!r})"

    @classmethod
    def from_wire(cls, value: Any) -> Annotations:
        """Raises ValueError for what is no object."""
        if isinstance(value, dict):
            return Annotations(value) or NO_ANNOTATIONS
        raise ValueError(f"Expected `object`, got `{type(value).__name__}`")

    def to_wire(self) -> dict[str, str]:
        return dict(self.pairs)


NO_ANNOTATIONS = Annotations()
