"""Which audit profile OpenShift was told to use; its operators make the policy of it.

Sources: openshift/api config/v1/types_apiserver.go (Audit), and docs.redhat.com, OpenShift Container
Platform, "Configuring the audit log policy": Default logs metadata of reads and writes, but not events; with
None nothing is logged and custom rules are ignored; of Secrets, Routes and OAuthClients only metadata is ever
logged.
"""

from __future__ import annotations

from msgspec import Struct

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.model import Evidence, Resource, Verdict
from checks.verdict import failed, manual, passed

KIND = "OpenShiftAPIServer"
_NONE, _DEFAULT = "None", "Default"
_BODIES = ("WriteRequestBodies", "AllRequestBodies")


class Profile(Struct, frozen=True):
    """The profile for everybody, and those of groups, which come before it."""

    resource: Resource
    overall: str
    groups: tuple[tuple[str, str], ...]
    uid: str | None

    @property
    def recorded(self) -> Verdict:
        """Whether requests are recorded at all, whoever makes them."""
        if self.overall == _NONE:
            return failed(self.resource, "OpenShift is told to record no request.", self._fact(_NONE))
        silent = [group for group, profile in self.groups if profile == _NONE]
        if silent:
            names = ", ".join(silent[:5])
            return failed(
                self.resource, f"Requests of these groups are not recorded: {names}.", self._rules()
            )
        return passed(self.resource, f"OpenShift's profile {self.overall} records every request but events.")

    @property
    def bodies(self) -> Verdict:
        """Whether values that nobody should find in a log get into it."""
        used = {self.overall, *(profile for _, profile in self.groups)} if self.overall != _NONE else set()
        if not used & set(_BODIES):
            return passed(self.resource, "OpenShift's profile records no body but of OAuth tokens' requests.")
        reason = "Bodies are recorded, but of Secrets: see whether config maps and tokens may be in the log."
        return manual(self.resource, reason, (self._fact(self.overall), *self._rules()))

    def _fact(self, observed: str) -> Evidence:
        return Evidence("spec.audit.profile", observed, _DEFAULT, uid=self.uid)

    def _rules(self) -> tuple[Evidence, ...]:
        return tuple(
            Evidence(f"spec.audit.customRules[{number}]", {"group": group, "profile": profile}, _DEFAULT)
            for number, (group, profile) in enumerate(self.groups)
            if profile != _DEFAULT
        )


def profile(snapshot: Snapshot) -> Profile | None:
    """What the cluster's APIServer says; None on a cluster that has none."""
    server = next(iter(snapshot.all(o.OpenShiftAPIServer)), None)
    if server is None:
        return None
    audit = server.spec.audit
    groups = tuple((each.group, each.profile or _DEFAULT) for each in audit.custom_rules or ())
    return Profile(server.resource, audit.profile or _DEFAULT, groups, server.metadata.uid)


def recorded(snapshot: Snapshot) -> Verdict | None:
    """Whether requests are recorded, by the profile; None on a cluster that has none."""
    told = profile(snapshot)
    return told.recorded if told else None
