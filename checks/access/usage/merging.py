"""Single rights put together again to rules as people write them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from checks.access.asking import STANDARD
from checks.cluster import objects as o

_PLACES = {verb: place for place, verb in enumerate(STANDARD)}


def merged(parts: Iterable[o.PolicyRule]) -> tuple[o.PolicyRule, ...]:
    """The same rights in as few rules as say exactly them: names together, then verbs, then resources."""
    named: defaultdict[tuple[str, str, str], dict[str, None]] = defaultdict(dict)
    verbs: defaultdict[tuple[str, str, tuple[str, ...]], dict[str, None]] = defaultdict(dict)
    paths: defaultdict[tuple[str, ...], dict[str, None]] = defaultdict(dict)
    by_path: defaultdict[str, dict[str, None]] = defaultdict(dict)
    unnamed: set[tuple[str, str, str]] = set()
    for part in parts:
        (verb,) = part.verbs or ("",)
        if part.non_resource_urls:
            by_path[part.non_resource_urls[0]][verb] = None
            continue
        key = (verb, (part.api_groups or ("",))[0], (part.resources or ("",))[0])
        named[key] |= dict.fromkeys(part.resource_names or ())
        if not part.resource_names:
            unnamed.add(key)
    for (verb, group, said), names in named.items():
        kept = () if (verb, group, said) in unnamed else tuple(sorted(names))
        verbs[group, said, kept][verb] = None
    together: defaultdict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]] = defaultdict(list)
    for (group, said, kept), of in verbs.items():
        together[group, _in_order(of), kept].append(said)
    for url, of in by_path.items():
        paths[_in_order(of)][url] = None
    rules = [
        o.PolicyRule(of, (group,), tuple(sorted(said)), kept or None)
        for (group, of, kept), said in sorted(together.items())
    ]
    return (
        *rules,
        *(o.PolicyRule(of, non_resource_urls=tuple(sorted(urls))) for of, urls in sorted(paths.items())),
    )


def _in_order(verbs: Iterable[str]) -> tuple[str, ...]:
    """Verbs as they are usually written: reading first."""
    return tuple(sorted(verbs, key=lambda verb: (_PLACES.get(verb, len(_PLACES)), verb)))
