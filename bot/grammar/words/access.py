"""What can be asked about rights, as words and as sentences: who can, can somebody, why, who has a role."""

from __future__ import annotations

import re
from types import MappingProxyType

from bot.commands.can import CanDo
from bot.commands.who_can import WhoCan
from bot.commands.who_has import WhoHas
from bot.grammar.sentences import Said, spoken
from bot.grammar.slots import STOPS
from bot.grammar.word import Arguments, Word
from checks.access.admins import CLUSTER_ADMIN

AccessQuestion = WhoHas | WhoCan | CanDo

_EVERY = "*"
_NOBODY = STOPS | {"can", "does", "do"}
_VERB = re.compile(r"(?:[a-z*][a-z:,*-]*)?", re.IGNORECASE)
_ADMIN = frozenset({"cluster-admin", "cluster-admins", "cluster admin", "cluster admins"})
_WEBHOOKS = "validatingwebhookconfigurations,mutatingwebhookconfigurations"
_CERTIFICATE_REQUESTS = "certificatesigningrequests"
_TOKENS = "serviceaccounts/token"
_CALLED: MappingProxyType[str, str] = MappingProxyType(
    {
        "webhook": _WEBHOOKS,
        "webhooks": _WEBHOOKS,
        "csr": _CERTIFICATE_REQUESTS,
        "csrs": _CERTIFICATE_REQUESTS,
        "token": _TOKENS,
        "tokens": _TOKENS,
        "everything": _EVERY,
        "anything": _EVERY,
    }
)
"""What people call what has no such name in the API."""
_DONE = MappingProxyType(
    {
        "access": "read",
        "see": "read",
        "view": "read",
        "modify": "edit",
        "change": "edit",
        "remove": "delete",
        "kill": "delete",
    }
)
"""What people call what the API has another verb for."""


def _listed(text: str) -> tuple[str, ...]:
    """`get, list or watch` as three words."""
    return tuple(each for each in re.split(r",|\band\b|\bor\b|\s", text) if each)


def _what(text: str) -> str:
    return ",".join(_CALLED.get(each.casefold(), each) for each in _listed(text))


def _namespace(arguments: Arguments) -> str | None:
    """The namespace, empty for all; None where both are asked for."""
    named = arguments.one("namespace")
    return None if named and "all-namespaces" in arguments.options else named or ""


def _who_can(arguments: Arguments) -> WhoCan | None:
    verb, what, name = (arguments.word(place) for place in range(3))
    namespace = _namespace(arguments)
    if not verb or not what or namespace is None:
        return None
    return WhoCan(tuple(verb.split(",")), what, name, namespace, arguments.one("cluster"))


def _can(arguments: Arguments, *, why: bool = False) -> CanDo | None:
    subject, verb, what, name = (arguments.word(place) for place in range(4))
    namespace = _namespace(arguments)
    if not subject or bool(verb) is not bool(what) or (why and not verb) or namespace is None:
        return None
    if subject.casefold() in _NOBODY or not _VERB.fullmatch(verb):
        return None
    return CanDo(
        subject,
        tuple(verb.split(",")) if verb else (),
        what,
        name,
        namespace,
        arguments.options.get("group", ()),
        arguments.one("cluster"),
        why,
        full="full" in arguments.options,
    )


def _who_has(arguments: Arguments) -> WhoHas | None:
    role = arguments.word(0)
    if not role:
        return None
    if role.casefold() in _ADMIN:
        role = CLUSTER_ADMIN
    return WhoHas(arguments.cluster_at(1), role, arguments.one("namespace") or "")


def _verbs(said: Said) -> tuple[str, ...]:
    return tuple(_DONE.get(each, each) for each in _listed(said["verbs"]))


def _subject(said: Said) -> str:
    *kind, name = (said["subject"] or said["identity"]).split()
    if not kind:
        return name
    prefix = "sa" if len(kind) > 1 or kind[0].casefold() == "serviceaccount" else kind[0].casefold()
    return f"{prefix}:{name}"


def _said_who_can(said: Said) -> WhoCan:
    verbs = _verbs(said) or ("read",)
    return WhoCan(verbs, _what(said["what"]), said["name"], said["namespace"], said.cluster)


def _said_exec(said: Said) -> WhoCan:
    space, _, name = said["workload"].rpartition("/")
    return WhoCan(("exec",), "pods", name or said["name"], space or said["namespace"], said.cluster)


def _said_tokens(said: Said) -> WhoCan:
    space, _, name = said["account"].removeprefix("sa:").rpartition("/")
    return WhoCan(("create",), _TOKENS, name, space or said["namespace"], said.cluster)


def _said_can(said: Said, *, why: bool = False) -> CanDo:
    what, name, namespace = _what(said["what"]), said["name"], said["namespace"]
    return CanDo(_subject(said), _verbs(said), what, name, namespace, cluster=said.cluster, why=why)


def _said_why(said: Said) -> CanDo:
    return _said_can(said, why=True)


_CAN = "(can|could|may) {subject}"
_ALLOWED = "is {subject} (allowed|able) to"
"""How it is asked whether somebody may."""

