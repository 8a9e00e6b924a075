"""Policies are found by what their selectors ask about; asked one by one, the same ones must be for a pod."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from checks.network.chain import Match
from checks.network.peers import peers
from checks.network.policies import Direction
from checks.network.world import compiled, world
from tests.checks.network.network_objects import Doc, pod, policy
from tests.harness.fixture_snapshot import snapshot_of

SPACES = {"web": {"team": "a"}, "data": {"team": "b", "env": "prod"}, "ops": {}}
KEYS, VALUES = st.sampled_from(("app", "tier", "team")), st.sampled_from(("shop", "db", "a", "b"))
LABELS = st.dictionaries(KEYS, VALUES, max_size=3)


def selectors(keys: st.SearchStrategy[str], values: st.SearchStrategy[str]) -> st.SearchStrategy[Doc]:
    """Label selectors of every shape."""
    listed = st.lists(values, min_size=1, max_size=2)
    expressions = st.one_of(
        st.fixed_dictionaries({"key": keys, "operator": st.sampled_from(("Exists", "DoesNotExist"))}),
        st.fixed_dictionaries({"key": keys, "operator": st.sampled_from(("In", "NotIn")), "values": listed}),
    )
    exact = st.dictionaries(keys, values, min_size=1, max_size=2)
    return st.one_of(
        st.just({}),
        st.fixed_dictionaries({"matchLabels": exact}),
        st.fixed_dictionaries({"matchExpressions": st.lists(expressions, min_size=1, max_size=2)}),
        st.fixed_dictionaries({"matchLabels": exact, "matchExpressions": st.lists(expressions, max_size=1)}),
    )


OF_PODS = selectors(KEYS, VALUES)
OF_SPACES = selectors(
    st.sampled_from(("team", "env", "kubernetes.io/metadata.name")),
    st.sampled_from(("a", "b", "prod", "web")),
)
OF_CILIUM = selectors(
    st.sampled_from(
        (
            "app",
            "k8s:tier",
            "any:app",
            "k8s:io.kubernetes.pod.namespace",
            "io.cilium.k8s.namespace.labels.team",
            "io.cilium.k8s.policy.serviceaccount",
            "reserved:host",
        )
    ),
    st.sampled_from(("shop", "a", "web", "data", "robot")),
)
COMPARED = st.sampled_from(("==", "!=", "contains", "starts with"))
OF_CALICO = st.recursive(
    st.one_of(
        st.builds(
            "{} {} '{}'".format, KEYS, st.sampled_from(("==", "!=", "contains", "starts with")), VALUES
        ),
        st.builds("{} {} {{'{}'}}".format, KEYS, st.sampled_from(("in", "not in")), VALUES),
        st.builds("has({})".format, KEYS),
        st.just("all()"),
        st.sampled_from(("projectcalico.org/namespace == 'web'", "projectcalico.org/name != 'data'")),
    ),
    lambda inner: st.one_of(
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("!{}".format, inner),
    ),
    max_leaves=4,
)
BOTH: Doc = {"types": ["Ingress", "Egress"]}


def _object(kind: str, version: str, spec: Doc, namespace: str | None = None) -> Doc:
    metadata = {"name": "p"} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


IN_SPACE = st.sampled_from(sorted(SPACES))
POLICIES: st.SearchStrategy[Doc] = st.one_of(
    st.builds(
        lambda selector, space: policy("p", selector, space, types="Ingress Egress"), OF_PODS, IN_SPACE
    ),
    st.builds(
        lambda pods, spaces: _object(
            "ClusterNetworkPolicy",
            "policy.networking.k8s.io/v1alpha2",
            {
                "tier": "Admin",
                "priority": 1,
                "subject": {"pods": {"podSelector": pods, "namespaceSelector": spaces}},
                "ingress": [{"action": "Deny", "from": [{"namespaces": {}}]}],
            },
        ),
        OF_PODS,
        OF_SPACES,
    ),
    st.builds(
        lambda selector, space: _object(
            "CiliumNetworkPolicy", "cilium.io/v2", {"endpointSelector": selector, "ingress": [{}]}, space
        ),
        OF_CILIUM,
        IN_SPACE,
    ),
    st.builds(
        lambda selector: _object(
            "CiliumClusterwideNetworkPolicy", "cilium.io/v2", {"endpointSelector": selector, "egress": [{}]}
        ),
        OF_CILIUM,
    ),
    st.builds(
        lambda pods, spaces: _object(
            "GlobalNetworkPolicy",
            "crd.projectcalico.org/v1",
            {"selector": pods, "namespaceSelector": spaces, **BOTH, "ingress": [{"action": "Deny"}]},
        ),
        OF_CALICO,
        OF_CALICO,
    ),
    st.builds(
        lambda pods, space: _object(
            "NetworkPolicy", "crd.projectcalico.org/v1", {"selector": pods, **BOTH}, space
        ),
        OF_CALICO,
        IN_SPACE,
    ),
)
Pod = tuple[str, dict[str, str], str]
ALL_SPACES, ACCOUNTS = (*sorted(SPACES), "unread"), ("", "robot")
EVERYWHERE: list[Pod] = [(space, {"app": "shop"}, account) for space in ALL_SPACES for account in ACCOUNTS]
PODS: st.SearchStrategy[Pod] = st.tuples(st.sampled_from(ALL_SPACES), LABELS, st.sampled_from(ACCOUNTS))


@settings(max_examples=250, deadline=None)
@given(st.lists(POLICIES, min_size=1, max_size=6), st.lists(PODS, max_size=6))
def test_what_is_found_is_what_each_policy_says_when_asked(policies: list[Doc], pods: list[Pod]) -> None:
    docs: list[Doc] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        for name, labels in SPACES.items()
    ]
    for number, each in enumerate(policies):
        docs.append({**each, "metadata": {**each["metadata"], "name": f"p{number}"}})
    for number, (space, labels, account) in enumerate((*EVERYWHERE, *pods)):
        made = pod(f"pod{number}", space)
        made["metadata"]["labels"] = labels
        docs.append({**made, "spec": {**made["spec"], "serviceAccountName": account}})
    snapshot = snapshot_of(*docs)
    around, every = world(snapshot), tuple(compiled(snapshot))
    for peer in (peer for listed in peers(snapshot).values() for peer in listed):
        for direction in Direction:
            found = Counter(
                (rule.policy.metadata.name, rule.path, bool(rule.doubt))
                for stage in around.stages(peer, direction)
                for rule in stage
                if not rule.path.endswith(("Types", "types"))
            )
            asked = Counter(
                (each.name, rule.path, bool(rule.doubt) or match is Match.MAYBE)
                for each in every
                if each.direction is direction
                and each.namespace in (None, peer.namespace)
                and (match := each.selects(peer))
                for rule in each.rules
            )
            assert found == asked
