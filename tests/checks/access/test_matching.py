"""The numbered rules of RBAC matching, and that covering a rule means allowing whatever it allows."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.access.matching import Request, allows, covers
from checks.cluster import objects as o
from tests.checks.access.rbac_objects import rule


def made(*args: str, **kwargs: str) -> o.PolicyRule:
    return msgspec.convert(rule(*args, **kwargs), o.PolicyRule)


def test_rule_1_a_resource_does_not_allow_its_subresource() -> None:
    assert allows(made("get", "core", "pods"), Request("get", "pods"))
    assert not allows(made("get", "core", "pods"), Request("get", "pods", subresource="log"))


def test_rule_2_star_allows_every_subresource() -> None:
    assert allows(made("get", "core", "*"), Request("get", "pods", subresource="log"))


def test_rule_3_star_slash_name_allows_that_subresource_only() -> None:
    scale = made("get", "apps", "*/scale")
    assert allows(scale, Request("get", "deployments", "apps", "scale"))
    assert not allows(scale, Request("get", "deployments", "apps"))
    assert not allows(scale, Request("get", "deployments", "apps", "status"))


@pytest.mark.parametrize("subresource", ["", "exec"])
def test_rule_4_name_slash_star_allows_nothing(subresource: str) -> None:
    assert not allows(made("get", "core", "pods/*"), Request("get", "pods", subresource=subresource))


def test_rule_5_verbs_are_case_sensitive() -> None:
    assert not allows(made("GET", "core", "pods"), Request("get", "pods"))


def test_rule_6_the_core_group_is_not_apps() -> None:
    assert not allows(made("get", "core", "deployments"), Request("get", "deployments", "apps"))


def test_rule_7_extensions_is_not_apps() -> None:
    assert not allows(made("get", "extensions", "deployments"), Request("get", "deployments", "apps"))


@pytest.mark.parametrize("verb", ["create", "deletecollection", "list", "watch"])
def test_rule_8_names_do_not_allow_requests_without_one(verb: str) -> None:
    limited = made("*", "core", "secrets", names="database")
    assert not allows(limited, Request(verb, "secrets"))
    assert allows(limited, Request(verb, "secrets", name=None))


def test_rule_9_a_list_filtered_by_name_carries_the_name() -> None:
    limited = made("list", "core", "secrets", names="x")
    assert allows(limited, Request("list", "secrets", name="x"))
    assert not allows(limited, Request("list", "secrets", name="y"))


def test_rule_10_creating_a_subresource_carries_the_name() -> None:
    limited = made("create", "core", "pods/exec", names="x")
    assert allows(limited, Request("create", "pods", subresource="exec", name="x"))
    assert not allows(limited, Request("create", "pods", subresource="exec", name="y"))


def test_a_star_among_names_is_a_name() -> None:
    assert not allows(made("get", "core", "pods", names="*"), Request("get", "pods", name="x"))


def test_rule_11_a_trailing_star_is_a_prefix() -> None:
    prefix = made("get", urls="/foo/*")
    assert allows(prefix, Request("get", path="/foo/bar"))
    assert not allows(prefix, Request("get", path="/foo"))


def test_rule_12_star_matches_every_url() -> None:
    assert allows(made("get", urls="*"), Request("get", path="/metrics"))


def test_urls_and_resources_never_stand_in_for_each_other() -> None:
    assert not allows(made("*", "*", "*"), Request("get", path="/metrics"))
    assert not allows(made("*", urls="*"), Request("get", "pods"))


def test_an_empty_rule_allows_nothing() -> None:
    assert not allows(o.PolicyRule(), Request("get", "pods"))


def test_covering() -> None:
    everything = made("*", "*", "*")
    assert covers([everything], [made("get list", "core apps", "pods deployments/scale")])
    assert covers([made("get", "apps", "*/scale")], [made("get", "apps", "deployments/scale")])
    assert not covers([made("get list create", "core", "pods")], [made("*", "core", "pods")])
    assert not covers([made("get", "core", "secrets", names="a")], [made("get", "core", "secrets")])
    assert covers([made("get", "core", "secrets", names="a b")], [made("get", "core", "secrets", names="b")])
    assert not covers([everything], [made("get", urls="/metrics")])
    assert covers([made("get", urls="/foo*")], [made("get", urls="/foo/*")])
    assert covers(
        [made("get", "core", "pods"), made("list", "core", "pods")], [made("get list", "core", "pods")]
    )


def some(*values: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True).map(tuple)


RULES = st.builds(
    o.PolicyRule,
    some("get", "list", "create", "*"),
    some("", "apps", "*"),
    some("pods", "pods/log", "*/log", "*", "pods/*"),
    st.none() | some("a", "b", "*"),
    st.none() | some("/foo", "/foo/*", "*"),
)
REQUESTS = st.builds(
    Request,
    st.sampled_from(["get", "list", "create"]),
    st.sampled_from(["pods", "nodes"]),
    st.sampled_from(["", "apps"]),
    st.sampled_from(["", "log", "exec"]),
    st.sampled_from(["", "a", "c"]),
    path=st.sampled_from(["", "", "/foo", "/foo/bar", "/bar"]),
)


@given(st.lists(RULES, max_size=4), RULES, REQUESTS)
def test_what_covers_a_rule_allows_all_that_it_allows(
    owned: list[o.PolicyRule], wanted: o.PolicyRule, request: Request
) -> None:
    if covers(owned, [wanted]) and allows(wanted, request):
        assert any(allows(each, request) for each in owned)
