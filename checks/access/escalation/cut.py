"""The cheapest cut: the fewest bindings to take away so that no way is left.

A way may need two bindings at once (`bind` from one, creating bindings from the other), so that this is no
maximum flow in a graph. It is solved as what it is: the fewest elements that hit every way. Ways are added
until none is left that the answer does not hit, so that few of the very many ways are ever looked at. Nothing
smaller is possible, because every way looked at must be hit; where the search for the fewest is given up, the
answer still breaks all ways and is said to be approximate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from checks.access.escalation.graph import Graph
from checks.access.escalation.places import Goal, Place
from checks.access.escalation.steps import Chain, Cut

Cuts = frozenset[Cut]
_MOST_ROUNDS = 200
_MOST_TRIES = 20_000


class Cheapest(Struct, frozen=True):
    """What to take away. `chains`: the ways that were looked at, shortest first.

    `exact`: nothing smaller does it. `stuck`: ways that nothing can break, because they rest on what
    Kubernetes itself grants; the cut is for all others. `complete`: no other way is left after it.
    """

    remove: tuple[Cut, ...]
    chains: tuple[Chain, ...]
    exact: bool = True
    stuck: tuple[Chain, ...] = ()
    complete: bool = True


def cheapest(graph: Graph, starts: Sequence[Place], goal: Place = Goal.ADMIN) -> Cheapest:
    """The cheapest cut between these and the goal."""
    search = _Ways(graph, starts, goal)
    chains: list[Chain] = []
    chosen: Cuts = frozenset()
    exact = True
    for _ in range(_MOST_ROUNDS):
        new = search.besides(chosen)
        if not new:
            return Cheapest(_ordered(chosen), _shortest_first(chains), exact, tuple(search.stuck))
        chains.extend(new)
        chosen, exact = fewest_hitting([chain.cuts for chain in chains], _nearest_first(chains))
    left = search.besides(chosen)
    return Cheapest(_ordered(chosen), _shortest_first(chains), False, tuple(search.stuck), not left)


class _Ways:
    """Finds ways that were not found yet. A start with a way that nothing can break is put aside."""

    def __init__(self, graph: Graph, starts: Sequence[Place], goal: Place) -> None:
        self._graph, self._goal = graph, goal
        self._starts = list(starts)
        self.stuck: list[Chain] = []

    def besides(self, chosen: Cuts) -> list[Chain]:
        """Ways that what was chosen does not break: after the first ones those that have nothing in common
        with them, and so on."""
        found: list[Chain] = []
        without = chosen
        while new := self._find(without):
            found.extend(new)
            without = without.union(*(chain.cuts for chain in new))
        return found

    def _find(self, without: Cuts) -> list[Chain]:
        found: list[Chain] = []
        left: list[Place] = []
        for start, chain in self._each(without):
            if chain is None or chain.cuts:
                left.append(start)
            else:
                self.stuck.append(chain)
            if chain is not None and chain.cuts:
                found.append(chain)
        self._starts = left
        return found

    def _each(self, without: Cuts) -> list[tuple[Place, Chain | None]]:
        if len(self._starts) == 1:
            (start,) = self._starts
            return [(start, self._graph.shortest(start, self._goal, without))]
        ways = self._graph.ways(self._starts, self._goal, without=without)
        return list(zip(self._starts, ways, strict=True))


def _nearest_first(chains: Iterable[Chain]) -> dict[Cut, int]:
    """How far from a start each element is: of two that do as much, the nearer one concerns fewer others."""
    found: dict[Cut, int] = {}
    for chain in chains:
        for number, step in enumerate(chain.steps):
            for cut in step.move.cuts:
                found[cut] = min(number, found.get(cut, number))
    return found


def fewest_hitting(sets: Sequence[Cuts], rank: Mapping[Cut, int]) -> tuple[Cuts, bool]:
    """The fewest elements with at least one in every set, and whether fewer are impossible for certain.

    `rank` decides between elements that are in as many sets.
    """
    forced = frozenset(element for each in sets if len(each) == 1 for element in each)
    rest = _minimal([each for each in sets if each.isdisjoint(forced)])
    search = _Search(rank, _greedy(rest, rank))
    search.look(rest, frozenset())
    return forced | search.best, search.tries < _MOST_TRIES


class _Search:
    """Branch and bound over the sets not hit yet, smallest first."""

    def __init__(self, rank: Mapping[Cut, int], best: Cuts) -> None:
        self._rank = rank
        self.best = best
        self.tries = 0

    def look(self, sets: Sequence[Cuts], chosen: Cuts) -> None:
        self.tries += 1
        if self.tries >= _MOST_TRIES:
            return
        if not sets:
            if len(chosen) < len(self.best):
                self.best = chosen
            return
        if len(chosen) + _apart_at_least(sets) >= len(self.best):
            return
        for element in _by_use(_smallest(sets), sets, self._rank):
            self.look([each for each in sets if element not in each], chosen | {element})


def _smallest(sets: Sequence[Cuts]) -> Cuts:
    return min(sets, key=len)


def _apart_at_least(sets: Sequence[Cuts]) -> int:
    """How many of the sets have nothing in common: at least so many elements are needed."""
    seen: set[Cut] = set()
    count = 0
    for each in sorted(sets, key=len):
        if seen.isdisjoint(each):
            seen |= each
            count += 1
    return count


def _greedy(sets: Sequence[Cuts], rank: Mapping[Cut, int]) -> Cuts:
    chosen: set[Cut] = set()
    left = list(sets)
    while left:
        (element, *_) = _by_use({element for each in left for element in each}, left, rank)
        chosen.add(element)
        left = [each for each in left if element not in each]
    return frozenset(chosen)


def _by_use(elements: Iterable[Cut], sets: Sequence[Cuts], rank: Mapping[Cut, int]) -> list[Cut]:
    counts = Counter(element for each in sets for element in each)
    return sorted(elements, key=lambda each: (-counts[each], rank.get(each, 0), str(each)))


def _minimal(sets: Sequence[Cuts]) -> list[Cuts]:
    kept: list[Cuts] = []
    for each in sorted(set(sets), key=len):
        if not any(other <= each for other in kept):
            kept.append(each)
    return kept


def _ordered(cuts: Cuts) -> tuple[Cut, ...]:
    return tuple(sorted(cuts, key=str))


def _shortest_first(chains: Iterable[Chain]) -> tuple[Chain, ...]:
    return tuple(sorted(chains, key=lambda chain: chain.acts))
