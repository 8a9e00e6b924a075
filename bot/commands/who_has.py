"""`who-has cluster-admin`: everybody who can do everything, and how they come to it."""

from __future__ import annotations

from msgspec import Struct, to_builtins

from bot.answer import Answer, Table, Tone
from checks.access.admins import caveats, cluster_admins
from checks.access.index import index
from checks.cluster.snapshot import Snapshot
from checks.model import AdminHolder, Evidence, ObjectRef

KINDS = ("Namespace", "ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")


class WhoHas(Struct, frozen=True, tag=True):
    """Who has cluster-admin (the one role that can be asked for by name so far)."""

    cluster: str | None = None

    @property
    def canonical(self) -> str:
        return "who-has cluster-admin" + (f" {self.cluster}" if self.cluster else "")


def describe(command: WhoHas, snapshot: Snapshot) -> Answer:
    """The holders of cluster-admin as an Answer, the implicit one named too."""
    holders = cluster_admins(snapshot)
    bound = [holder for holder in holders if holder.how != "implicit"]
    unseen = [each for each in KINDS if not snapshot.saw(each)]
    who = f"{len(bound)} {'subject has' if len(bound) == 1 else 'subjects have'} cluster-admin"
    more = ", and there may be more: not all RBAC objects could be read" if unseen else ""
    return Answer(
        command=command.canonical,
        verdict=f"{who} besides the built-in group system:masters{more}.",
        tone=Tone.NEUTRAL,
        tables=(
            Table(
                title="Holders of cluster-admin",
                columns=("Who", "How", "Binding", "Role", "Note"),
                rows=tuple(_row(holder) for holder in holders),
                code=("Who", "Binding", "Role"),
            ),
        ),
        evidence=tuple(_evidence(holders, snapshot)),
        caveats=caveats(snapshot),
        extra={"holders": to_builtins(holders), "incomplete": bool(unseen)},
    )


def _row(holder: AdminHolder) -> tuple[str, ...]:
    bindings = dict.fromkeys(_ref(because.binding) for because in holder.because)
    roles = dict.fromkeys(_ref(because.role) for because in holder.because)
    return (str(holder.subject), holder.how, ", ".join(bindings) or "-", ", ".join(roles) or "-", holder.note)


def _ref(ref: ObjectRef) -> str:
    return f"{ref.kind} {ref.namespace}/{ref.name}" if ref.namespace else f"{ref.kind} {ref.name}"


def _key(role: ObjectRef) -> tuple[str, str, str]:
    return (role.kind, role.namespace or "", role.name)


def _evidence(holders: tuple[AdminHolder, ...], snapshot: Snapshot) -> list[Evidence]:
    """The whole chain: subject → binding → role, and the rule as it stands there."""
    roles = index(snapshot).roles
    return [
        Evidence(
            path=f"rules[{because.rule}]",
            observed=to_builtins((roles[_key(because.role)].rules or ())[because.rule]),
            expected="an approved holder",
            source=f"{holder.subject} → {_ref(because.binding)} → {_ref(because.role)}",
            uid=because.binding.uid,
            resource_version=because.binding.resource_version,
        )
        for holder in holders
        for because in holder.because
    ]
