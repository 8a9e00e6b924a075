"""One step on the way: who, by which permissions, gets hold of what; and a way made of such steps."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from checks.access.escalation.places import Place, in_words
from checks.access.index import Bound
from checks.access.matching import Request
from checks.access.stock import RoleKey
from checks.model import Because, Subject


class Cut(Struct, frozen=True, gc=False):
    """Something that can be taken away: a binding, or one subject of a binding that Kubernetes itself made
    (the API server would put the binding back, but not that subject)."""

    binding: RoleKey
    subject: Subject | None = None

    def __str__(self) -> str:
        kind, namespace, name = self.binding
        binding = f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"
        return f"{self.subject} from {binding}" if self.subject else binding


class Permission(Struct, frozen=True, gc=False):
    """One request that whoever makes the step must be allowed, and why they are.

    `bound` is None where no binding of the cluster is the reason: rights that were just given, or those that
    the Node authorizer gives a kubelet. `through`: the subject that the binding names (a group, perhaps).
    `cut` is None for what cannot be taken away, such as a binding that the API server makes itself. `beside`:
    what the API server asks of the very same request as well.
    """

    request: Request
    bound: Bound | None
    rule: int
    through: Subject | None
    cut: Cut | None
    beside: Permission | None = None

    @property
    def because(self) -> Because | None:
        """The chain from the binding to the rule."""
        return self.bound.because(self.rule) if self.bound else None


class Move(Struct, frozen=True, gc=False):
    """From one place to another. Free moves (`technique` empty) are memberships and choices among many.

    `uses`: what the step goes by, in words; `at`: its namespace and name, where it is an object. `also`:
    other techniques to the same end by the same bindings. `standing`: what else must stay as it is, such as
    the binding of a role that is rewritten. `condition`: what must be so or happen that no right of one's own
    can bring about.
    """

    target: Place
    technique: str = ""
    permissions: tuple[Permission, ...] = ()
    uses: str = ""
    at: tuple[str, str] | None = None
    also: tuple[str, ...] = ()
    standing: tuple[Cut, ...] = ()
    condition: str = ""

    @property
    def cost(self) -> int:
        """How many acts it takes: none for what is held already."""
        return 1 if self.technique and self.technique != "E1" else 0

    @property
    def cuts(self) -> frozenset[Cut]:
        """What could be taken away to prevent it."""
        return frozenset((*self.standing, *(each.cut for each in self.permissions if each.cut is not None)))

    def spread(self) -> Move:
        """The same with every permission by itself, those that are asked for beside others too."""
        if not any(each.beside for each in self.permissions):
            return self
        alone = (replace(each, beside=None) for each in self.permissions)
        return replace(
            self, permissions=(*alone, *(each.beside for each in self.permissions if each.beside is not None))
        )


class Step(Struct, frozen=True):
    """An act of an identity: a move, the permissions it takes for what it gains here, what it goes by, and on
    what condition it comes about."""

    identity: Place
    move: Move
    permissions: tuple[Permission, ...]
    uses: str
    gains: Place
    condition: str = ""

    def __str__(self) -> str:
        return f"{in_words(self.identity)} → {in_words(self.gains)}"


class Chain(Struct, frozen=True):
    """A way from the first identity to the last place; none of its steps can be left out."""

    steps: tuple[Step, ...]

    @property
    def acts(self) -> int:
        """How many things must be done; holding everything already takes none."""
        return sum(step.move.cost for step in self.steps)

    @property
    def cuts(self) -> frozenset[Cut]:
        """What could be taken away to break it."""
        return frozenset(cut for step in self.steps for cut in step.move.cuts)
