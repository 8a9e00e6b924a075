"""Rights, commands and clusters for the tests of who may do what."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from bot.commands.access_changes import AccessChanges
from bot.commands.audit import ShowAudit
from bot.commands.blast_radius import BlastRadius
from bot.commands.can import CanDo
from bot.commands.drift import ShowDrift
from bot.commands.encrypted import IsEncrypted
from bot.commands.escalate import Escalate
from bot.commands.explain import Explain, Fix
from bot.commands.export import Export
from bot.commands.exposed import IsExposed
from bot.commands.help import ShowHelp
from bot.commands.lists import ListFailing
from bot.commands.matrix import ShowMatrix
from bot.commands.reach import CanReach
from bot.commands.report import MakeReport
from bot.commands.scan import RunScan
from bot.commands.schedule import ShowSchedule
from bot.commands.schedule_made import AddSchedule, RemoveSchedule
from bot.commands.status import ShowStatus
from bot.commands.what_if import WhatIf
from bot.commands.who_can import WhoCan
from bot.commands.who_has import WhoHas
from bot.rights.roles import EVERYWHERE, Asker, Held, Rights, Role

CLUSTERS = ("production", "staging")
SPACES = ("payments", "shop", "web")


def asker(*held: Held) -> Asker:
    return Asker("U0ERIN", Rights(held))


def bound(role: Role, *namespaces: str, clusters: frozenset[str] = EVERYWHERE) -> Asker:
    """Somebody with one role in these namespaces."""
    return asker(Held(role, clusters, frozenset(namespaces)))


names = st.sets(st.sampled_from(SPACES), min_size=1).map(frozenset)
held = st.builds(
    Held,
    st.sampled_from(Role),
    st.one_of(st.just(EVERYWHERE), st.sets(st.sampled_from(CLUSTERS), min_size=1).map(frozenset)),
    st.one_of(st.just(EVERYWHERE), names),
)
rights = st.lists(held, max_size=4).map(lambda several: Rights(tuple(several)))

_cluster = st.sampled_from((None, *CLUSTERS, "elsewhere"))
_space = st.sampled_from(("", *SPACES, "kube-system", "staging"))
_thing = st.sampled_from(("payments/api", "kube-system/dns", "api", "any", "internet"))
_subject = st.sampled_from(("", "sa:payments/api", "sa:ci/deployer", "user:alice", "group:sre"))
_what = st.sampled_from(
    ("secrets", "pods,nodes", "nodes", "/metrics", "*", "clusterroles.rbac.authorization.k8s.io")
)
_QUESTIONS = (
    "list privileged",
    "escalate cluster=staging",
    "list privileged cluster=staging",
    "scan",
    "status",
)
_several = st.lists(st.sampled_from((*SPACES, "kube-system")), max_size=3).map(tuple)
commands: st.SearchStrategy[Any] = st.one_of(
    st.builds(WhoHas, _cluster, st.sampled_from(("cluster-admin", "web/deployer")), _space),
    st.builds(WhoCan, st.just(("get",)), _what, st.just(""), _space, _cluster),
    st.builds(CanDo, _subject, st.just(("get",)), _what, st.just(""), _space, st.just(()), _cluster),
    st.builds(Escalate, _subject, _cluster),
    st.builds(BlastRadius, _thing, st.just(""), _cluster),
    st.builds(CanReach, _thing, _thing, st.just(""), _cluster),
    st.builds(ShowMatrix, _space, _cluster),
    st.builds(WhatIf, _space, cluster=_cluster),
    st.builds(IsEncrypted, cluster=_cluster),
    st.builds(IsExposed, _thing, _cluster),
    st.builds(ListFailing, st.just("privileged"), _space, _cluster),
    st.builds(Explain, st.just("pod-privileged"), st.just(""), _cluster, _several),
    st.builds(Fix, st.just("pod-privileged"), st.just(""), _cluster, _several),
    st.builds(ShowDrift, cluster=_cluster),
    st.builds(Export, st.just("csv"), _cluster, st.just(None), st.sampled_from(("", *_QUESTIONS))),
    st.builds(ShowSchedule, _cluster),
    st.builds(AddSchedule, st.just("weekly"), st.just("@daily"), _cluster),
    st.just(RemoveSchedule("weekly")),
    st.builds(AccessChanges, cluster=_cluster),
    st.builds(RunScan, _cluster, st.just(()), _several),
    st.builds(MakeReport, _cluster, st.just(None), st.just(()), st.just("pdf"), _several),
    st.just(ShowStatus()),
    st.just(ShowAudit()),
    st.just(ShowHelp()),
)
