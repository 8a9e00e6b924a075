"""Ways against the judge: every step is asked of a real API server as the identity held then, and tried.

What the model says can be done is done, and must be let through; what it says cannot be done is tried as
well, and must be refused. Nothing but dry runs, tokens and questions.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from random import Random

import pytest

from checks.access.engine import subject_rules
from checks.access.escalation.estate import KINDS
from checks.access.escalation.graph import graph
from checks.access.escalation.held import CLUSTER_ADMIN, holdings
from checks.access.escalation.moves import acts_of, moves_of
from checks.access.escalation.needs import BIND_CLUSTER_ROLES, CREATE_BINDINGS, CREATE_CLUSTER_BINDINGS
from checks.access.escalation.places import Accounts, Goal, Granted, NodeIdentity, Place
from checks.access.escalation.steps import Permission
from checks.access.escalation.ways import escalation
from checks.access.index import index
from checks.access.matching import covers
from checks.access.subjects import GROUP, MASTERS, SERVICE_ACCOUNT, USER
from checks.cluster.snapshot import Snapshot
from checks.cluster.source import LiveCluster, take_snapshot
from checks.model import Subject
from tests.checks.access.escalation.acting import Actor
from tests.checks.access.escalation.ways_of import RBAC, account, namespace, node, pod
from tests.checks.access.rbac_objects import Doc, binding, role, rule
from tests.checks.access.test_oracle_covers import a_rule as a_covered_rule
from tests.harness.api_server import ApiServer
from tests.harness.kubernetes_api import Api, ApiError

SPACES = ("ways-a", "ways-b")
NAMES = ("x", "y")
ACCOUNTS = tuple(Subject(SERVICE_ACCOUNT, name, space) for space in SPACES for name in NAMES)
RIGHTS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("create", RBAC, "clusterrolebindings", ("",)),
    ("create", RBAC, "rolebindings", ("",)),
    ("bind", RBAC, "clusterroles", ("", "cluster-admin", "ways-0 ways-1")),
    ("escalate", RBAC, "clusterroles", ("", "ways-0 ways-1 ways-2 ways-3")),
    ("patch", RBAC, "clusterroles", ("", "ways-0 ways-1 ways-2 ways-3")),
    ("impersonate", "core", "users", ("", "boss")),
    ("impersonate", "core", "groups", ("", "sre", "system:masters")),
    ("impersonate", "core", "serviceaccounts", ("", "x")),
    ("create", "core", "serviceaccounts/token", ("", "y")),
    ("create", "core", "pods", ("",)),
    ("patch", "core", "pods", ("", "taken")),
    ("get list", "core", "secrets", ("",)),
    ("create", "core", "secrets", ("",)),
    ("create", "core", "pods/exec", ("",)),
    ("patch", "core", "namespaces", ("", "ways-a")),
    ("get", "core", "nodes/proxy", ("",)),
    (
        "create update",
        "certificates.k8s.io",
        "certificatesigningrequests certificatesigningrequests/approval",
        ("",),
    ),
    ("approve", "certificates.k8s.io", "signers", ("kubernetes.io/*", "kubernetes.io/kube-apiserver-client")),
    ("*", "*", "*", ("",)),
)


def a_world(random: Random) -> list[Doc]:
    """Two namespaces with two accounts each, 14 roles of up to four rights, and 22 bindings."""
    docs: list[Doc] = [namespace(SPACES[0], "privileged"), namespace(SPACES[1], "baseline")]
    docs += [account(f"{each.namespace}/{each.name}") for each in ACCOUNTS]
    for number in range(14):
        chosen = random.sample(RIGHTS[:-1], random.randint(1, 4)) + ([RIGHTS[-1]] if number == 13 else [])
        rules = [rule(verbs, group, what, names=random.choice(names)) for verbs, group, what, names in chosen]
        docs.append(role(f"ways-{number}", *rules))
    for number in range(22):
        who = [
            random.choice(
                (*(f"sa:{each.namespace}/{each.name}" for each in ACCOUNTS), "user:boss", "group:sre")
            )
            if number % 5
            else f"group:system:serviceaccounts:{random.choice(SPACES)}"
        ]
        to = f"ways-{random.randrange(14) if number else 13}"
        where = random.choice((None, *SPACES))
        docs.append(
            binding(
                f"ways-{number}", to, *(who if number else ["user:boss"]), namespace=where, kind="ClusterRole"
            )
        )
    return docs


@contextmanager
def loaded(server: ApiServer, docs: list[Doc]) -> Iterator[Snapshot]:
    server.api.apply(*docs)
    try:
        yield take_snapshot(LiveCluster(server.kubeconfig), progress=lambda *_: None, kinds=KINDS)
    finally:
        server.api.delete(*docs)


def identity(place: Place) -> tuple[str, list[str]] | None:
    """A user name and groups that are this subject and nobody else."""
    match place:
        case Subject(kind=kind, name=name, namespace=space) if kind == SERVICE_ACCOUNT:
            groups = ["system:serviceaccounts", f"system:serviceaccounts:{space}", "system:authenticated"]
            return f"system:serviceaccount:{space}:{name}", groups
        case Subject(kind=kind, name=name) if kind == USER:
            return name, ["system:authenticated"]
        case Subject(kind=kind, name=name) if kind == GROUP:
            return "somebody-in-it", [name, "system:authenticated"]
        case _:
            return None


def is_allowed(server: ApiServer, who: tuple[str, list[str]], permission: Permission) -> bool:
    """What a SubjectAccessReview says of the very request; `some namespace` is asked about as one of them."""
    request = permission.request
    return server.api.sar(
        *who,
        request.verb,
        request.resource,
        group=request.group,
        subresource=request.subresource,
        namespace=SPACES[0] if request.namespace is None else request.namespace,
        name=request.name or "",
    )


@pytest.mark.parametrize("seed", range(4))
def test_every_step_of_every_way_is_allowed(api_server: ApiServer, seed: int) -> None:
    """Of everybody who reaches cluster-admin: each permission of each step, as the identity held then."""
    asked = 0
    with loaded(api_server, a_world(Random(seed))) as snapshot:
        whole = graph(snapshot)
        for subject in whole.subjects:
            chain = whole.shortest(subject, Goal.ADMIN)
            for step in chain.steps if chain else ():
                who = identity(step.identity)
                for permission in step.permissions:
                    if who is not None and permission.bound is not None:
                        asked += 1
                        assert is_allowed(api_server, who, permission), (
                            subject,
                            str(step),
                            permission.request,
                        )
    assert asked > 5


@pytest.mark.parametrize("seed", range(4))
def test_every_permission_of_every_move_is_allowed(api_server: ApiServer, seed: int) -> None:
    """Not only on shortest ways: every move of every service account, whole crowds by one of them."""
    asked = 0
    with loaded(api_server, a_world(Random(100 + seed))) as snapshot:
        for subject in ACCOUNTS:
            who = identity(subject)
            assert who
            for move in moves_of(snapshot, holdings(snapshot).of(subject)):
                for permission in move.permissions:
                    asked += 1
                    assert is_allowed(api_server, who, permission), (
                        subject,
                        move.technique,
                        permission.request,
                    )
    assert asked > 5


def reached(snapshot: Snapshot, subject: Subject) -> dict[str, set[Place]]:
    """What the model says can be got hold of by one act, by technique."""
    found: dict[str, set[Place]] = {}
    for move in acts_of(snapshot, holdings(snapshot).of(subject), every=True):
        found.setdefault(move.technique, set()).add(move.target)
    return found


def has(places: set[Place], account: Subject) -> bool:
    """Whether an account is among these, by itself or in a crowd."""
    return not places.isdisjoint((account, Accounts(account.namespace), Accounts(None)))


def attempts(actor: Actor, snapshot: Snapshot, subject: Subject) -> Iterator[tuple[str, bool, bool]]:
    """What was tried, what the model says of it, and what became of it."""
    can = reached(snapshot, subject)
    by_pods, by_names, by_tokens = (can.get(each, set()) for each in ("E5", "E4", "E9"))
    for space in SPACES:
        may = bool({Accounts(space), Accounts(None)} & by_pods)
        yield f"a pod in {space}", may, actor.starts_pod(space, "x")
        taken = may and space == SPACES[0]
        yield f"a privileged pod in {space}", taken, actor.starts_pod(space, "x", privileged=True)
    for each in ACCOUNTS:
        yield f"impersonate {each}", has(by_names, each), actor.impersonates(_name(each))
        yield f"a token of {each}", has(by_tokens, each), actor.mints(each.namespace or "", each.name)
    users = ("anybody", "boss", *(_name(each) for each in ACCOUNTS))
    masters = any(actor.impersonates(each, [MASTERS.name]) for each in users)
    yield "impersonate system:masters", MASTERS in by_names, masters
    for name in ("cluster-admin", "ways-0"):
        for where in (None, *SPACES):
            yield (
                f"bind {name} in {where}",
                binds(snapshot, subject, name, where),
                actor.binds(name, where or ""),
            )


def binds(snapshot: Snapshot, subject: Subject, name: str, where: str | None) -> bool:
    """Whether the model lets somebody bind a ClusterRole: by `bind`, or because its rules are held there."""
    held = holdings(snapshot).of(subject)
    writes, permits = (
        any(
            hold.allows(name) and (hold.reaches(where) if where else hold.clusterwide)
            for hold in held.of(need)
        )
        for need in (CREATE_BINDINGS if where else CREATE_CLUSTER_BINDINGS, BIND_CLUSTER_ROLES)
    )
    mine = [each.rule for each in subject_rules(snapshot, subject) if each.namespace in (None, where)]
    rules = index(snapshot).roles["ClusterRole", "", name].rules or ()
    gained = {Granted(CLUSTER_ADMIN, scope) for scope in ({where, "*"} if where else {None})}
    if name == CLUSTER_ADMIN[2]:
        permits = bool(gained & reached(snapshot, subject).get("E3", set()))
    return writes and (permits or covers(mine, rules))


def _name(account: Subject) -> str:
    return f"system:serviceaccount:{account.namespace}:{account.name}"


@pytest.mark.parametrize("seed", range(4))
def test_what_can_be_done_is_let_through_and_all_else_refused(api_server: ApiServer, seed: int) -> None:
    """Every service account tries what there is to try, whether or not the model says that it can."""
    tried: list[bool] = []
    with loaded(api_server, a_world(Random(200 + seed))) as snapshot:
        for subject in ACCOUNTS:
            with Actor(api_server, subject) as actor:
                for about, said, truth in attempts(actor, snapshot, subject):
                    tried.append(truth)
                    assert said is truth, (str(subject), about)
    assert len(tried) == len(ACCOUNTS) * 19
    assert 0.05 * len(tried) < sum(tried) < 0.95 * len(tried)


@pytest.mark.parametrize("seed", range(4))
def test_a_role_is_widened_only_by_whom_the_model_names(api_server: ApiServer, seed: int) -> None:
    with loaded(api_server, a_world(Random(300 + seed))) as snapshot:
        for subject in ACCOUNTS:
            acts = acts_of(snapshot, holdings(snapshot).of(subject), every=True)
            said = {move.uses.removeprefix("ClusterRole ") for move in acts if move.technique == "E2"}
            bound = index(snapshot).by_subject.get(subject, ())
            own = {each.role.metadata.name for each in bound if each.namespace is None}
            with Actor(api_server, subject) as actor:
                widened = {name for name in (*said, *own) if actor.widens(name)}
            assert said <= widened, (str(subject), said, widened)
            assert bool(said) is bool(widened), (str(subject), widened)


def test_a_create_limited_to_a_name_is_one_with_patch_of_it(api_server: ApiServer) -> None:
    """Server-side apply asks for both verbs with the name, a plain create for one without."""
    space, named = SPACES[0], "taken"
    both = role("ways-both", rule("create patch", "core", "pods", names=named))
    alone = role("ways-alone", rule("create", "core", "pods", names=named))
    docs: list[Doc] = [
        namespace(space, "privileged"),
        account(f"{space}/x"),
        account(f"{space}/y"),
        both,
        alone,
        binding("ways-both", "ways-both", f"sa:{space}/x", namespace=space, kind="ClusterRole"),
        binding("ways-alone", "ways-alone", f"sa:{space}/y", namespace=space, kind="ClusterRole"),
    ]
    with loaded(api_server, docs) as snapshot:
        for name, expected in (("x", True), ("y", False)):
            subject = Subject(SERVICE_ACCOUNT, name, space)
            assert (Accounts(space) in reached(snapshot, subject).get("E5", set())) is expected
            with Actor(api_server, subject) as actor:
                assert not actor.starts_pod(space, "x")
                assert actor.applies_pod(space, named) is expected


@pytest.mark.parametrize("seed", range(2))
def test_a_create_of_a_name_and_its_completion_by_another_rule(api_server: ApiServer, seed: int) -> None:
    """Generated pairs of rules, in one role or in two: a pod by apply, a binding by apply or by update."""
    random, space, named = Random(seed), SPACES[0], "taken"
    subject = Subject(SERVICE_ACCOUNT, "x", space)
    seen: list[bool] = []
    for _ in range(14):
        pods, what = random.random() < 0.5, random.choice(("patch", "update", "get"))
        group, resource = ("core", "pods") if pods else (RBAC, "clusterrolebindings")
        create = rule("create", group, resource, names=named)
        other = rule(what, group, resource, names=random.choice(("", named, "other")))
        bind = rule("bind", RBAC, "clusterroles", names="cluster-admin")
        where = space if pods and random.random() < 0.5 else None
        docs: list[Doc] = [
            namespace(space, "privileged"),
            account(f"{space}/x"),
            role("ways-create", create, bind),
            role("ways-other", other),
            binding("ways-create", "ways-create", f"sa:{space}/x"),
            binding("ways-other", "ways-other", f"sa:{space}/x", namespace=where, kind="ClusterRole"),
        ]
        with loaded(api_server, docs) as snapshot, Actor(api_server, subject) as actor:
            can = reached(snapshot, subject)
            said = bool({Accounts(space), Accounts(None)} & can.get("E5", set())) if pods else "E3" in can
            truth = actor.applies_pod(space, named) if pods else actor.makes_binding(named, "cluster-admin")
            seen.append(truth)
            assert said is truth, (create, other, where)
            who = identity(subject)
            for move in acts_of(snapshot, holdings(snapshot).of(subject)):
                assert who
                assert all(is_allowed(api_server, who, each) for each in move.permissions), move
    assert True in seen
    assert False in seen


def test_a_token_of_a_pod_acts_as_its_node_by_both_rights(api_server: ApiServer) -> None:
    """`associated-node`: only with a token that is bound to a pod, only as that pod's node."""
    space, subject = SPACES[0], Subject(SERVICE_ACCOUNT, "x", SPACES[0])
    use = "impersonate-on:associated-node:create"
    docs: list[Doc] = [
        namespace(space, "privileged"),
        node("ways-node"),
        node("ways-other"),
        account(f"{space}/x"),
        account(f"{space}/y"),
        pod(f"{space}/agent", "x", node="ways-node"),
        pod(f"{space}/beside", "y", node="ways-node"),
        role(
            "ways-agent",
            rule("impersonate:associated-node", "authentication.k8s.io", "nodes"),
            rule(use, "core", "serviceaccounts/token"),
            rule(use, "authentication.k8s.io", "selfsubjectreviews"),
        ),
        binding("ways-agent", "ways-agent", f"sa:{space}/x"),
    ]
    with loaded(api_server, docs) as snapshot:
        chain = graph(snapshot).shortest(subject, Subject(SERVICE_ACCOUNT, "y", space))
        assert chain
        assert [step.move.technique for step in chain.steps] == ["E4", "E9"]
        who = identity(subject)
        assert who
        mine = [each for step in chain.steps for each in step.permissions if each.bound is not None]
        assert [each.request.verb for each in mine] == ["impersonate:associated-node", use]
        assert all(is_allowed(api_server, who, each) for each in mine)
        with Actor(api_server, subject, pod="agent") as actor:
            assert actor.impersonates("system:node:ways-node")
            assert not actor.impersonates("system:node:ways-other")
            assert actor.mints_as("system:node:ways-node", space, "y", pod="beside")
        with Actor(api_server, subject) as actor:
            assert not actor.impersonates("system:node:ways-node")


