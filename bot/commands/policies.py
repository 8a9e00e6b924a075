"""What answers from policies share: the kinds they read, the rules they name, and what they do not cover."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checks.cluster.snapshot import Snapshot
from checks.model import Evidence
from checks.network.chain import Step
from checks.network.plugin import CONFIG, plugin
from checks.network.world import OTHER_KINDS
from checks.workloads import POD_KINDS

_MESH = (
    "IstioAuthorizationPolicy",
    "LinkerdAuthorizationPolicy",
    "LinkerdServer",
    "LinkerdServerAuthorization",
)
KINDS = ("Namespace", "NetworkPolicy", *OTHER_KINDS, *_MESH, CONFIG, *POD_KINDS)


def facts_of(steps: Iterable[Step]) -> Iterator[Evidence]:
    """The rules that decided, each once."""
    seen: set[tuple[str, str]] = set()
    for step in steps:
        source, path = str(step.rule.policy.resource), step.rule.path
        if (source, path) not in seen:
            seen.add((source, path))
            meta = step.rule.policy.metadata
            said = f"{step.rule.action.value}: {step.ports}"
            yield Evidence(path, said, "", source, meta.uid, meta.resource_version)


def caveats(snapshot: Snapshot) -> tuple[str, ...]:
    """What an answer from policies does not cover: whether a plugin enforces them, and a mesh's own rules."""
    names = plugin(snapshot)
    if names.enforces is False:
        first = f"The network plugin seems to be {names.why}: it may be that nothing of this holds."
        return (first, *_mesh(snapshot))
    seen = f" (seen is {names.why})" if names.names else ""
    first = f"This is what the policies say; whether a plugin enforces them, the API does not show{seen}."
    return (first, *_mesh(snapshot))


def _mesh(snapshot: Snapshot) -> Iterator[str]:
    counts = [(kind, snapshot.of(kind).listed) for kind in _MESH]
    found = ", ".join(f"{count} {kind}" for kind, count in counts if count)
    if found:
        yield f"Present, not modelled: a service mesh's own rules ({found}), which may refuse more."
