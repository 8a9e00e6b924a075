"""What an audit policy records: the numbered rules, by their numbers."""

from __future__ import annotations

from typing import Any

import pytest

from checks.audit.coverage import answers
from checks.audit.faults import faults, shadowed
from checks.audit.policy import Level, Request, decide, stages
from checks.cluster import objects as o
from checks.cluster.objects import wire

NODE = ("system:nodes", "system:authenticated")


def policy(*rules: dict[str, Any], **more: Any) -> o.AuditPolicy:
    return wire.convert({"rules": list(rules), **more}, o.AuditPolicy)


def resources(*names: str, group: str = "", **more: Any) -> list[dict[str, Any]]:
    return [{"group": group, "resources": list(names), **more}]


def level(given: o.AuditPolicy, request: Request) -> Level:
    return decide(given, request).level


def get(resource: str, subresource: str = "", **more: Any) -> Request:
    return Request("get", "jane", ("system:authenticated",), "", resource, subresource, "default", **more)


def test_rule_91_the_first_match_wins() -> None:
    given = policy({"level": "None", "resources": resources("secrets")}, {"level": "RequestResponse"})
    assert decide(given, get("secrets")).rule == 0
    assert level(given, get("secrets")) is Level.NONE


def test_rule_92_no_match_is_none() -> None:
    decision = decide(policy({"level": "Metadata", "verbs": ["delete"]}), get("pods"))
    assert (decision.level, decision.rule) == (Level.NONE, None)


def test_rule_93_a_star_among_verbs_matches_nothing() -> None:
    assert level(policy({"level": "Metadata", "verbs": ["*"]}), get("pods")) is Level.NONE


def test_rule_94_pods_does_not_match_their_subresources() -> None:
    given = policy({"level": "Metadata", "resources": resources("pods")})
    assert level(given, get("pods")) is Level.METADATA
    assert level(given, get("pods", "exec")) is Level.NONE


def test_rule_95_pods_and_a_star_match_pods_and_its_subresources() -> None:
    given = policy({"level": "Metadata", "resources": resources("pods/*")})
    assert level(given, get("pods")) is Level.METADATA
    assert level(given, get("pods", "exec")) is Level.METADATA
    assert level(given, get("podtemplates")) is Level.NONE


def test_rule_96_the_empty_namespace_matches_what_is_in_none() -> None:
    given = policy({"level": "Metadata", "namespaces": [""]})
    assert level(given, Request("get", resource="nodes")) is Level.METADATA
    assert level(given, get("pods")) is Level.NONE


def test_rule_97_a_rule_with_namespaces_never_matches_a_path() -> None:
    given = policy({"level": "Metadata", "namespaces": ["", "default"]})
    assert level(given, Request("get", path="/healthz")) is Level.NONE


def test_rule_98_no_group_is_the_core_group() -> None:
    given = policy({"level": "Metadata", "resources": [{"resources": ["deployments", "pods"]}]})
    assert level(given, Request("get", group="apps", resource="deployments")) is Level.NONE
    assert level(given, get("pods")) is Level.METADATA


def test_rule_99_left_out_stages_are_a_union() -> None:
    given = policy({"level": "Metadata", "omitStages": ["ResponseComplete"]}, omitStages=["RequestReceived"])
    decision = decide(given, get("pods"))
    assert decision.omitted == {"RequestReceived", "ResponseComplete"}
    assert list(stages(decision, long_running=True)) == ["ResponseStarted"]


def test_rule_100_an_early_none_for_nodes_hides_their_reading_of_secrets() -> None:
    given = policy({"level": "None", "userGroups": ["system:nodes"]}, {"level": "Metadata"})
    missed = [each for each in answers(given) if each.missed]
    assert {each.probe.asker.label for each in missed} == {"a node"}
    assert {each.decision.rule for each in missed} == {0}
    assert any(each.probe.request.target == "secrets" for each in missed)


