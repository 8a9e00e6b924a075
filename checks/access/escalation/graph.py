"""Who becomes whom: every place with its moves, how far each is from the goal, and the shortest ways there.

The graph is built once a snapshot. Distances to the goal come from one search backwards for everybody at
once; a single way is then found forwards, past what has no distance, with some bindings thought away.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator

from msgspec.structs import replace

from checks.access.escalation.catalogue import CATALOGUE
from checks.access.escalation.choices import choices
from checks.access.escalation.constrained import lens_moves, seen_through
from checks.access.escalation.estate import bound_subjects, estate
from checks.access.escalation.held import Held, holdings
from checks.access.escalation.moves import moves_of
from checks.access.escalation.places import Bootstrapper, Goal, Granted, Lens, Place, is_identity
from checks.access.escalation.steps import Chain, Cut, Move, Permission, Step
from checks.access.subjects import AUTHENTICATED, BOOTSTRAPPERS, GROUP, MASTERS
from checks.cluster.snapshot import Snapshot, derived
from checks.model import Subject

_ORDER = {technique: number for number, technique in enumerate(CATALOGUE)}


class Graph:
    """Everything that can be come to hold in a snapshot, and how."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._there = estate(snapshot)
        self._holdings = holdings(snapshot)
        self._by_held: dict[int, tuple[Move, ...]] = {}
        self.subjects = self._everybody()
        self.moves: dict[Place, tuple[Move, ...]] = {}
        self._distance: dict[Place, int] = {}
        self.add(*self.subjects)

    def held(self, subject: Subject) -> Held:
        """What an identity holds by RBAC."""
        return self._holdings.of(subject)

    @property
    def distance(self) -> dict[Place, int]:
        """By how many acts each place leads to cluster-admin; without those that do not."""
        if not self._distance:
            self._distance = {place: cost for place, (cost, _) in self.toward(Goal.ADMIN).items()}
        return self._distance

    def add(self, *places: Place) -> None:
        """Make places known, with all that they lead to."""
        waiting = list(places)
        while waiting:
            each = waiting.pop()
            if each not in self.moves:
                self._distance = {}
                self.moves[each] = self._expanded(each)
                waiting.extend(move.target for move in self.moves[each])

    def shortest(self, start: Place, goal: Place, without: Collection[Cut] = ()) -> Chain | None:
        """A shortest way from one place to another that uses none of these."""
        came: dict[Place, tuple[Place, Move]] = {}
        cost = {start: 0}
        queue: deque[Place] = deque((start,))
        distance = self.distance
        while queue:
            place = queue.popleft()
            if place == goal:
                return _chain(_path(came, start, goal))
            for move in self.moves.get(place, ()):
                target, total = move.target, cost[place] + move.cost
                if (goal is Goal.ADMIN and target not in distance) or not _kept(move, without):
                    continue
                if target not in cost or total < cost[target]:
                    cost[target] = total
                    came[target] = (place, move)
                    (queue.append if move.cost else queue.appendleft)(target)
        return None

    def ways(
        self, starts: Iterable[Place], *goals: Place, without: Collection[Cut] = ()
    ) -> Iterator[Chain | None]:
        """A shortest way from each of many places to a goal, by one search; None where there is none."""
        toward = self.toward(*goals, without=without)
        for start in starts:
            path: list[tuple[Place, Move]] = []
            place = start
            while place in toward and (move := toward[place][1]) is not None:
                path.append((place, move))
                place = move.target
            yield _chain(path) if place in goals else None

    def toward(
        self, *goals: Place, without: Collection[Cut] = (), fixed: bool = False
    ) -> dict[Place, tuple[int, Move | None]]:
        """Every place from which a goal can be come to: by how many acts, and which move is next.

        `fixed`: only by what nothing can be taken away from.
        """
        back: dict[Place, list[tuple[Place, Move]]] = {}
        for place, moves in self.moves.items():
            for move in moves:
                if _kept(move, without) and not (fixed and move.cuts):
                    back.setdefault(move.target, []).append((place, move))
        found: dict[Place, tuple[int, Move | None]] = dict.fromkeys(goals, (0, None))
        queue: deque[Place] = deque(goals)
        while queue:
            place = queue.popleft()
            cost, _ = found[place]
            for before, move in back.get(place, ()):
                total = cost + move.cost
                if before not in found or total < found[before][0]:
                    found[before] = (total, move)
                    (queue.append if move.cost else queue.appendleft)(before)
        return found

    def reached(self, start: Place) -> dict[Place, int]:
        """Every place that can be come to from here, by the number of acts it takes."""
        cost = {start: 0}
        queue: deque[Place] = deque((start,))
        while queue:
            place = queue.popleft()
            for move in self.moves.get(place, ()):
                total = cost[place] + move.cost
                if move.target not in cost or total < cost[move.target]:
                    cost[move.target] = total
                    (queue.append if move.cost else queue.appendleft)(move.target)
        return cost

    def _everybody(self) -> tuple[Subject, ...]:
        accounts = (each for found in self._there.accounts.values() for each in found)
        known = dict.fromkeys((MASTERS, *bound_subjects(self._snapshot), *accounts))
        return tuple(sorted(known, key=lambda each: (each.kind, each.namespace or "", each.name)))

    def _expanded(self, place: Place) -> tuple[Move, ...]:
        if place == MASTERS:
            return (Move(Goal.ADMIN),)
        if isinstance(place, Subject):
            held = self._holdings.of(place)
            if id(held) not in self._by_held:
                self._by_held[id(held)] = fewest(moves_of(self._snapshot, held))
            return (*self._by_held[id(held)], *lens_moves(self._snapshot, place, held, self.subjects))
        if isinstance(place, Granted):
            return fewest(moves_of(self._snapshot, self._holdings.granted(place)))
        if isinstance(place, Bootstrapper):
            names = dict.fromkeys(
                (*(Subject(GROUP, each) for each in place.groups), BOOTSTRAPPERS, AUTHENTICATED)
            )
            return fewest(moves_of(self._snapshot, self._holdings.together(tuple(names))))
        if isinstance(place, Lens):
            return fewest(seen_through(self._snapshot, place))
        return tuple(choices(self._there, place, self.subjects))