_WHO_HAS = (
    *spoken(
        lambda said: WhoHas(said.cluster),
        "<who> (has|have|hold(s)|got|gets) [(the|a|any)] [role] <admin>"
        " [(rights|access|permissions|role|privileges)] <cluster>",
        "<who> (is|are) [(the|a|an|our|my)] <admin> <cluster>",
        "<show> <admin> [(holders|users|bindings)] <cluster>",
    ),
    *spoken(
        lambda said: WhoHas(said.cluster, said["role"], said["namespace"]),
        "<who> (has|have|hold(s)|got|gets) [the] [role] {role} [role] <place>",
        "<who> is bound to [the] [role] {role} <place>",
        "(show|list) [the] (holders|bindings) of [the] [role] {role} <place>",
    ),
)
_WHO_CAN = (
    *spoken(
        _said_who_can,
        "<who> <may> <do> <place> <anywhere>",
        "<who> (has|have|gets) [(read|full|any)] access to <all> {what} [[(named|called)] {name}]"
        " <place> <anywhere>",
    ),
    *spoken(
        _said_exec,
        "<who> <may> (exec|shell) (into|in|to|in to) [the] [pod] {workload} <cluster>",
        "<who> <may> (exec|shell) (into|in to) <all> (pod(s)|container(s)) [{name}] <place> <anywhere>",
        "<who> <may> (exec|shell) (into|in to) <namespace> <cluster>",
        "<who> <may> (get a shell|open a shell) in [the] [pod] {workload} <cluster>",
    ),
    *spoken(
        _said_tokens,
        "<who> <may> (mint|create|issue|request) <all> [(serviceaccount|service account)] token(s)"
        " [(for|of) [(serviceaccount|service account)] {account}] <place>",
    ),
    *spoken(
        lambda said: WhoCan(("approve",), _CERTIFICATE_REQUESTS, cluster=said.cluster),
        "<who> <may> approve <all>"
        " (csr(s)|certificate(s)|certificate request(s)|certificate signing request(s)) <place>",
    ),
    *spoken(
        lambda said: WhoCan((_EVERY,), _EVERY, "", said["namespace"], said.cluster),
        "<who> <may> do (everything|anything) <place> <anywhere>",
    ),
)
_CAN_DO = (
    *spoken(
        lambda said: CanDo(_subject(said), namespace=said["namespace"], cluster=said.cluster),
        "what (can|could|may) {subject} do <place>",
        "what (is|are) {subject} (allowed|able) to do <place>",
        "what (rights|permissions|access) does {subject} have <place>",
        "<show> (rights|permissions) of {subject} <place>",
        "what does {subject} have access to <place>",
    ),
    *spoken(
        lambda said: CanDo(_subject(said), (_EVERY,), _EVERY, "", said["namespace"], cluster=said.cluster),
        f"{_CAN} do (everything|anything) <place>",
        f"{_ALLOWED} do (everything|anything) <place>",
    ),
    *spoken(
        _said_can,
        f"{_CAN} <do> <place> <anywhere>",
        f"{_ALLOWED} <do> <place> <anywhere>",
    ),
)
_WHY = (
    *spoken(
        _said_why,
        f"why {_CAN} <do> <place> <anywhere>",
        f"why {_ALLOWED} <do> <place> <anywhere>",
        "how come {subject} (can|may) <do> <place> <anywhere>",
        "why {subject} <do> <place> <anywhere>",
    ),
    *spoken(
        lambda said: CanDo(_subject(said), (_EVERY,), _EVERY, cluster=said.cluster, why=True),
        "why (is|does|has) {subject} [have] [(a|an|the)] [role] <admin> <cluster>",
    ),
)

_PLACES = frozenset({"cluster", "namespace", "all-namespaces"})
WORDS: tuple[Word[AccessQuestion], ...] = (
    Word(
        "who-has",
        "who-has ROLE [cluster]",
        "Everybody who holds a role, by its name or by one that allows the same, and how they come to it",
        ("who-has cluster-admin", "who has the role view in payments"),
        frozenset({"cluster", "namespace"}),
        _who_has,
        ("role", "cluster"),
        sentences=_WHO_HAS,
    ),
    Word(
        "who-can",
        "who-can VERB RESOURCE[/SUBRESOURCE] [NAME] [-n NAMESPACE] [cluster=NAME]",
        "Everybody who may do something, where, and by which rule; VERB may also be read, edit or exec",
        (
            "who-can delete deployments.apps -n web",
            "who-can get /metrics",
            "who can read secrets in payments",
            "who could exec into pods in payments",
            "who can mint tokens",
            "who can approve CSRs",
            "who can edit webhooks",
        ),
        _PLACES,
        _who_can,
        ("verbs", "what", "name"),
        sentences=_WHO_CAN,
    ),
    Word(
        "can",
        "can SUBJECT [VERB RESOURCE [NAME]] [-n NAMESPACE] [group=NAME] [cluster=NAME]",
        "What user:NAME, group:NAME or sa:NAMESPACE/NAME may do, or whether they may do this",
        (
            "can sa:ci/deployer",
            "can sa:ci/deployer create pods -n web",
            "can alice delete pods in web",
            "what can sa:ci/deployer do",
        ),
        _PLACES | {"group", "full"},
        _can,
        ("subject", "verbs", "what", "name"),
        sentences=_CAN_DO,
    ),
    Word(
        "why",
        "why SUBJECT VERB RESOURCE [NAME] [-n NAMESPACE] [group=NAME] [cluster=NAME]",
        "Each step from somebody to a right: group, binding, role, rule, and the role that supplied the rule",
        ("why sa:ci/deployer create pods -n web", "why can alice delete pods in web"),
        _PLACES | {"group", "full"},
        lambda arguments: _can(arguments, why=True),
        ("subject", "verbs", "what", "name"),
        sentences=_WHY,
    ),
)
