"""What audit logs say, in one line a use, as the tests of this folder write it."""

from __future__ import annotations

from typing import Any

from checks.access.subjects import groups_of, user

Doc = dict[str, Any]
SHOP = "system:serviceaccount:web:shop"


def used(*said: str, by: str = SHOP, groups: tuple[str, ...] = (), **more: Any) -> Doc:
    """A month's log of one actor: `get pods/log.apps NAMESPACE NAME`, `-` for no namespace, `get /path`."""
    own = sorted({each.name for each in groups_of(user(by))} | set(groups))
    return {
        "apiVersion": "quarterdeck.dev/v1",
        "kind": "AuditUsage",
        "metadata": {"name": by},
        "begins": "2026-10-01T00:00:00Z",
        "ends": "2026-10-31T00:00:00Z",
        "hours": 720,
        "events": 1000,
        "actors": [{"user": by, "groups": own}],
        "uses": [_use(each) for each in said],
        **more,
    }


def policy(*rules: Doc) -> Doc:
    """An audit policy; without rules it records everything."""
    return {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "metadata": {"name": "policy"},
        "rules": [*rules, {"level": "Metadata"}],
    }


def _use(said: str) -> Doc:
    verb, what, *rest = said.split()
    use: Doc = {"verb": verb, "count": 1}
    if what.startswith("/"):
        return use | {"path": what}
    dotted, _, subresource = what.partition("/")
    resource, _, group = dotted.partition(".")
    namespace, name = [*rest, "", ""][:2]
    return use | {
        "resource": resource,
        "group": group,
        "subresource": subresource,
        "namespace": namespace.removeprefix("-"),
        "name": name.removesuffix("*"),
        "several": name.endswith("*"),
    }
