"""What can be asked about rights, as words and as sentences: who can, can somebody, why, who has a role."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import MappingProxyType

from bot.commands.can import CanDo
from bot.commands.who_can import WhoCan
from bot.commands.who_has import WhoHas
from bot.words import CLUSTER, NAMESPACE, Arguments, Word
from checks.access.admins import CLUSTER_ADMIN

AccessQuestion = WhoHas | WhoCan | CanDo

_EVERY = "*"
_ADMIN = r"[`'\"]?cluster[ -]?admins?[`'\"]?"
_WEBHOOKS = "validatingwebhookconfigurations,mutatingwebhookconfigurations"
_APPROVAL = "certificatesigningrequests/approval"
_TOKENS = "serviceaccounts/token"
_CALLED: MappingProxyType[str, str] = MappingProxyType(
    {
        "webhook": _WEBHOOKS,
        "webhooks": _WEBHOOKS,
        "csr": "certificatesigningrequests",
        "csrs": "certificatesigningrequests",
        "token": _TOKENS,
        "tokens": _TOKENS,
        "everything": _EVERY,
        "anything": _EVERY,
    }
)
"""What people call what has no such name in the API."""


def _listed(text: str) -> tuple[str, ...]:
    """`get, list or watch` as three words."""
    return tuple(each for each in re.split(r",|\band\b|\bor\b|\s", text) if each)


def _what(text: str) -> str:
    return ",".join(_CALLED.get(each.casefold(), each) for each in _listed(text))


def _padded(arguments: Arguments, count: int) -> list[str]:
    return [*arguments.words, *[""] * (count - len(arguments.words))]


def _namespace(arguments: Arguments) -> str | None:
    """The namespace, empty for all; None where both are asked for."""
    named = arguments.one("namespace")
    return None if named and "all-namespaces" in arguments.options else named or ""


def _who_can(arguments: Arguments) -> WhoCan | None:
    verb, what, name = _padded(arguments, 3)
    namespace = _namespace(arguments)
    if not verb or not what or namespace is None:
        return None
    return WhoCan(tuple(verb.split(",")), what, name, namespace, arguments.one("cluster"))


def _can(arguments: Arguments, *, why: bool = False) -> CanDo | None:
    subject, verb, what, name = _padded(arguments, 4)
    namespace = _namespace(arguments)
    if not subject or bool(verb) is not bool(what) or (why and not verb) or namespace is None:
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
    role, named = _padded(arguments, 2)
    if not role:
        return None
    if re.fullmatch(_ADMIN, role.casefold()):
        role = CLUSTER_ADMIN
    return WhoHas(named or arguments.one("cluster"), role, arguments.one("namespace") or "")


_PLACES = frozenset({"cluster", "namespace", "all-namespaces"})
WORDS: tuple[Word[AccessQuestion], ...] = (
    Word(
        "who-has",
        "who-has ROLE [cluster]",
        "Everybody who holds a role and how they come to it; of cluster-admin also who is as good as one",
        ("who-has cluster-admin", "who has the role view in payments"),
        frozenset({"cluster", "namespace"}),
        _who_has,
        most_words=2,
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
        most_words=3,
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
        most_words=4,
        begins_questions=True,
    ),
    Word(
        "why",
        "why SUBJECT VERB RESOURCE [NAME] [-n NAMESPACE] [group=NAME] [cluster=NAME]",
        "Each step from somebody to a right: group, binding, role, rule, and the role that supplied the rule",
        ("why sa:ci/deployer create pods -n web", "why can alice delete pods in web"),
        _PLACES | {"group", "full"},
        lambda arguments: _can(arguments, why=True),
        most_words=4,
        begins_questions=True,
    ),
)

_WHO = r"(?:who|which (?:users|people|subjects|accounts|service accounts|groups))"
_MAY = rf"{_WHO} (?:can|could|may|is allowed to|are allowed to)"
_HOLDS = r"(?:has|have|holds?|got|gets) (?:the )?(?:role )?"
_PLACE = (
    rf"(?: in {NAMESPACE})?"
    r"(?: (?:in|on|of) (?:the )?(?:cluster )?(?P<cluster>[a-z0-9][a-z0-9.-]*)(?: cluster)?)?$"
)
_SUBJECT = r"(?P<subject>(?:(?:user|group|service ?account|sa) )?[^\s=]+)"
_VERBS = r"(?P<verbs>(?:[a-z][a-z:-]*|\*)(?:(?:, ?| and | or )[a-z][a-z:-]*)*)"
_ARTICLE = r"(?:(?:the|all|any|every|a|an) )?"
_WHAT = rf"{_ARTICLE}(?P<what>[^\s=]+(?:(?: and | or ){_ARTICLE}[^\s=]+)*)"
_NAME = r"(?: (?:named |called )?(?P<name>(?!(?:in|on|of)\b)[^\s=]+))?"
_DO = rf"{_VERBS} {_WHAT}{_NAME}"
_FOR = r"(?: (?:for|of) (?:sa:|service ?account )?(?:(?P<space>[a-z0-9-]+)/)?(?P<account>[^\s=/]+))?"
_INTO = r"exec (?:in)?to"
_EVERYWHERE = re.compile(r",? (?:in (?:any|all|every|some) namespaces?|anywhere|everywhere)$", re.IGNORECASE)

_Said = dict[str, str | None]


def _subject(said: _Said) -> str:
    words = (said["subject"] or "").split()
    *kind, name = words
    if not kind:
        return name
    prefix = "sa" if len(kind) > 1 or kind[0].casefold() == "serviceaccount" else kind[0].casefold()
    return f"{prefix}:{name}"


def _asks_who_can(said: _Said, cluster: str | None) -> WhoCan:
    verbs = tuple(each.casefold() for each in _listed(said["verbs"] or ""))
    return WhoCan(verbs, _what(said["what"] or ""), said["name"] or "", said["namespace"] or "", cluster)


def _asks_exec(said: _Said, cluster: str | None) -> WhoCan:
    return WhoCan(("exec",), "pods", said.get("name") or "", said["namespace"] or "", cluster)


def _asks_tokens(said: _Said, cluster: str | None) -> WhoCan:
    namespace = said["space"] or said["namespace"] or ""
    return WhoCan(("create",), _TOKENS, said["account"] or "", namespace, cluster)


def _asks_can(said: _Said, cluster: str | None, *, why: bool = False) -> CanDo:
    verbs = tuple(each.casefold() for each in _listed(said["verbs"] or ""))
    what, name, namespace = _what(said["what"] or ""), said["name"] or "", said["namespace"] or ""
    return CanDo(_subject(said), verbs, what, name, namespace, cluster=cluster, why=why)


_SENTENCES: tuple[tuple[re.Pattern[str], Callable[[_Said, str | None], AccessQuestion]], ...] = tuple(
    (re.compile(f"^{pattern}", re.IGNORECASE), build)
    for pattern, build in (
        (
            rf"{_WHO} {_HOLDS}{_ADMIN}(?: rights| access| permissions| role)?{CLUSTER}",
            lambda _, cluster: WhoHas(cluster),
        ),
        (rf"who (?:is|are) (?:the |an? )?{_ADMIN}{CLUSTER}", lambda _, cluster: WhoHas(cluster)),
        (
            rf"(?:show|list)(?: me)?(?: all)?(?: the)? {_ADMIN}(?: holders| users| bindings)?{CLUSTER}",
            lambda _, cluster: WhoHas(cluster),
        ),
        (rf"{_ADMIN}{CLUSTER}", lambda _, cluster: WhoHas(cluster)),
        (
            rf"{_WHO} {_HOLDS}access to {_WHAT}{_NAME}{_PLACE}",
            lambda said, cluster: _asks_who_can({**said, "verbs": "read"}, cluster),
        ),
        (
            rf"{_WHO} {_HOLDS}(?P<role>[^\s=]+)(?: role)?{_PLACE}",
            lambda said, cluster: WhoHas(cluster, said["role"] or "", said["namespace"] or ""),
        ),
        (rf"{_MAY} {_INTO} (?P<namespace>[a-z0-9-]+)/(?P<name>[^\s=]+){CLUSTER}", _asks_exec),
        (rf"{_MAY} {_INTO} {_ARTICLE}(?:pods?|containers?){_NAME}{_PLACE}", _asks_exec),
        (
            rf"{_MAY} {_INTO} (?:the )?(?:namespace )?(?P<namespace>[a-z0-9-]+)(?: namespace)?{CLUSTER}",
            _asks_exec,
        ),
        (
            rf"{_MAY} (?:mint|create|issue|request) {_ARTICLE}(?:service ?account )?tokens?{_FOR}{_PLACE}",
            _asks_tokens,
        ),
        (
            rf"{_MAY} approve {_ARTICLE}(?:csrs?|certificates?|certificate(?: signing)? ?requests?){_PLACE}",
            lambda _, cluster: WhoCan(("update", "patch"), _APPROVAL, cluster=cluster),
        ),
        (
            rf"{_MAY} do (?P<what>everything|anything){_PLACE}",
            lambda said, cluster: _asks_who_can({**said, "verbs": _EVERY, "name": None}, cluster),
        ),
        (rf"{_MAY} {_DO}{_PLACE}", _asks_who_can),
        (
            rf"what (?:can|could|may|is) {_SUBJECT} (?:allowed to )?do{_PLACE}",
            lambda said, cluster: CanDo(_subject(said), namespace=said["namespace"] or "", cluster=cluster),
        ),
        (
            rf"(?:can|could|may|is) {_SUBJECT} (?:allowed to )?do (?P<what>everything|anything){_PLACE}",
            lambda said, cluster: _asks_can({**said, "verbs": _EVERY, "name": None}, cluster),
        ),
        (rf"(?:can|could|may|is) {_SUBJECT} (?:allowed to )?{_DO}{_PLACE}", _asks_can),
        (
            rf"why (?:can|could|may|is) {_SUBJECT} (?:allowed to )?{_DO}{_PLACE}",
            lambda said, cluster: _asks_can(said, cluster, why=True),
        ),
        (
            rf"why (?:is|does|has) {_SUBJECT} (?:have |an? )?{_ADMIN}{CLUSTER}",
            lambda said, cluster: CanDo(_subject(said), (_EVERY,), _EVERY, cluster=cluster, why=True),
        ),
    )
)


def question(text: str, cluster: str | None) -> AccessQuestion | None:
    """A sentence about rights as a command; None where it is none. Names keep their capital letters."""
    plain = _EVERYWHERE.sub("", text)
    for pattern, build in _SENTENCES:
        if match := pattern.match(plain):
            said = match.groupdict()
            return build(said, cluster or said.get("cluster"))
    return None
