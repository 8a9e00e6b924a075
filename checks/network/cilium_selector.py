"""Cilium's selectors: of pods by their labels, their namespace, its labels and their service account.

Keys may carry a source (`k8s:app`, `any:app`), which is k8s for every label a pod has. A selector of a
namespaced policy is for that namespace unless it names another. Labels of other sources and of other clusters
are not modelled, and said. Source: cilium/cilium pkg/k8s/apis/cilium.io/utils/utils.go.
"""

from __future__ import annotations

from msgspec.structs import replace

from checks.cluster import objects as o
from checks.network.asks import Asks, asked_by, together
from checks.network.chain import Match
from checks.network.compiled import Label, Spaces, labels_of
from checks.network.peers import NAME_LABEL, Endpoint, Outside, Peer
from checks.network.selectors import selects

_NAMESPACE = "io.kubernetes.pod.namespace"
_ACCOUNT = "io.cilium.k8s.policy.serviceaccount"
_SPACE_LABELS = "io.cilium.k8s.namespace.labels."
_CLUSTER = "io.cilium.k8s.policy.cluster"
_STRANGE = ("reserved:", "cidr:", "container:", _CLUSTER, f"k8s:{_CLUSTER}", f"any:{_CLUSTER}")
_DOUBT = "its selector asks for labels that are not modelled"


def own_subject(selector: o.LabelSelector | None, namespace: str | None) -> o.LabelSelector:
    """Whom a policy is for: a namespaced one is for its own namespace, whatever it says itself."""
    chosen = selector or o.LabelSelector()
    if namespace is None:
        return chosen
    return o.LabelSelector(
        {key: value for key, value in (chosen.match_labels or {}).items() if _plain(key) != _NAMESPACE},
        tuple(each for each in chosen.match_expressions or () if _plain(each.key) != _NAMESPACE),
    )


class CiliumSelector:
    """A selector as it is written in a policy of `namespace` (None: in a cluster-wide one)."""

    def __init__(self, selector: o.LabelSelector, namespace: str | None, spaces: Spaces) -> None:
        self._plain, self._spaces, self._namespace = _rewritten(selector), spaces, namespace
        keys = _keys(self._plain)
        self._only = None if any(map(_of_a_space, keys)) else namespace
        self._strange = any(key.startswith(_STRANGE) for key in _keys(selector))
        self._of_pods = not any(key.startswith("io.") for key in keys)
        self._of_spaces = all(map(_of_a_space, keys))
        self.doubt = _DOUBT if self._strange else ""

    @property
    def labels(self) -> tuple[Label, ...]:
        """Labels one of which every pod has that it picks; empty where there are no such."""
        return labels_of(self._plain) if self._of_pods and not self._strange else ()

    @property
    def asks(self) -> Asks:
        """What it asks. A label of the namespace may come from the pod where the namespace has none."""
        labels = asked_by(self._plain)
        spaces = together(
            {NAME_LABEL if key == _NAMESPACE else key.removeprefix(_SPACE_LABELS): values}
            for key, values in labels.items()
            if _of_a_space(key)
        )
        return Asks(labels, spaces, _ACCOUNT in labels)

    def test(self, other: Endpoint) -> Match:
        """Whether it picks somebody."""
        if self._strange:
            return Match.MAYBE
        if isinstance(other, Outside) or other.on_node_network:
            return Match.NO
        if self._only is not None and other.namespace != self._only:
            return Match.NO
        labels = other.labels if self._of_pods else _identity(other, self._spaces)
        return Match.YES if selects(self._plain, labels) else Match.NO

    def whole(self, name: str) -> bool:
        """Whether it picks every pod of a namespace: it asks for nothing but the namespace."""
        if not self._of_spaces or self._namespace not in (None, name):
            return False
        probe = Peer(name="", labels={}, on_node_network=False, namespace=name)
        return selects(self._plain, _identity(probe, self._spaces))


def _plain(key: str) -> str:
    return key.removeprefix("k8s:").removeprefix("any:")


def _of_a_space(key: str) -> bool:
    return key == _NAMESPACE or key.startswith(_SPACE_LABELS)


def _rewritten(selector: o.LabelSelector) -> o.LabelSelector:
    return o.LabelSelector(
        {_plain(key): value for key, value in (selector.match_labels or {}).items()},
        tuple(replace(each, key=_plain(each.key)) for each in selector.match_expressions or ()),
    )


def _keys(selector: o.LabelSelector) -> tuple[str, ...]:
    return (*(selector.match_labels or {}), *(each.key for each in selector.match_expressions or ()))


def _identity(peer: Peer, spaces: Spaces) -> dict[str, str]:
    """The labels Cilium knows a pod by."""
    space = spaces.labels.get(peer.namespace, {})
    return {
        **peer.labels,
        _NAMESPACE: peer.namespace,
        _ACCOUNT: peer.account,
        **{f"{_SPACE_LABELS}{key}": value for key, value in space.items()},
    }
