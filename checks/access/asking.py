"""From a person's words to the requests that the API server would be asked, of which any one is enough.

`read` is get, list or watch; `exec` on pods is create on pods/exec. What a request cannot carry is left out
and said: creating names nothing yet, and a node is in no namespace.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from checks.access import signers
from checks.access.catalog import ALL, Named, find, verbs_in_rules
from checks.access.index import index
from checks.access.matching import Request
from checks.access.scopes import reaches_namespaces
from checks.cluster.snapshot import Snapshot
from checks.version import minor_of

STANDARD = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
_SPECIAL = ("bind", "escalate", "impersonate", "approve", "sign", "attest", "use")
_OF_PATHS = ("head", "post", "put", "options")
_CONSTRAINED = ("impersonate:", "impersonate-on:")

_SEVERAL = MappingProxyType(
    {
        "read": ("get", "list", "watch"),
        "edit": ("create", "update", "patch", "delete"),
        "write": ("create", "update", "patch", "delete"),
        "change": ("create", "update", "patch", "delete"),
        "modify": ("create", "update", "patch", "delete"),
        "remove": ("delete", "deletecollection"),
    }
)
_ON_SUBRESOURCE = MappingProxyType(
    {
        "exec": (("create",), "exec"),
        "attach": (("create",), "attach"),
        "portforward": (("create",), "portforward"),
        "port-forward": (("create",), "portforward"),
        "debug": (("update", "patch"), "ephemeralcontainers"),
        "evict": (("create",), "eviction"),
        "scale": (("update", "patch"), "scale"),
    }
)
_STREAMS = frozenset({"exec", "attach", "portforward"})
_CREATE_FOR_STREAMS = 35
"""From this minor version on, a stream over a websocket takes create too; before it, get was enough."""
_BEFORE = f"Before Kubernetes 1.{_CREATE_FOR_STREAMS} get on {{}}/{{}} is enough, by a websocket."
_NAMELESS = ("create", "deletecollection")

WORDS = (*_SEVERAL, *_ON_SUBRESOURCE)
"""Verbs of people that stand for others."""


class Asked(Struct, frozen=True):
    """The requests that a question means, and what has to be said about them.

    needs: of each of these one must be allowed. Most questions have one such need; approving a certificate
    request takes changing its approval and a right to the signer as well.
    """

    needs: tuple[tuple[Request, ...], ...]
    notes: tuple[str, ...] = ()

    @property
    def requests(self) -> tuple[Request, ...]:
        """All of them."""
        return tuple(request for need in self.needs for request in need)


def ask(snapshot: Snapshot, verbs: Collection[str], what: str, name: str = "", namespace: str = "") -> Asked:
    """The requests of a question.

    verbs: any of them. what: resources or paths, separated by commas, any of them. name: of one object; empty
    for all. namespace: empty to ask where. Raises UnknownResource.
    """
    if (act := signers.meant(snapshot, verbs, what)) is not None:
        return Asked(signers.needs(act, name), signers.NOTES)
    requests: dict[Request, None] = {}
    notes: dict[str, None] = {}
    for word in what.split(","):
        if word.startswith("/"):
            meant = (each for verb in verbs for each in _SEVERAL.get(_folded(verb), (_folded(verb),)))
            requests |= {Request(each, path=word): None for each in meant}
            continue
        for verb in verbs:
            for made in _of(snapshot, _folded(verb), word, notes):
                request, note = _placed(snapshot, made, name, namespace)
                requests[request] = None
                notes |= {note: None} if note else {}
    notes |= dict.fromkeys(_about_verbs(snapshot, [request.verb for request in requests]))
    return Asked((tuple(requests),), tuple(notes))


def _folded(verb: str) -> str:
    """A verb in small letters where that is one; RBAC itself tells capital letters from small ones."""
    small = verb.casefold()
    return small if small in (*STANDARD, *_SPECIAL, *WORDS) else verb


def _of(snapshot: Snapshot, verb: str, word: str, notes: dict[str, None]) -> Iterator[Request]:
    several, subresource = _ON_SUBRESOURCE.get(verb, ((), ""))
    if several and "/" not in word:
        named = find(snapshot, f"{word}/{subresource}")
        minor = minor_of(snapshot.cluster.version)
        if subresource in _STREAMS and (minor is None or minor < _CREATE_FOR_STREAMS):
            several = (*several, "get")
            notes[_BEFORE.format(word, subresource)] = None
    else:
        named, several = find(snapshot, word), _SEVERAL.get(verb, (verb,))
    notes |= dict.fromkeys(_about(named))
    yield from (Request(each, named.resource, named.group, named.subresource) for each in several)


def _about(named: Named) -> Iterator[str]:
    if (named.resource, named.subresource) == ("certificatesigningrequests", "approval"):
        yield "Approving takes a right to the signer as well: ask who-can approve csr."
    if not named.served:
        yield (
            f"{named} is only named in rules: nothing that was read says that the API server serves it, or "
            "whether it is namespaced."
        )
    if named.others:
        others = ", ".join(str(each) for each in named.others)
        yield f"This is about {named}. Called the same, and not asked about: {others}."


def _placed(snapshot: Snapshot, request: Request, name: str, namespace: str) -> tuple[Request, str]:
    """A request with its name and namespace, as far as it can carry them, and what was left out."""
    if request.verb in _NAMELESS and not request.subresource and name:
        request, note = replace(request, name=""), f"{request.verb} carries no name: asked is about any."
    else:
        request, note = replace(request, name=name), ""
    if namespace and not reaches_namespaces(request, index(snapshot).cluster_scoped):
        return (
            replace(request, namespace=""),
            f"{request.resource} are outside of namespaces: what counts is a right in the whole cluster.",
        )
    return replace(request, namespace=namespace or None), note


def _about_verbs(snapshot: Snapshot, verbs: Collection[str]) -> Iterator[str]:
    known = {*STANDARD, *_SPECIAL, *_OF_PATHS, ALL, *verbs_in_rules(snapshot)}
    for verb in dict.fromkeys(verbs):
        if verb not in known and not verb.startswith(_CONSTRAINED):
            near = difflib.get_close_matches(verb, sorted(known | set(WORDS)), 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            yield f"No rule names the verb {verb[:80]}, so only whoever may use every verb is found.{hint}"
