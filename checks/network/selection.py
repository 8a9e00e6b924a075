"""The policies of one namespace, or of the whole cluster, and which of them are for a pod.

Each is asked once about all pods that no selector here tells apart, and only where a label of the pod, if it
needs one, leads to it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from msgspec import Struct

from checks.cluster import objects as o
from checks.network.asks import Seen, seen, together
from checks.network.chain import Match
from checks.network.compiled import Compiled, Label, Spaces
from checks.network.peers import Peer
from checks.network.policies import Direction

Selected = tuple[Compiled, Match]
"""A policy that is for a pod, and how surely."""


class Picked(Struct, frozen=True):
    """The policies of one scope that are for some pod, in order. Whoever has the same has this very object.

    `deciding` are those that surely are, and isolate, open or deny as a whole.
    """

    selected: tuple[Selected, ...] = ()
    deciding: tuple[Compiled, ...] = ()


NOTHING = Picked()


def distinct(several: Iterable[Compiled]) -> set[tuple[str, str]]:
    """The policies that these are parts of, by kind and name. What a plugin is told is none."""
    policies = (each.policy for each in several)
    return {(p.kind, p.metadata.name) for p in policies if not isinstance(p, o.NetworkPluginConfigMap)}


class Scope:
    """Policies that can be for the same pods."""

    def __init__(self, policies: Iterable[Compiled], spaces: Spaces) -> None:
        self.policies = tuple(sorted(policies, key=lambda each: each.position))
        self._spaces = spaces
        self._labels = together(each.asks.labels for each in self.policies)
        self._space_labels = together(each.asks.spaces for each in self.policies)
        self._account = any(each.asks.account for each in self.policies)
        self._led_to: dict[Label, list[Compiled]] = {}
        self._others = [each for each in self.policies if not each.labels]
        for each in self.policies:
            for label in each.labels:
                self._led_to.setdefault(label, []).append(each)
        self._doubtful = {way: tuple(p for p in self._of(way) if p.doubt) for way in Direction}
        self._seen_spaces: dict[str, Seen] = {}
        self._known: dict[tuple[Hashable, Direction], Picked] = {}
        self._picked: dict[tuple[tuple[int, Match], ...], Picked] = {}
        self._counts: dict[Seen, int] = {}
        self._whole: dict[tuple[Seen, Direction], tuple[Compiled, ...]] = {}

    def seen(self, peer: Peer) -> Hashable:
        """What the policies ask about a pod: the same for two pods that none of them tells apart."""
        if not self.policies:
            return None
        account = peer.account if self._account else ""
        return (self._space(peer.namespace), seen(peer.labels, self._labels), account)

    def pick(self, peer: Peer, looks: Hashable, direction: Direction) -> Picked:
        """The policies for a pod in one direction. `looks` is what is seen of it."""
        key = (looks, direction)
        if key not in self._known:
            self._known[key] = self._pick(peer, direction)
        return self._known[key]

    def whole(self, namespace: str, direction: Direction) -> tuple[Compiled, ...]:
        """The policies that are for every pod of a namespace, future ones too."""
        key = (self._space(namespace), direction)
        if key not in self._whole:
            self._whole[key] = tuple(each for each in self._of(direction) if each.whole(namespace))
        return self._whole[key]

    def count(self, namespace: str) -> int:
        """How many policies are for every pod of a namespace."""
        space = self._space(namespace)
        if space not in self._counts:
            found = (each for way in Direction for each in self.whole(namespace, way))
            self._counts[space] = len(distinct(found))
        return self._counts[space]

    def doubtful(self, direction: Direction) -> tuple[Compiled, ...]:
        """The policies of which it is not known whom they are for."""
        return self._doubtful[direction]

    def _space(self, namespace: str) -> Seen:
        if namespace not in self._seen_spaces:
            self._seen_spaces[namespace] = self._spaces.seen(namespace, self._space_labels)
        return self._seen_spaces[namespace]

    def _of(self, direction: Direction) -> Iterable[Compiled]:
        return (each for each in self.policies if each.direction is direction)

    def _pick(self, peer: Peer, direction: Direction) -> Picked:
        led = (each for label in peer.labels.items() for each in self._led_to.get(label, ()))
        asked = (each for each in (*self._others, *led) if each.direction is direction)
        found = tuple((each, match) for each in asked if (match := each.selects(peer)))
        if not found:
            return NOTHING
        found = tuple(sorted(found, key=lambda each: each[0].position))
        key = tuple((id(policy), match) for policy, match in found)
        if key not in self._picked:
            sure = (policy for policy, match in found if match is Match.YES)
            self._picked[key] = Picked(found, tuple(each for each in sure if each.decides))
        return self._picked[key]
