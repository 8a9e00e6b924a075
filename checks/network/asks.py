"""What selectors ask about a pod and its namespace: two pods that are alike in that are the same to them.

So thousands of pods and namespaces are told apart by the few labels and values that some policy names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from checks.cluster import objects as o

Asked = Mapping[str, frozenset[str] | None]
"""By a label's key the values that matter, all others being alike; None where every value matters."""

Seen = frozenset[tuple[str, str | None]]
"""Labels as far as they were asked about. The value is None for one that nobody named."""


NOTHING_SEEN: Seen = frozenset()


class Asks(Struct, frozen=True):
    """What one policy's selector asks: of the pod's labels, its namespace's, and its service account."""

    labels: Asked = {}
    spaces: Asked = {}
    account: bool = False


def asked_by(selector: o.LabelSelector) -> Asked:
    """What a label selector asks."""
    exact = {key: frozenset((value,)) for key, value in (selector.match_labels or {}).items()}
    if not selector.match_expressions:
        return exact
    more = ({each.key: frozenset(each.values or ())} for each in selector.match_expressions)
    return together((exact, *more))


def together(several: Iterable[Asked]) -> Asked:
    """What several ask."""
    values: dict[str, set[str]] = {}
    whole: set[str] = set()
    for asked in several:
        for key, named in asked.items():
            if named is None:
                whole.add(key)
            else:
                values.setdefault(key, set()).update(named)
    return {**{key: frozenset(named) for key, named in values.items()}, **dict.fromkeys(whole)}


def seen(labels: Mapping[str, str], asked: Asked) -> Seen:
    """These labels as the one who asks tells them apart."""
    if not asked:
        return NOTHING_SEEN
    return frozenset(
        (key, value if (named := asked[key]) is None or value in named else None)
        for key, value in labels.items()
        if key in asked
    )