@derived
def graph(snapshot: Snapshot) -> Graph:
    """The graph of a snapshot."""
    return Graph(snapshot)


def fewest(moves: Iterable[Move]) -> tuple[Move, ...]:
    """The moves that none other makes needless: to one target, those that rest on the fewest bindings. What
    leads there by the very same bindings is named beside it."""
    by_target: dict[Place, list[Move]] = {}
    ranked = sorted(moves, key=lambda move: (len(move.permissions), _ORDER[move.technique]))
    for move in sorted(ranked, key=lambda move: len(move.cuts)):
        kept = by_target.setdefault(move.target, [])
        for number, other in enumerate(kept):
            if other.cuts == move.cuts:
                if move.technique not in (other.technique, *other.also):
                    kept[number] = replace(other, also=(*other.also, move.technique))
                break
            if other.cuts < move.cuts:
                break
        else:
            kept.append(move)
    return tuple(move for kept in by_target.values() for move in kept)


def _kept(move: Move, without: Collection[Cut]) -> bool:
    return not without or move.cuts.isdisjoint(without)


def _path(came: dict[Place, tuple[Place, Move]], start: Place, goal: Place) -> list[tuple[Place, Move]]:
    path: list[tuple[Place, Move]] = []
    place = goal
    while place != start:
        path.append(came[place])
        place = came[place][0]
    return path[::-1]


def _chain(path: list[tuple[Place, Move]]) -> Chain:
    """A path as acts: the choices after each act belong to it."""
    steps: list[Step] = []
    identity: Place | None = None
    for number, (place, move) in enumerate(path):
        if is_identity(place):
            identity = place
        if not move.technique or identity is None:
            continue
        rest = [move]
        for _, after in path[number + 1 :]:
            if after.technique:
                break
            rest.append(after)
        steps.append(_step(identity, rest))
    return Chain(tuple(steps))


def _step(identity: Place, moves: list[Move]) -> Step:
    """An act and the choices after it, as one."""
    act, gains = moves[0], moves[-1].target
    uses = ", ".join(dict.fromkeys(move.uses for move in moves if move.uses))
    at = next((move.at for move in moves if move.at), None)
    permissions = tuple(_concrete(each, gains, at) for each in act.permissions)
    condition = "; ".join(dict.fromkeys(move.condition for move in moves if move.condition))
    return Step(identity, act, permissions, uses, gains, condition)


def _concrete(permission: Permission, gains: Place, at: tuple[str, str] | None) -> Permission:
    """The permission as it is asked for in this step: in the namespace and with the name that were chosen."""
    request = permission.request
    namespace, name = request.namespace, request.name
    chosen = gains if isinstance(gains, Subject) else None
    if namespace is None:
        namespace = at[0] if at else (chosen.namespace if chosen else None)
    if name is None:
        whom = ("users", "groups", "serviceaccounts")
        if chosen is not None and request.resource in whom and chosen.kind != GROUP:
            name = chosen.name
        elif at is not None and request.resource in ("pods", "secrets"):
            name = at[1]
    return replace(permission, request=replace(request, namespace=namespace, name=name))