def test_rule_101_bodies_of_secrets_are_a_leak() -> None:
    given = policy({"level": "RequestResponse"})
    leaks = {each.probe.request.target for each in answers(given) if each.leaks}
    assert leaks == {"secrets", "configmaps", "tokenreviews.authentication.k8s.io", "serviceaccounts/token"}


def test_rule_102_metadata_for_everything_is_enough() -> None:
    given = policy({"level": "Metadata"})
    assert not any(each.missed or each.leaks for each in answers(given))


def test_a_rule_that_leaves_out_every_stage_records_nothing() -> None:
    every = ["RequestReceived", "ResponseStarted", "ResponseComplete"]
    given = policy({"level": "RequestResponse", "omitStages": every})
    assert all(each.missed for each in answers(given))


def test_names_need_a_resource_and_are_exact() -> None:
    given = policy({"level": "Metadata", "resources": resources("configmaps", resourceNames=["a"])})
    assert level(given, get("configmaps", name="a")) is Level.METADATA
    assert level(given, get("configmaps", name="b")) is Level.NONE


def test_users_who_are_not_known_match_no_rule_with_users_or_groups() -> None:
    unknown = Request("get", resource="pods")
    assert level(policy({"level": "Metadata", "userGroups": ["system:masters"]}), unknown) is Level.NONE
    assert level(policy({"level": "Metadata", "users": ["jane"]}), unknown) is Level.NONE
    assert level(policy({"level": "Metadata"}), unknown) is Level.METADATA


def test_a_rule_says_whether_managed_fields_are_kept_before_the_policy_does() -> None:
    given = policy({"level": "Request", "omitManagedFields": False}, omitManagedFields=True)
    assert decide(given, get("pods")).managed_fields
    assert not decide(policy({"level": "Request"}, omitManagedFields=True), get("pods")).managed_fields


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"level": "metadata"},
        {"level": "None", "omitStages": ["Later"]},
        {"level": "None", "nonResourceURLs": ["healthz"]},
        {"level": "None", "nonResourceURLs": ["/a*b"]},
        {"level": "None", "nonResourceURLs": ["/a"], "namespaces": ["default"]},
        {"level": "None", "resources": [{"group": "apps/v1"}]},
        {"level": "None", "resources": [{"resourceNames": ["a"]}]},
    ],
)
def test_what_the_api_server_refuses(rule: dict[str, Any]) -> None:
    assert faults(policy(rule))


def test_a_policy_without_rules_is_refused() -> None:
    assert faults(policy())
    assert not faults(policy({"level": "None", "nonResourceURLs": ["/healthz*", "*"]}))


@pytest.mark.parametrize(
    ("wide", "narrow", "hidden"),
    [
        ({}, {"resources": resources("secrets")}, True),
        ({"userGroups": ["system:nodes"]}, {"resources": resources("secrets")}, False),
        ({"resources": resources("*")}, {"resources": resources("pods", "pods/log")}, True),
        ({"resources": resources("pods")}, {"resources": resources("pods/log")}, False),
        ({"resources": [{"group": ""}]}, {"resources": resources("pods")}, True),
        ({"resources": resources("pods")}, {"resources": [{"group": ""}]}, False),
        ({"resources": resources("pods")}, {}, False),
        ({"nonResourceURLs": ["/health*"]}, {"nonResourceURLs": ["/healthz"]}, True),
        ({"nonResourceURLs": ["*"]}, {"resources": resources("pods")}, False),
        ({"namespaces": ["a", "b"]}, {"namespaces": ["a"], "resources": resources("pods")}, True),
    ],
)
def test_rules_that_never_decide(wide: dict[str, Any], narrow: dict[str, Any], hidden: bool) -> None:
    given = policy({"level": "None", **wide}, {"level": "Metadata", **narrow})
    assert [(each.rule, each.by) for each in shadowed(given)] == ([(1, 0)] if hidden else [])
