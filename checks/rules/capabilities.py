"""Linux capabilities: what a container adds to the runtime's default set, and what it keeps of it."""

from __future__ import annotations

from collections.abc import Iterator

from checks.cluster import objects as o
from checks.cluster.snapshot import Snapshot
from checks.judge import Finding, Said, by_container
from checks.model import Severity, Theme, Verdict
from checks.pod_security import baseline
from checks.pod_security.judge import by_rule
from checks.registry import check
from checks.workloads import POD_KINDS, Placed, Spec

THEME = Theme.WORKLOADS


def adds(context: o.SecurityContext) -> frozenset[str]:
    """The added capabilities by their bare upper-case names, however they are written."""
    added = context.capabilities.add if context.capabilities else None
    return frozenset(name.upper().removeprefix("CAP_") for name in added or ())


def raw_packets(context: o.SecurityContext | None) -> bool:
    """Whether NET_RAW is held, as containerd and CRI-O reckon: ALL is added, ALL is dropped, what is added by
    name, what is dropped by name, in this order and whatever the case of the letters. A name that is written
    with `CAP_` is understood by CRI-O only, so it counts where it adds and not where it drops."""
    added = adds(context) if context else frozenset()
    dropped = {name.upper() for name in drops(context)} if context else set()
    if "NET_RAW" in dropped:
        return False
    return "NET_RAW" in added or "ALL" not in dropped


def drops(context: o.SecurityContext) -> tuple[str, ...]:
    """The dropped capabilities as written: Pod Security accepts `ALL` in capital letters only."""
    return (context.capabilities.drop if context.capabilities else None) or ()


@check(
    id="pod-added-capabilities",
    title="Container adds capabilities beyond the baseline set",
    severity=Severity.HIGH,
    because=(
        "Several of these rights alone lead to the node: one weakness in the container is "
        "then one in the node."
    ),
    population=POD_KINDS,
    rationale=(
        "Capabilities such as SYS_ADMIN, NET_ADMIN or SYS_PTRACE give parts of root's power over the node. "
        "The Pod Security baseline lists those that may be added without that danger."
    ),
    remediation="Add only what the program fails without, and nothing outside of the baseline list.",
    snippet="""\
containers:
  - name: app
    securityContext:
      capabilities:
        drop: ["ALL"]
        add: ["NET_BIND_SERVICE"]
""",
)
def added_capabilities(snapshot: Snapshot) -> Iterator[Verdict]:
    """Names exactly as in the Pod Security Standards: `CAP_CHOWN` and `chown` are not on the list."""
    return by_rule(snapshot, baseline.capabilities, linux_only=True)


@check(
    id="pod-capabilities-not-dropped",
    title="Container keeps the runtime's default capabilities",
    severity=Severity.LOW,
    because=(
        "The runtime's default set is narrow: it makes an intrusion easier to extend, but is "
        "no way in by itself."
    ),
    population=POD_KINDS,
    rationale=(
        "Runtimes start containers with about fourteen capabilities that most programs never use; each of "
        "them is something an intruder can use."
    ),
    remediation="Drop all capabilities, then add back by name what the program fails without.",
    snippet="""\
containers:
  - name: app
    securityContext:
      capabilities:
        drop: ["ALL"]
""",
)
def not_dropped(snapshot: Snapshot) -> Iterator[Verdict]:
    """`drop` must have exactly `ALL`: runtimes take `all` too, the Pod Security Standards do not. A
    privileged container keeps everything whatever it drops."""
    return by_container(snapshot, _not_dropped, linux_only=True)


def _not_dropped(spec: Spec, placed: Placed) -> Said:
    name, context = placed.container.name, placed.container.security_context
    if context and context.privileged:
        return _ineffective(spec, placed)
    dropped = drops(context) if context else ()
    if "ALL" in dropped:
        return None
    fact = spec.observed(placed, "securityContext.capabilities.drop", list(dropped), 'a list with "ALL"')
    if any(each.upper() == "ALL" for each in dropped):
        return Finding(f"Container {name} drops all in letters that Pod Security does not accept.", (fact,))
    return Finding(f"Container {name} does not drop all capabilities.", (fact,))


@check(
    id="pod-net-raw",
    title="Container may craft raw network packets (NET_RAW)",
    severity=Severity.MEDIUM,
    because=(
        "It takes an intruder in the container, who can then pose as its neighbours on the same network."
    ),
    population=POD_KINDS,
    rationale=(
        "With NET_RAW, which runtimes grant unless it is dropped, a container can forge packets: spoof its "
        "neighbours' addresses and answers on the same network."
    ),
    remediation="Drop ALL capabilities, or at the least NET_RAW.",
    snippet="""\
containers:
  - name: app
    securityContext:
      capabilities:
        drop: ["ALL"]
""",
)
def net_raw(snapshot: Snapshot) -> Iterator[Verdict]:
    """Held unless it is dropped by name, or with ALL and not added back by name. Runtimes take either case of
    letters; `CAP_NET_RAW` drops nothing under containerd. CRI-O's own default leaves NET_RAW out, which a pod
    cannot show."""
    return by_container(snapshot, _net_raw, linux_only=True)


def _net_raw(spec: Spec, placed: Placed) -> Said:
    name, context = placed.container.name, placed.container.security_context
    if context and context.privileged:
        return _ineffective(spec, placed)
    if not raw_packets(context):
        return None
    added = adds(context) & {"NET_RAW", "ALL"} if context else frozenset()
    if context and added:
        written = list((context.capabilities and context.capabilities.add) or ())
        fact = spec.observed(placed, "securityContext.capabilities.add", written, "without NET_RAW")
        return Finding(f"Container {name} adds {', '.join(sorted(added))}.", (fact,))
    dropped = drops(context) if context else ()
    fact = spec.observed(placed, "securityContext.capabilities.drop", list(dropped), "ALL or NET_RAW")
    if any(each.upper() == "CAP_NET_RAW" for each in dropped):
        return Finding(
            f"Container {name} drops CAP_NET_RAW, which containerd does not know as NET_RAW.", (fact,)
        )
    return Finding(f"Container {name} does not drop NET_RAW.", (fact,))


def _ineffective(spec: Spec, placed: Placed) -> Finding:
    fact = spec.observed(placed, "securityContext.privileged", observed=True, expected="false")
    return Finding(f"Container {placed.container.name} is privileged and so has every capability.", (fact,))