@pytest.mark.kubernetes
@pytest.mark.parametrize("taken", [True, False])
def test_a_bootstrap_token_that_somebody_makes_is_taken_where_it_is_said(taken: bool) -> None:
    """E23 performed: a Secret made with nothing but `create secrets`, logged in with, and what it may do."""
    flags = ("--enable-bootstrap-token-auth=true",) if taken else ()
    group = "system:bootstrappers:kubeadm:default-node-token"
    docs: list[Doc] = [
        role(
            "ways-join",
            rule(
                "create",
                "certificates.k8s.io",
                "certificatesigningrequests certificatesigningrequests/nodeclient",
            ),
        ),
        role("ways-secrets", rule("create", "core", "secrets")),
        binding("ways-join", "ways-join", f"group:{group}"),
        binding(
            "ways-secrets", "ways-secrets", "sa:kube-system/x", namespace="kube-system", kind="ClusterRole"
        ),
        account("kube-system/x"),
    ]
    subject = Subject(SERVICE_ACCOUNT, "x", "kube-system")
    with ApiServer(flags=flags) as server, loaded(server, docs) as snapshot:
        whole = graph(snapshot)
        chain = whole.shortest(subject, NodeIdentity(None))
        assert chain
        assert [step.move.technique for step in chain.steps] == ["E23", "E13"]
        assert chain.steps[0].condition
        with Actor(server, subject) as actor:
            actor.api.create(a_bootstrap_token(group))
        with closing(Api(server.url, server.ca, "abcdef.0123456789abcdef")) as joining:
            answers = [_answer_to(joining, each) for each in chain.steps[1].permissions]
        assert answers == [taken, taken]


