"""The cheapest cut: as small as any, enough by itself, and honest about what cannot be removed."""

from __future__ import annotations

from itertools import combinations

from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from checks.access.escalation.cut import cheapest, fewest_hitting
from checks.access.escalation.graph import Graph, graph
from checks.access.escalation.places import Goal
from checks.access.escalation.steps import Cut
from checks.access.escalation.ways import cheapest_for_all, escalation, holds, reaching, without
from checks.cluster.snapshot import Snapshot
from checks.cluster.source import Sample, take_snapshot
from tests.checks.access.escalation.ways_of import RBAC, account, namespace, told, who
from tests.checks.access.rbac_objects import Doc, binding, cluster, role, rule

EVERYTHING = role("cluster-admin", rule("*", "*", "*"), rule("*", urls="*"))
ALICE = who("user:alice")


def cuts(*names: str) -> frozenset[Cut]:
    return frozenset(Cut(("RoleBinding", "web", name)) for name in names)


@given(st.lists(st.sets(st.sampled_from("abcdefgh"), min_size=1, max_size=4), max_size=9))
def test_no_smaller_set_hits_all(sets: list[set[str]]) -> None:
    wanted = [cuts(*each) for each in sets]
    chosen, exact = fewest_hitting(wanted, {})
    assert exact
    assert all(chosen & each for each in wanted)
    every = sorted(frozenset().union(*wanted), key=str)
    for smaller in combinations(every, max(0, len(chosen) - 1)):
        assert not wanted or not all(frozenset(smaller) & each for each in wanted)


RIGHTS = (
    rule("create", RBAC, "clusterrolebindings"),
    rule("bind", RBAC, "clusterroles"),
    rule("create", "core", "serviceaccounts/token"),
    rule("impersonate", "core", "users", names="user-1"),
    rule("impersonate", "core", "groups", names="g-1"),
    rule("escalate", RBAC, "clusterroles"),
    rule("update", RBAC, "clusterroles"),
    rule("*", "*", "*"),
)
WHO = ("user:alice", "user:user-1", "group:g-1", "sa:web/a", "sa:data/b")
WORLDS = st.lists(
    st.tuples(
        st.sampled_from(range(len(RIGHTS))), st.sampled_from(WHO), st.sampled_from((None, "web", "data"))
    ),
    min_size=1,
    max_size=7,
)


def world(bindings: list[tuple[int, str, str | None]]) -> Snapshot:
    docs: list[Doc] = [EVERYTHING, namespace("web"), namespace("data"), account("web/a"), account("data/b")]
    docs += [role(f"role-{number}", each) for number, each in enumerate(RIGHTS)]
    docs += [
        binding(f"b-{number}", f"role-{right}", subject, namespace=where, kind="ClusterRole")
        for number, (right, subject, where) in enumerate(bindings)
    ]
    return cluster(*docs)


@given(WORLDS)
@example([(3, "user:alice", None), (7, "user:alice", None), (7, "user:user-1", None)])
def test_the_cut_is_the_smallest_of_all_that_end_it(bindings: list[tuple[int, str, str | None]]) -> None:
    """Compared with trying every set of bindings, each time with the whole graph made anew."""
    snapshot = world(bindings)
    found = escalation(snapshot, ALICE)
    if found.goal is None:
        assert not found.cut.remove
        return
    assert found.verified
    assert found.cut.exact
    assert found.cut.complete
    every = {cut for chain in found.cut.chains for cut in chain.cuts}
    assert set(found.cut.remove) <= every
    names = [f"b-{number}" for number in range(len(bindings))]
    keys = [
        Cut(("RoleBinding", where, name) if where else ("ClusterRoleBinding", "", name))
        for name, (_, _, where) in zip(names, bindings, strict=True)
    ]
    for smaller in combinations(keys, len(found.cut.remove) - 1):
        assert not holds(snapshot, smaller, [ALICE])


@given(WORLDS)
def test_distances_backwards_are_the_ways_forwards(bindings: list[tuple[int, str, str | None]]) -> None:
    whole = graph(world(bindings))
    for subject in whole.subjects:
        found = whole.shortest(subject, Goal.ADMIN)
        assert (found.acts if found else None) == whole.distance.get(subject)
        (other,) = whole.ways([subject], Goal.ADMIN)
        assert (other.acts if other else None) == whole.distance.get(subject)


def test_what_kubernetes_itself_grants_is_not_removed() -> None:
    snapshot = take_snapshot(Sample(), progress=lambda *_: None)
    found = escalation(snapshot, who("sa:kube-system/clusterrole-aggregation-controller"))
    assert found.goal
    assert not found.cut.remove
    assert found.cut.stuck


def test_of_a_binding_of_kubernetes_only_the_added_subject_goes() -> None:
    snapshot = take_snapshot(Sample(), progress=lambda *_: None)
    mark = {"kubernetes.io/bootstrapping": "rbac-defaults"}
    stock = binding("cluster-admin", "cluster-admin", "group:system:masters", "user:alice", labels=mark)
    changed = cluster(EVERYTHING, stock)
    found = escalation(changed, ALICE)
    assert [str(cut) for cut in found.cut.remove] == ["User alice from ClusterRoleBinding cluster-admin"]
    assert found.verified
    assert who("group:system:masters") in {each.subject for each in reaching(snapshot) if each.own}


def test_all_ways_that_people_made_are_ended_at_once() -> None:
    snapshot = take_snapshot(Sample(), progress=lambda *_: None)
    cut = cheapest_for_all(snapshot)
    people = [each.subject for each in reaching(snapshot) if not each.own]
    assert people
    assert holds(snapshot, cut.remove, people)
    for number in range(len(cut.remove)):
        assert not holds(snapshot, (*cut.remove[:number], *cut.remove[number + 1 :]), people)
    left = Graph(without(snapshot, cut.remove))
    assert not cheapest(left, people).chains


def test_the_order_of_objects_changes_nothing() -> None:
    """Files and a cluster list the same objects in other orders."""
    snapshot = take_snapshot(Sample(), progress=lambda *_: None)
    turned = replace(snapshot, objects={kind: found[::-1] for kind, found in snapshot.objects.items()})
    for subject in graph(snapshot).subjects:
        ways = [graph(each).shortest(subject, Goal.ADMIN) for each in (snapshot, turned)]
        assert told(ways[0]) == told(ways[1])
        assert [str(step.uses) for way in ways[:1] if way for step in way.steps] == [
            str(step.uses) for way in ways[1:] if way for step in way.steps
        ]
    assert cheapest_for_all(snapshot).remove == cheapest_for_all(turned).remove
