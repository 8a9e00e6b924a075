"""The rules that the level `restricted` adds, or puts in the place of one of `baseline`."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.pod_security.baseline import PROFILES, bad_seccomp
from checks.pod_security.parts import Place, Rule, Violation, contexts, own
from checks.workloads import Spec

_BIND = "NET_BIND_SERVICE"


def not_on_windows(rule: Rule) -> Rule:
    """From v1.25 on: a pod that says it is for Windows has none of these fields."""

    def relaxed(spec: Spec) -> Iterator[Violation]:
        return iter(()) if spec.windows else rule(spec)

    return relaxed


def not_in_user_namespace(rule: Rule) -> Rule:
    """From v1.35 on: in a user namespace of the pod's own, root is not the node's root."""

    def relaxed(spec: Spec) -> Iterator[Violation]:
        return iter(()) if spec.pod.host_users is False else rule(spec)

    return relaxed


def volumes(spec: Spec) -> Iterator[Violation]:
    """What is not of an allowed type is refused, one without any source too."""
    for placed in spec.volumes:
        if not allowed_volume(placed.volume):
            kind = source_of(placed.volume) or "no source that is known here"
            fact = spec.evidence(placed.path, kind, "a volume that is not of the node")
            yield Violation(placed.locus, f"Volume {placed.volume.name} is of the type {kind}.", fact)


def allowed_volume(volume: o.Volume) -> bool:
    """Whether it has one of the sources that pods bring along or claim."""
    return (
        volume.config_map is not None
        or volume.csi is not None
        or volume.downward_api is not None
        or volume.empty_dir is not None
        or volume.ephemeral is not None
        or volume.image is not None
        or volume.persistent_volume_claim is not None
        or volume.projected is not None
        or volume.secret is not None
    )


def source_of(volume: o.Volume) -> str:
    """The field that holds its source, empty where there is none that is known here."""
    fields = zip(volume.__struct_fields__, volume.__struct_encode_fields__, strict=True)
    return next((wire for name, wire in fields if name != "name" and getattr(volume, name) is not None), "")


def privilege_escalation(spec: Spec) -> Iterator[Violation]:
    for placed in spec.containers:
        allowed = own(placed).allow_privilege_escalation
        if allowed is not False:
            yield Place(spec, placed).violation(
                "allows privilege escalation" if allowed else "does not forbid privilege escalation",
                "securityContext.allowPrivilegeEscalation",
                allowed,
                "false",
            )


def non_root(spec: Spec) -> Iterator[Violation]:
    """Refused where it is turned off anywhere, even on a pod whose containers all turn it on, and for a
    container that neither says it nor has it from the pod."""
    pod = spec.pod.security_context
    insisted = pod.run_as_non_root if pod else None
    path = "securityContext.runAsNonRoot"
    if spec.whole and insisted is False:
        yield Place(spec, None).violation(
            "lets containers run as root", path, observed=False, expected="true"
        )
    for placed in spec.containers:
        said = own(placed).run_as_non_root
        if said is False:
            yield Place(spec, placed).violation("may run as root", path, observed=False, expected="true")
        elif said is None and insisted is not True:
            yield Place(spec, placed).violation("is not kept from running as root", path, None, "true")


def user(spec: Spec) -> Iterator[Violation]:
    """0 on the pod is refused even where every container sets another."""
    for place, context in contexts(spec):
        if context.run_as_user == 0:
            yield place.violation("sets user 0", "securityContext.runAsUser", 0, "not 0")


def seccomp(spec: Spec) -> Iterator[Violation]:
    """A filter for every container, its own or the pod's, and nothing else set anywhere."""
    pod = spec.pod.security_context
    profile = pod.seccomp_profile if pod else None
    if spec.whole and profile is not None and profile.type not in PROFILES:
        yield bad_seccomp(Place(spec, None), profile)
    covered = profile is not None and profile.type in PROFILES
    for placed in spec.containers:
        given = own(placed).seccomp_profile
        if given is not None and given.type not in PROFILES:
            yield bad_seccomp(Place(spec, placed), given)
        elif given is None and not covered:
            yield Place(spec, placed).violation(
                "has no seccomp profile", "securityContext.seccompProfile.type", None, " or ".join(PROFILES)
            )


def capabilities(spec: Spec) -> Iterator[Violation]:
    """`ALL` is dropped, in these letters, and nothing but NET_BIND_SERVICE is added back."""
    for placed in spec.containers:
        given = own(placed).capabilities
        dropped = (given.drop if given else None) or ()
        added = (given.add if given else None) or ()
        path = "securityContext.capabilities"
        if "ALL" not in dropped:
            yield Place(spec, placed).violation(
                "does not drop all capabilities", f"{path}.drop", list(dropped), 'a list with "ALL"'
            )
        beyond = sorted(set(added) - {_BIND})
        if beyond:
            yield Place(spec, placed).violation(
                f"adds {', '.join(beyond)}", f"{path}.add", list(added), f"nothing but {_BIND}"
            )
