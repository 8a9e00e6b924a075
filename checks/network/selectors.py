"""Whether a label selector picks a set of labels, as the API server's own selectors do.

Both halves count, and all their conditions must hold. Source: Kubernetes v1.37, k8s.io/apimachinery
pkg/apis/meta/v1 (LabelSelectorAsSelector) and pkg/labels/selector.go.
"""

from __future__ import annotations

from checks.cluster import objects as o
from checks.cluster.defaults import selects

__all__ = ["selects", "selects_all"]


def selects_all(selector: o.LabelSelector) -> bool:
    """Whether it picks everything, now and later: it has no condition at all."""
    return not selector.match_labels and not selector.match_expressions
