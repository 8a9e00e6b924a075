"""Audit events as the API server writes them, for the tests of this folder."""

from __future__ import annotations

import json
from typing import Any

Doc = dict[str, Any]
SHOP = "system:serviceaccount:web:shop"
ALLOWED = {"authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": "RBAC: allowed by it"}


def event(verb: str = "get", what: Doc | None = None, **changes: Any) -> Doc:
    """An event of a request's end: on a ConfigMap unless `what` says otherwise; `what={}` for none."""
    target = {"resource": "configmaps", "namespace": "web", "name": "one", "apiVersion": "v1"}
    return {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata",
        "auditID": "a",
        "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/web/configmaps/one?x=1",
        "verb": verb,
        "user": {"username": SHOP, "groups": ["system:authenticated"], "extra": {"a": ["b"]}},
        "sourceIPs": ["10.0.0.1"],
        "objectRef": target if what is None else what or None,
        "responseStatus": {"metadata": {}, "code": 200},
        "requestReceivedTimestamp": "2026-10-01T06:00:00.000001Z",
        "stageTimestamp": "2026-10-01T06:00:00.100001Z",
        "annotations": ALLOWED,
        **changes,
    }


def lines(*events: Doc | str) -> bytes:
    """A log's bytes."""
    return b"".join((each if isinstance(each, str) else json.dumps(each)).encode() + b"\n" for each in events)
