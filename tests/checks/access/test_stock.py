"""Kubernetes' own grants are known by content: a name or a label alone proves nothing."""

from __future__ import annotations

from typing import TypeVar

import msgspec
import pytest

from checks.access.stock import AnyBinding, AnyRole, is_stock_rule, is_stock_subject, key_of, labelled, stock
from checks.access.subjects import MASTERS, named
from checks.cluster import objects as o
from checks.model import Subject
from tests.checks.access.rbac_objects import binding, role, rule
from tests.harness.api_server import ApiServer

T = TypeVar("T", bound=o.Object)
LABEL = {"kubernetes.io/bootstrapping": "rbac-defaults"}


def own_binding(
    *subjects: str, to: str = "cluster-admin", labels: dict[str, str] = LABEL
) -> o.ClusterRoleBinding:
    return msgspec.convert(binding("cluster-admin", to, *subjects, labels=labels), o.ClusterRoleBinding)


def test_the_stock_subject_of_the_stock_binding() -> None:
    assert is_stock_subject(own_binding("group:system:masters"), MASTERS)


@pytest.mark.parametrize(
    ("made", "subject"),
    [
        (own_binding("group:system:masters", "user:mallory"), Subject("User", "mallory")),
        (own_binding("group:system:masters", labels={}), MASTERS),
        (own_binding("group:system:masters", to="view"), MASTERS),
    ],
    ids=["one more subject", "no label", "another role"],
)
def test_what_somebody_changed_is_not_stock(made: o.ClusterRoleBinding, subject: Subject) -> None:
    assert not is_stock_subject(made, subject)


def test_only_the_rules_from_the_start_are_stock() -> None:
    basic = msgspec.convert(role("system:basic-user", labels=LABEL), o.ClusterRole)
    review = msgspec.convert(rule("create", "authorization.k8s.io", "selfsubjectaccessreviews"), o.PolicyRule)
    assert is_stock_rule(basic, review)
    assert not is_stock_rule(basic, msgspec.convert(rule("get", "core", "secrets"), o.PolicyRule))
    unlabelled = msgspec.convert(role("system:basic-user"), o.ClusterRole)
    assert not is_stock_rule(unlabelled, review)


def listed(server: ApiServer, plural: str, kind: type[T]) -> list[T]:
    items = server.api.get(f"/apis/rbac.authorization.k8s.io/v1/{plural}")["items"]
    return [each for each in msgspec.convert(items, list[kind]) if labelled(each)]  # type: ignore[valid-type]


def test_the_table_is_what_a_real_api_server_makes(api_server: ApiServer) -> None:
    roles: list[AnyRole] = [
        *listed(api_server, "clusterroles", o.ClusterRole),
        *listed(api_server, "roles", o.Role),
    ]
    assert len(roles) > 60
    assert {key_of(each) for each in roles} == set(stock().roles)
    for each in roles:
        assert all(is_stock_rule(each, rule) for rule in each.rules or ()), each.resource
    bindings: list[AnyBinding] = [
        *listed(api_server, "clusterrolebindings", o.ClusterRoleBinding),
        *listed(api_server, "rolebindings", o.RoleBinding),
    ]
    assert len(bindings) > 50
    assert {key_of(each) for each in bindings} == set(stock().bindings)
    for binding_ in bindings:
        for subject in binding_.subjects or ():
            who = named(subject, binding_.metadata.namespace)
            assert who is not None
            assert is_stock_subject(binding_, who), binding_.resource