def a_bootstrap_token(group: str) -> Doc:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "bootstrap-token-abcdef", "namespace": "kube-system"},
        "type": "bootstrap.kubernetes.io/token",
        "stringData": {
            "token-id": "abcdef",
            "token-secret": "0123456789abcdef",
            "usage-bootstrap-authentication": "true",
            "auth-extra-groups": group,
        },
    }


def _answer_to(api: Api, permission: Permission) -> bool:
    """What the API server says to whoever asks it themselves; no to whom it does not know."""
    request = permission.request
    attributes = {
        "verb": request.verb,
        "group": request.group,
        "resource": request.resource,
        "subresource": request.subresource,
    }
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    try:
        found = api.request("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body)
    except ApiError as error:
        if error.status != 401:
            raise
        return False
    return bool(found["status"]["allowed"])


def test_rule_33_nobody_binds_a_role_beyond_their_own_without_bind(api_server: ApiServer) -> None:
    """Generated roles, each bound by somebody who holds other generated rules: covered or refused."""
    random, answers = Random(7), []
    subject = Subject(SERVICE_ACCOUNT, "x", SPACES[0])
    for number in range(6):
        owned = [a_covered_rule(random, 4) for _ in range(random.randint(2, 5))]
        wanted = [[a_covered_rule(random, 1) for _ in range(random.randint(1, 2))] for _ in range(12)]
        docs: list[Doc] = [
            namespace(SPACES[0], "privileged"),
            account(f"{SPACES[0]}/x"),
            role(f"ways-own-{number}", rule("create", RBAC, "clusterrolebindings"), *owned),
            binding(f"ways-own-{number}", f"ways-own-{number}", f"sa:{SPACES[0]}/x"),
            *(role(f"ways-wanted-{at}", *rules) for at, rules in enumerate(wanted)),
        ]
        with loaded(api_server, docs) as snapshot, Actor(api_server, subject) as actor:
            for at in range(len(wanted)):
                truth = actor.binds(f"ways-wanted-{at}")
                answers.append(truth)
                assert binds(snapshot, subject, f"ways-wanted-{at}", None) is truth, (owned, wanted[at])
    assert 0.1 * len(answers) < sum(answers) < 0.9 * len(answers)


@pytest.mark.parametrize(
    "rights", [("whom",), ("on",), ("whom", "on"), ("whom", "on", "bind on")], ids="+".join
)
def test_rule_36_acting_as_somebody_takes_both_rights(api_server: ApiServer, rights: tuple[str, ...]) -> None:
    """`impersonate:user-info` on whom, `impersonate-on:user-info:create` on what, and nothing for `bind`."""
    every = {
        "whom": rule("impersonate:user-info", "authentication.k8s.io", "users", names="ways-boss"),
        "on": rule("impersonate-on:user-info:create", RBAC, "clusterrolebindings"),
        "bind on": rule("impersonate-on:user-info:bind", RBAC, "clusterroles"),
    }
    subject = Subject(SERVICE_ACCOUNT, "x", SPACES[0])
    docs: list[Doc] = [
        namespace(SPACES[0]),
        account(f"{SPACES[0]}/x"),
        role("ways-lens", *(every[each] for each in rights)),
        binding("ways-lens", "ways-lens", f"sa:{SPACES[0]}/x"),
        binding("ways-boss", "cluster-admin", "user:ways-boss"),
    ]
    with loaded(api_server, docs) as snapshot, Actor(api_server, subject) as actor:
        said = graph(snapshot).shortest(subject, Goal.ADMIN) is not None
        assert actor.binds_as("ways-boss", "cluster-admin") is said
        assert said is ({"whom", "on"} <= set(rights))
        assert not actor.impersonates("ways-boss")


def test_a_way_is_walked_to_its_end_and_the_cut_ends_it(api_server: ApiServer) -> None:
    """A token of another account, a binding made with it, everything held; then what was to be removed is."""
    space, subject = SPACES[0], Subject(SERVICE_ACCOUNT, "x", SPACES[0])
    last = Subject(SERVICE_ACCOUNT, "y", space)
    docs: list[Doc] = [
        namespace(space),
        account(f"{space}/x"),
        account(f"{space}/y"),
        role("ways-mint", rule("create", "core", "serviceaccounts/token", names="y")),
        role("ways-bind", rule("create", RBAC, "clusterrolebindings"), rule("bind", RBAC, "clusterroles")),
        binding("ways-mint", "ways-mint", f"sa:{space}/x", namespace=space, kind="ClusterRole"),
        binding("ways-bind", "ways-bind", f"sa:{space}/y"),
    ]
    with loaded(api_server, docs) as snapshot:
        found = escalation(snapshot, subject)
        assert found.goal
        assert [step.move.technique for step in found.goal.steps] == ["E9", "E3", "E1"]
        with Actor(api_server, subject) as actor:
            assert actor.mints(space, "y")
        with Actor(api_server, last) as actor:
            assert not actor.may("POST", f"/api/v1/namespaces/{space}/secrets", _a_secret())
            taken = actor.takes("cluster-admin")
            api_server.api.apply(role("ways-settled"))  # what it returns is in force
            try:
                assert actor.may("POST", f"/api/v1/namespaces/{space}/secrets", _a_secret())
            finally:
                api_server.api.delete(taken, role("ways-settled"))
        assert [str(cut) for cut in found.cut.remove] == [f"RoleBinding {space}/ways-mint"]
        assert found.verified
        api_server.api.delete(docs[5])
        with Actor(api_server, subject) as actor:
            assert not actor.mints(space, "y")


def _a_secret() -> Doc:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "taken"}}
